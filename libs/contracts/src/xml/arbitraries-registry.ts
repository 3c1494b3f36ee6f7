/** Arbitrary registry entries of every kind of change, all of them valid by their XSD. */
import fc, { type Arbitrary } from 'fast-check';
import * as contracts from '../index.ts';
import type { Condition, RegistryChange, RegistryEntry } from '../index.ts';
import {
  base64,
  buffer,
  code,
  count,
  elementName,
  ipa,
  istat,
  line,
  namespace,
  sha256,
  term,
  time,
  xpath,
} from './arbitraries.ts';

const condition: Arbitrary<Condition> = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'condition' },
    fc.record({ op: fc.constant('always' as const) }),
    fc.record({ op: fc.constant('equals' as const), fact: code, value: code }),
    fc.record({ op: fc.constant('in' as const), fact: code, values: fc.array(code, { maxLength: 3 }) }),
    fc.record({
      op: fc.constantFrom('all' as const, 'any' as const),
      of: fc.array(tie('condition'), { maxLength: 3, depthIdentifier: 'condition' }),
    }),
    fc.record({ op: fc.constant('not' as const), of: tie('condition') }),
  ),
})).condition;

const optionalKeys = { requiredKeys: [] as [] };
const grant = fc.uniqueArray(fc.constantFrom(...contracts.EVENT_TYPES));
const mapping = fc.record(
  {
    name: code,
    kind: fc.constantFrom(...contracts.FACT_KINDS),
    xpath,
    codes: fc.array(code, { maxLength: 3 }),
    bands: fc.array(
      fc.record(
        { name: code, below: fc.integer({ min: 1, max: 99_999 }).map((n) => n / 4) },
        { requiredKeys: ['name'] },
      ),
      { maxLength: 3 },
    ),
    required: fc.boolean(),
  },
  { requiredKeys: ['name', 'kind', 'xpath', 'required'] },
);
const form = fc.record(
  {
    namespace,
    root: elementName,
    version: code,
    prefixes: fc.dictionary(elementName, namespace, { maxKeys: 3, noNullPrototype: true }),
    facts: fc.array(mapping, { maxLength: 3 }),
    territory: xpath,
    searchFields: fc.array(fc.record({ name: code, xpath }), { maxLength: 2 }),
  },
  { requiredKeys: ['namespace', 'root', 'version', 'prefixes', 'facts', 'searchFields'] },
);
const terms = fc
  .tuple(
    term,
    fc.record(
      { correction: term, 'integration-request': term, 'integration-response': term, conclusion: term },
      optionalKeys,
    ),
  )
  .map(([proceeding, others]) => ({ ...others, proceeding }));

const procedure: Arbitrary<contracts.Procedure> = fc.record({
  code,
  version: count,
  title: fc.record({ it: line, en: line }),
  regime: fc.constantFrom(...contracts.REGIMES),
  office: code,
  legalBasis: code,
  terms,
  forms: fc.array(form, { maxLength: 2 }),
  grants: fc.record({ owner: grant, deciding: grant, opinion: grant, informed: grant }),
  rules: fc.array(
    fc.record({
      id: code,
      part: fc.constantFrom('deciding' as const, 'opinion' as const, 'informed' as const),
      legalBasis: code,
      regime: fc.constantFrom(...contracts.REGIMES),
      term,
      when: condition,
      recipients: fc.oneof(
        fc.record({ by: fc.constant('body' as const), ipa }),
        fc.record({ by: fc.constantFrom('province' as const, 'bordering' as const) }),
        fc.record({ by: fc.constant('area' as const), code }),
        fc.record({ by: fc.constant('municipality' as const), fact: code }),
      ),
    }),
    { maxLength: 3 },
  ),
});

const publicBody = fc.record(
  {
    ipa,
    name: line,
    kind: fc.constantFrom(
      'municipality' as const,
      'province' as const,
      'region' as const,
      'health' as const,
      'other' as const,
    ),
    office: code,
    istat,
    province: ipa,
    pec: fc.constant('protocollo@pec.example'),
    joined: fc.boolean(),
    nodeUrl: fc.constant('https://localhost:8443'),
  },
  { requiredKeys: ['ipa', 'name', 'kind', 'office', 'pec', 'joined'] },
);
const path = fc.stringMatching(
  /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,10}(\/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,10}){0,2}$/,
);

const certificate: Arbitrary<contracts.RegisteredCertificate> = fc.record({
  holder: code,
  role: fc.constantFrom(...contracts.CERTIFICATE_ROLES),
  purpose: fc.constantFrom(...contracts.CERTIFICATE_PURPOSES),
  fingerprint: sha256,
  der: base64,
  notBefore: time,
  notAfter: time,
});

const trustChange: Arbitrary<RegistryChange> = fc.oneof(
  fc.record({
    kind: fc.constant('root.rotated' as const),
    root: base64,
    newWithOld: base64,
    certificate,
    acceptance: base64,
  }),
  fc.record({ kind: fc.constant('anchor.published' as const), anchor: base64 }),
  fc.record({ kind: fc.constant('anchor.withdrawn' as const), fingerprint: sha256, withdrawnFrom: time }),
  fc.record({ kind: fc.constant('crl.published' as const), issuer: sha256, crl: base64 }),
);

const change: Arbitrary<RegistryChange> = fc.oneof(
  fc.record({
    kind: fc.constant('network.founded' as const),
    network: line,
    anchors: fc.array(
      fc.oneof(
        sha256,
        base64.filter((text) => text.length > 4),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({ kind: fc.constant('body.published' as const), body: publicBody }),
  fc.record({
    kind: fc.constant('certificate.published' as const),
    certificate,
  }),
  trustChange,
  fc.record({
    kind: fc.constant('certificate.revoked' as const),
    fingerprint: sha256,
    revokedFrom: time,
    reason: fc.constantFrom('key-compromise' as const, 'superseded' as const, 'cessation' as const),
  }),
  fc.record({ kind: fc.constant('border.published' as const), between: fc.tuple(istat, istat) }),
  fc.record({ kind: fc.constant('area.published' as const), code, bodies: fc.array(ipa, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('procedure.published' as const), procedure }),
  fc.record({
    kind: fc.constant('form.published' as const),
    form: fc.record({
      namespace,
      root: elementName,
      version: code,
      entry: path,
      files: fc.array(fc.record({ path, bytes: buffer(0, 200) }), { minLength: 1, maxLength: 3 }),
    }),
  }),
);

export const registryEntries: Arbitrary<RegistryEntry> = fc.record({
  version: fc.constant(contracts.DOCUMENT_VERSION),
  number: count,
  previous: fc.option(sha256),
  time,
  change,
});
