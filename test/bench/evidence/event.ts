/** The event that is measured: a filing with documents, about 5 KB once signed. */
import {
  parseCui,
  parseDocumentId,
  parseEventId,
  parseIpaCode,
  parseIstatCode,
  parsePracticeId,
  parseSha256,
  serializeEvent,
  type HubEvent,
} from '#contracts';
import { signXml, type Signer } from '#evidence';

const DOCUMENTS = 6;

/** @param n makes events differ from one another: from 0 to 65535 */
export function filing(author: string, at: Date, n = 0): HubEvent {
  const ipa = parseIpaCode(author);
  const last = n.toString(16).padStart(4, '0');
  const documents = Array.from({ length: DOCUMENTS }, (_, i) => ({
    id: parseDocumentId(`01890a5d-ac96-774b-bcce-b302099a9${i.toString(16).padStart(3, '0')}`),
    role: i === 0 ? ('form' as const) : ('attachment' as const),
    mediaType: i === 0 ? 'application/xml' : 'application/pdf',
    size: 250_000 + i,
    saltedDigest: parseSha256('9a'.repeat(32)),
  }));
  return {
    id: parseEventId(`01890a5d-ac96-774b-bcce-b302099a${last}`),
    type: 'practice.filed',
    version: '1.0',
    time: at.toISOString(),
    author: { ipa, office: 'UF-SUAP' },
    practice: {
      owner: ipa,
      uuid: parsePracticeId('3f2504e0-4f89-41d3-9a0c-0305e82c3301'),
      cui: parseCui(`${author}/2026/000001`),
    },
    sequence: { number: 1, previous: null },
    replaces: null,
    cause: null,
    registry: { number: 12, digest: parseSha256('ab'.repeat(32)) },
    procedure: { code: 'edilizia.scia', version: 1 },
    territory: parseIstatCode('019036'),
    facts: ['historic-centre', 'listed-building', 'protected-area', 'seismic-zone'].map((name) => ({
      name,
      kind: 'boolean',
      value: 'true',
    })),
    body: {
      type: 'practice.filed',
      form: {
        namespace: 'urn:cremona:modulistica:edilizia.scia:1',
        root: 'Scia',
        version: '1',
        document: parseDocumentId('01890a5d-ac96-774b-bcce-b302099a9000'),
      },
    },
    documents,
  };
}

/** Filings of one author, each signed. */
export async function signedFilings(
  count: number,
  author: string,
  at: Date,
  signer: Signer,
): Promise<readonly Buffer[]> {
  const events: Buffer[] = [];
  for (let n = 0; n < count; n += 1) {
    events.push(await signXml(serializeEvent(filing(author, at, n)), signer, at));
  }
  return events;
}
