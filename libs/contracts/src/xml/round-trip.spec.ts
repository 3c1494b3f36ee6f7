import fc, { type Arbitrary } from 'fast-check';
import { XmlC14NMode, XmlDocument } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import * as arbitrary from './arbitraries.ts';
import { reconciliationCertificates, reconciliations, stateDigests } from './arbitraries-reconciliation.ts';
import { registryEntries } from './arbitraries-registry.ts';
import * as xml from './index.ts';
import { attribute, element, text } from './write.ts';

/** An independent canonicaliser: libxml2's Exclusive XML Canonicalization 1.0, without comments. */
function canonical(bytes: Buffer): string {
  const document = XmlDocument.fromBuffer(bytes);
  try {
    return document.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 });
  } finally {
    document.dispose();
  }
}

const SIGNATURE =
  '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="s"><ds:SignedInfo><x y="z">1</x></ds:SignedInfo></ds:Signature>';

function signed(bytes: Buffer): Buffer {
  const end = bytes.lastIndexOf('</');
  return Buffer.concat([bytes.subarray(0, end), Buffer.from(SIGNATURE), bytes.subarray(end)]);
}

function promises<K extends xml.XmlKind>(
  kind: K,
  documents: Arbitrary<xml.DocumentOf[K]>,
  serialize: (document: xml.DocumentOf[K]) => Buffer,
  parse: (bytes: Buffer) => xml.DocumentOf[K],
): void {
  describe(kind, () => {
    it('is written in its own exclusive canonical form', () => {
      fc.assert(
        fc.property(documents, (document) => {
          const bytes = serialize(document);
          expect(bytes.toString('utf8')).toBe(canonical(bytes));
        }),
      );
    });

    it('reads back as what was written, with and without its XSD', () => {
      fc.assert(
        fc.property(documents, (document) => {
          const bytes = serialize(document);
          expect(parse(bytes)).toEqual(document);
          expect(xml.parseValidated(kind, bytes)).toEqual(document);
        }),
      );
    });
  });
}

promises('event', arbitrary.events, xml.serializeEvent, xml.parseEvent);
promises('decision', arbitrary.decisions, xml.serializeDecision, xml.parseDecision);
promises('receipt', arbitrary.receipts, xml.serializeReceipt, xml.parseReceipt);
promises('action', arbitrary.actions, xml.serializeAction, xml.parseAction);
promises('registry', registryEntries, xml.serializeRegistryEntry, xml.parseRegistryEntry);
promises('heartbeat', arbitrary.heartbeats, xml.serializeHeartbeat, xml.parseHeartbeat);
promises('batch', arbitrary.batches, xml.serializeBatch, xml.parseBatch);
promises('signed-item', arbitrary.signedItems, xml.serializeSignedItem, xml.parseSignedItem);
promises('filing-receipt', arbitrary.filingReceipts, xml.serializeFilingReceipt, xml.parseFilingReceipt);
promises('manifest', arbitrary.manifests, xml.serializeManifest, xml.parseManifest);
promises('root-acceptance', arbitrary.rootAcceptances, xml.serializeRootAcceptance, xml.parseRootAcceptance);
promises('snapshot', arbitrary.snapshots, xml.serializeSnapshot, xml.parseSnapshot);
promises('reconciliation', reconciliations, xml.serializeReconciliation, xml.parseReconciliation);
promises(
  'reconciliation-certificate',
  reconciliationCertificates,
  xml.serializeReconciliationCertificate,
  xml.parseReconciliationCertificate,
);

promises('state-digest', stateDigests, xml.serializeStateDigest, xml.parseStateDigest);

describe('an enveloped signature', () => {
  it.each([
    ['event', arbitrary.events, xml.serializeEvent],
    ['registry', registryEntries, xml.serializeRegistryEntry],
    ['heartbeat', arbitrary.heartbeats, xml.serializeHeartbeat],
    ['batch', arbitrary.batches, xml.serializeBatch],
    ['filing-receipt', arbitrary.filingReceipts, xml.serializeFilingReceipt],
    ['manifest', arbitrary.manifests, xml.serializeManifest],
    ['root-acceptance', arbitrary.rootAcceptances, xml.serializeRootAcceptance],
    ['snapshot', arbitrary.snapshots, xml.serializeSnapshot],
    ['reconciliation', reconciliations, xml.serializeReconciliation],
  ] as const)('does not change how a document of kind %s reads', (kind, documents, serialize) => {
    fc.assert(
      fc.property(documents as Arbitrary<never>, (document) => {
        expect(xml.parseValidated(kind, signed(serialize(document)))).toEqual(document);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['decision', arbitrary.decisions, xml.serializeDecision],
    ['receipt', arbitrary.receipts, xml.serializeReceipt],
    ['action', arbitrary.actions, xml.serializeAction],
    ['state-digest', stateDigests, xml.serializeStateDigest],
  ] as const)('is refused on an item of a batch of kind %s', (kind, documents, serialize) => {
    fc.assert(
      fc.property(documents as Arbitrary<never>, (document) => {
        expect(() => {
          xml.validateXml(kind, signed(serialize(document)));
        }).toThrow(expect.objectContaining({ code: 'XSD_INVALID' }));
      }),
      { numRuns: 10 },
    );
  });
});

describe('escaping', () => {
  it('keeps every text that XML can carry, in content and in attributes, in canonical form', () => {
    fc.assert(
      fc.property(arbitrary.xmlText, arbitrary.xmlText, (content, value) => {
        const bytes = Buffer.from(element('x', attribute('a', value), text(content)));
        expect(bytes.toString('utf8')).toBe(canonical(bytes));
        const document = XmlDocument.fromBuffer(bytes);
        expect(document.root.content).toBe(content);
        expect(document.root.attr('a')?.value).toBe(value);
        document.dispose();
      }),
      { numRuns: 500 },
    );
  });

  it.each(['\0', '\u0001', '\u000B', '\uFFFE', '\uFFFF', '\uD800', 'a\uDC00b'])(
    'refuses %j, which no XML 1.0 document can carry',
    (character) => {
      expect(() => text(character)).toThrow(expect.objectContaining({ code: 'XML_CHARACTER_INVALID' }));
      expect(() => attribute('a', character)).toThrow(
        expect.objectContaining({ code: 'XML_CHARACTER_INVALID' }),
      );
    },
  );
});
