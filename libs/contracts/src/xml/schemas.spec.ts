import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Parser } from 'xml2js';
import { describe, expect, it } from 'vitest';
import { CANCELLATION_REASONS, CERTIFICATE_PURPOSES, CERTIFICATE_ROLES, RECEIPT_KINDS } from '../decision.ts';
import {
  CONCLUSION_OUTCOMES,
  DOCUMENT_ROLES,
  EVENT_TYPES,
  FACT_KINDS,
  PARTS,
  PROCEEDING_OUTCOMES,
  VOID_REASONS,
} from '../event.ts';
import { REGIMES, TERM_CODES } from '../procedure.ts';
import { bodyElement } from './body.ts';
import { BATCH_KINDS, LISTED_ROLES } from './documents.ts';
import { TERM_KINDS } from './fragments.ts';
import { namespaceOf, XML_ROOTS, type XmlKind } from './kinds.ts';
import { MAX_DOCUMENTS, MAX_FACTS, MAX_MANIFEST_DOCUMENTS } from './limits.ts';
import { BODY_KINDS, REVOCATION_REASONS } from './registry.ts';
import { schemaOf } from './schemas.ts';

const FOLDER = join(import.meta.dirname, '../../../../contracts/xsd');
const KINDS = Object.keys(XML_ROOTS) as XmlKind[];

function schema(name: string): XsdNode {
  let result: { 'xs:schema': XsdNode } | null = null;
  new Parser({ async: false }).parseString(
    readFileSync(join(FOLDER, name)),
    (error, parsed: typeof result) => {
      if (error !== null) throw error;
      result = parsed;
    },
  );
  return result!['xs:schema'];
}

/** An XSD node as xml2js gives it: attributes under `$`, children by name. */
interface XsdNode {
  readonly $: Readonly<Record<string, string>>;
  readonly [child: `xs:${string}`]: readonly XsdNode[] | undefined;
}

function enumeration(file: string, type: string): (string | undefined)[] {
  const found = schema(file)['xs:simpleType']?.find((candidate) => candidate.$['name'] === type);
  return found?.['xs:restriction']?.[0]?.['xs:enumeration']?.map((value) => value.$['value']) ?? [];
}

function maxOccurs(file: string, type: string): string | undefined {
  const found = schema(file)['xs:complexType']?.find((candidate) => candidate.$['name'] === type);
  return found?.['xs:sequence']?.[0]?.['xs:element']?.[0]?.$['maxOccurs'];
}

describe('the XSDs', () => {
  it.each(KINDS)('compile, and declare the root element and namespace of %s', (kind) => {
    expect(schemaOf(kind)).toBeDefined();
    const xsd = schema(`${kind}-1.xsd`);
    expect(xsd.$['targetNamespace']).toBe(namespaceOf(kind));
    expect(xsd['xs:element']?.map(({ $ }) => $['name'])).toEqual([XML_ROOTS[kind]]);
  });

  it.each([
    ['types-1.xsd', 'EventType', EVENT_TYPES],
    ['types-1.xsd', 'Part', PARTS],
    ['types-1.xsd', 'Regime', REGIMES],
    ['types-1.xsd', 'FactKind', FACT_KINDS],
    ['types-1.xsd', 'DocumentRole', DOCUMENT_ROLES],
    ['types-1.xsd', 'TermKind', TERM_KINDS],
    ['body-1.xsd', 'ConclusionOutcome', CONCLUSION_OUTCOMES],
    ['body-1.xsd', 'ProceedingOutcome', PROCEEDING_OUTCOMES],
    ['body-1.xsd', 'VoidReason', VOID_REASONS],
    ['manifest-1.xsd', 'ListedRole', LISTED_ROLES],
    ['receipt-1.xsd', 'ReceiptKind', RECEIPT_KINDS],
    ['receipt-1.xsd', 'CancellationReason', CANCELLATION_REASONS],
    ['batch-1.xsd', 'BatchKind', BATCH_KINDS],
    ['registry-1.xsd', 'BodyKind', BODY_KINDS],
    ['registry-1.xsd', 'CertificateRole', CERTIFICATE_ROLES],
    ['registry-1.xsd', 'CertificatePurpose', CERTIFICATE_PURPOSES],
    ['registry-1.xsd', 'RevocationReason', REVOCATION_REASONS],
    ['registry-1.xsd', 'TermCode', TERM_CODES],
    ['registry-1.xsd', 'RulePart', PARTS.filter((part) => part !== 'owner')],
  ])('%s lists for %s exactly the values that the code knows', (file, type, values) => {
    expect(enumeration(file, type)).toEqual(values);
  });

  it('have a body element for every event type, and no other', () => {
    const declared = schema('body-1.xsd')['xs:element']?.map(({ $ }) => $['name']);
    expect(declared).toEqual(EVENT_TYPES.map(bodyElement));
  });

  it('bound documents and facts as the code does', () => {
    expect(maxOccurs('event-1.xsd', 'Documents')).toBe(String(MAX_DOCUMENTS));
    expect(maxOccurs('event-1.xsd', 'Facts')).toBe(String(MAX_FACTS));
    expect(maxOccurs('manifest-1.xsd', 'Documents')).toBe(String(MAX_MANIFEST_DOCUMENTS));
    // The form, and all that a manifest lists.
    expect(maxOccurs('filing-receipt-1.xsd', 'Documents')).toBe(String(MAX_MANIFEST_DOCUMENTS + 1));
  });

  it('have no room for free text: every attribute and text of an event has a type of ours, none is xs:string', () => {
    for (const file of ['event-1.xsd', 'body-1.xsd', 'decision-1.xsd', 'receipt-1.xsd', 'manifest-1.xsd']) {
      const source = readFileSync(join(FOLDER, file), 'utf8');
      expect(source).not.toMatch(/type="(xs:[a-zA-Z]+|Line)"|mixed=/);
    }
  });

  it('import and include only each other', () => {
    const files = readdirSync(FOLDER);
    for (const file of files) {
      const source = readFileSync(join(FOLDER, file), 'utf8');
      for (const [, location] of source.matchAll(/schemaLocation="([^"]*)"/g))
        expect(files).toContain(location);
    }
  });
});
