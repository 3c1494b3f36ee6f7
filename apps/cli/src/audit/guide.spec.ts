import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isErrorCode } from '#errors';

/** What the auditor's commands are made of, down to the signatures of documents. */
const SOURCES = [
  'apps/cli/src/audit/*.ts',
  'apps/cli/src/commands/audit-*.ts',
  'libs/audit/src/**/*.ts',
  'libs/contracts/src/**/*.ts',
  'libs/evidence/src/**/*.ts',
  'libs/registry-chain/src/**/*.ts',
  'libs/tlog/src/**/*.ts',
];

/** Codes that stand there and that no command of the auditor's says: each with who is told it in place of an auditor. */
const SAID_TO_OTHERS: Readonly<Record<string, readonly string[]>> = {
  'whoever writes, signs or seals': [
    'CANONICAL_JSON_UNSUPPORTED',
    'LOG_ENTRY_TOO_LARGE',
    'SIGNING_KEY_UNUSABLE',
    'UNSIGNED_DOCUMENT_UNSUITABLE',
    'XML_CHARACTER_INVALID',
    'XSD_UNAVAILABLE',
  ],
  'the log, by a witness': [
    'WITNESS_LOG_UNKNOWN',
    'WITNESS_REQUEST_MALFORMED',
    'WITNESS_SIGNATURE_REFUSED',
    'WITNESS_SIZE_CONFLICT',
  ],
  'whoever files, by a node or the router': [
    'BODY_UNKNOWN',
    'CUI_NOT_OF_OWNER',
    'DECISION_MISMATCH',
    'FACTS_NOT_DECLARED',
    'FORM_DOCUMENT_MISSING',
    'FORM_FACTS_INVALID',
    'FORM_INVALID',
    'FORM_NOT_ACCEPTED',
    'FORM_TOO_LARGE',
    'HEADER_BODY_MISMATCH',
    'MUNICIPALITY_UNKNOWN',
    'NOT_A_PARTICIPANT',
    'NOT_THE_OWNER',
    'POSITION_UNEXPECTED',
    'PRACTICE_ALREADY_FILED',
    'PRACTICE_DIFFERS',
    'PRACTICE_UNKNOWN',
    'PROCEDURE_UNKNOWN',
    'TYPE_NOT_GRANTED',
  ],
  'whoever runs the registry': ['CATALOGUE_INVALID', 'FORM_SCHEMA_INVALID', 'REGISTRY_ENTRY_NOT_FOUND'],
  'nodes of each other': ['MANIFEST_OF_ANOTHER_EVENT', 'RECONCILIATION_DISAGREES'],
  'whoever gives CAs and lists himself (event verify, document check)': [
    'CRL_MALFORMED',
    'CRL_UNSUITABLE',
    'CRL_UNTRUSTED',
    'TRUST_ANCHOR_WRONG',
  ],
};

const guide = readFileSync('docs/audit.md', 'utf8');
const [, alarms = ''] = guide.split('\n## Every alarm, and what to do\n');

/** Every code that these sources name outside comments. */
function codesInSources(): Set<string> {
  const files = globSync(SOURCES).filter((file) => !/\.(?:spec|fixture)\.ts$/.test(file));
  const texts = files.map((file) => readFileSync(file, 'utf8').replaceAll(/\/\*[^]*?\*\//g, ''));
  const named = texts.flatMap((text) => [...text.matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g)]);
  return new Set(named.flatMap(([, code = '']) => (isErrorCode(code) ? [code] : [])));
}

describe('the auditor’s guide', () => {
  const exempt = new Set(Object.values(SAID_TO_OTHERS).flat());

  it('says of every code that the auditor’s commands can print what it means and what to do', () => {
    const codes = codesInSources();
    expect(codes.size).toBeGreaterThan(100);
    const missing = [...codes].filter((code) => !exempt.has(code) && !alarms.includes(`\`${code}\``));
    expect(missing).toEqual([]);
  });

  it('has no line for a code that does not exist, and exempts none that nobody names', () => {
    const told = [...alarms.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)].map(([, code = '']) => code);
    const unknown = told.filter((code) => !isErrorCode(code));
    expect(unknown).toEqual([]);
    const codes = codesInSources();
    expect([...exempt].filter((code) => !codes.has(code))).toEqual([]);
  });
});
