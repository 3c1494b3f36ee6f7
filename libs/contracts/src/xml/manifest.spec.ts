import { describe, expect, it } from 'vitest';
import { parseDocumentId, parseEventId, parseIpaCode, parsePracticeId, parseSha256 } from '../ids.ts';
import * as xml from './index.ts';

/** A digest and a size of the most characters that they can have, and a media type of the longest. */
const DIGEST = parseSha256('ab'.repeat(32));
const LARGEST = 999_999_999_999_999;
const MEDIA_TYPE = `application/${'x'.repeat(115)}`;

function listing(count: number): xml.Manifest {
  return {
    version: xml.DOCUMENT_VERSION,
    event: {
      author: parseIpaCode('c_d150'),
      event: parseEventId('0197f3a2-0000-7000-8000-000000000001'),
    },
    practice: {
      owner: parseIpaCode('c_d150'),
      uuid: parsePracticeId('3f2504e0-4f89-41d3-9a0c-0305e82c3301'),
    },
    documents: Array.from({ length: count }, (_, n) => ({
      id: parseDocumentId(`0197f3a2-0000-4000-8000-${String(n).padStart(12, '0')}`),
      role: 'notification' as const,
      mediaType: MEDIA_TYPE,
      size: LARGEST,
      saltedDigest: DIGEST,
    })),
  };
}

function invalid(reason: string): Error {
  const details: unknown = expect.objectContaining({ reason: expect.stringContaining(reason) as string });
  return expect.objectContaining({ code: 'XSD_INVALID', details }) as Error;
}

describe('a manifest', { timeout: 30_000 }, () => {
  it('of the most documents, each as long as can be, is within its bytes and its schema', () => {
    const full = listing(xml.MAX_MANIFEST_DOCUMENTS);
    const bytes = xml.serializeManifest(full);
    // Room for the signature, with a certificate of any reasonable size.
    expect(bytes.length + 16_384).toBeLessThan(xml.MAX_BYTES.manifest);
    const { documents } = xml.parseValidated('manifest', bytes);
    expect(documents).toHaveLength(full.documents.length);
    expect(documents.at(-1)).toEqual(full.documents.at(-1));
  });

  it('of one more is neither written nor read', () => {
    const over = listing(xml.MAX_MANIFEST_DOCUMENTS + 1);
    expect(() => xml.serializeManifest(over)).toThrow(expect.objectContaining({ code: 'EVENT_OVER_BOUNDS' }));
    const one = '<Document ';
    const text = xml.serializeManifest(listing(xml.MAX_MANIFEST_DOCUMENTS)).toString();
    const last = text.slice(text.lastIndexOf(one), text.indexOf('</Documents>'));
    const forged = text.replace(
      '</Documents>',
      `${last.replace('-000000019999', '-000000020000')}</Documents>`,
    );
    expect(() => xml.parseValidated('manifest', Buffer.from(forged))).toThrow(invalid('not expected'));
    expect(() => xml.parseManifest(Buffer.from(forged))).toThrow(
      expect.objectContaining({ code: 'EVENT_OVER_BOUNDS' }),
    );
  });

  it('lists at least one document, none twice, and neither a form nor another manifest', () => {
    expect(() => {
      xml.validateXml('manifest', xml.serializeManifest(listing(0)));
    }).toThrow(invalid('Documents'));
    const [document] = listing(1).documents;
    expect(() => {
      xml.validateXml(
        'manifest',
        xml.serializeManifest({ ...listing(0), documents: [document!, document!] }),
      );
    }).toThrow(invalid('Duplicate'));
    for (const role of ['form', 'manifest']) {
      const forged = xml.serializeManifest(listing(1)).toString().replace('"notification"', `"${role}"`);
      expect(() => {
        xml.validateXml('manifest', Buffer.from(forged));
      }).toThrow(invalid(role));
    }
  });
});

describe('a receipt of filing', { timeout: 30_000 }, () => {
  it('lists the form and all that a manifest can list', () => {
    const { event, documents } = listing(xml.MAX_MANIFEST_DOCUMENTS + 1);
    const receipt = xml.serializeFilingReceipt({
      version: xml.DOCUMENT_VERSION,
      practice: { ...listing(0).practice, cui: `${event.author}/2026/000001` as never },
      event: event.event,
      time: '2026-03-04T05:06:07.890Z',
      office: 'UF-SUAP',
      procedure: { code: 'edilizia.scia', version: 1 },
      term: { days: 30, kind: 'calendar' },
      protocol: { aoo: 'AOO1', register: 'PG', number: '0000001', date: '2026-03-04' },
      documents: documents.map((document) => ({ ...document, sha256: DIGEST })),
    });
    expect(receipt.length + 16_384).toBeLessThan(xml.MAX_BYTES['filing-receipt']);
    expect(() => {
      xml.validateXml('filing-receipt', receipt);
    }).not.toThrow();
  });
});
