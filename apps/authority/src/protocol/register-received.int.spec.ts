import { Readable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseDocumentId, parseEvent, parsePracticeId } from '#contracts';
import { signXml } from '#evidence';
import {
  MAX_SEGNATURA_BYTES,
  readProtocolMessage,
  readSegnatura,
  writeSegnatura,
  type Segnatura,
} from '#protocollo';
import { agidPresent, agidSchema } from '#testing';
import { documentRef, insertOwnDocuments } from '../documents/document-rows.ts';
import { appendOwnEvent, composeEvent, newEventId } from '../practices/own-events.ts';
import type { RegisterPage } from './find-registrations.ts';
import {
  cancel,
  entryAt,
  eventPath,
  MISTAKE,
  numbersOf,
  protocolAt,
  RegisteringPair,
  type FiledHere,
} from './protocol.fixture.ts';

const pair = await RegisteringPair.start();
const { network, city, province, office, counter } = pair;

/** What a test makes of a right segnatura; null for none. */
type Change = (segnatura: Segnatura) => Promise<Buffer> | Buffer | null;

/** An act of the city whose segnatura is what the test makes of the right one. */
async function actWith(filing: FiledHere, change: Change) {
  const { parts } = city;
  const at = network.clock.now();
  const practice = parsePracticeId(filing.practiceId);
  const original = parseEvent((await office.call(eventPath(filing))).bytes);
  const good = readSegnatura((await office.call(`${eventPath(filing)}/segnatura`)).bytes);
  const put = (bytes: Buffer) => {
    const key = { owner: parts.ipa, practice, document: parseDocumentId(parts.ids.uuid()) };
    return parts.documents
      .put(key, Readable.from([bytes]), { maxBytes: MAX_SEGNATURA_BYTES })
      .then((stored) => ({ key, stored, mediaType: 'application/xml' }));
  };
  const id = newEventId(parts);
  const act = await put(Buffer.from('an act'));
  const digest = Buffer.from(act.stored.sha256, 'hex').toString('base64');
  const bytes = await change({
    ...good,
    primary: { ...good.primary, digest, description: `Evento c_d150/${id}` },
    attachments: [],
  });
  const documents = [
    { staged: act, role: 'act' as const },
    ...(bytes === null ? [] : [{ staged: await put(bytes), role: 'segnatura' as const }]),
  ];
  await parts.work.run(async (tx) => {
    const draft = { ...original, id, facts: [], office: original.author.office };
    const event = await composeEvent(
      tx,
      parts,
      {
        ...draft,
        body: { type: 'integration.requested', term: { days: 10, kind: 'calendar' } },
        documents: documents.map(({ staged, role }) => documentRef(staged, role)),
      },
      at,
    );
    await appendOwnEvent(tx, parts, event, at);
    await insertOwnDocuments(tx, event, documents);
  });
  return { practiceId: filing.practiceId, eventId: id };
}

const sealed = (segnatura: Segnatura, by = 'c_d150') =>
  signXml(writeSegnatura(segnatura), network.signerOf(by), network.clock.now());

const CASES: readonly (readonly [string, string, Change])[] = [
  ['of another’s seal', '001_ValidazioneFirma', (segnatura) => sealed(segnatura, 'p_cr')],
  [
    'changed after its seal',
    '001_ValidazioneFirma',
    async (segnatura) => Buffer.from((await sealed(segnatura)).toString().replace('Comune di', 'Comune  di')),
  ],
  [
    'with another digest',
    '002_AnomaliaImpronte',
    (segnatura) =>
      sealed({
        ...segnatura,
        primary: { ...segnatura.primary, digest: Buffer.alloc(32).toString('base64') },
      }),
  ],
  ['that is no XML', '000_Irricevibile', () => Buffer.from('buongiorno')],
  [
    'of another event',
    '000_Irricevibile',
    (segnatura) => sealed({ ...segnatura, primary: { ...segnatura.primary, description: 'Evento x' } }),
  ],
  ['that is missing', '000_Irricevibile', () => null],
];

describe('a segnatura that does not pass', () => {
  let acts: { readonly practiceId: string; readonly eventId: string }[];
  let registered: number;

  beforeAll(async () => {
    const { filing } = await pair.confirmed();
    registered = (await numbersOf(province)).length;
    acts = [];
    for (const [, , change] of CASES) acts.push(await actWith(filing, change));
    // The last one is right.
    acts.push(await actWith(filing, (segnatura) => sealed(segnatura)));
    for (const { practiceId, eventId } of acts) await pair.answered(practiceId, eventId);
  });

  it.each(CASES.map(([name, anomaly], index) => [name, anomaly, index] as const))(
    '%s is refused with %s, and both ends say it alike',
    async (_, anomaly, index) => {
      const act = acts[index] ?? { practiceId: '', eventId: '' };
      const answer = await pair.answered(act.practiceId, act.eventId);
      expect(answer).toMatchObject({ kind: 'registration-refused', anomaly, registration: null });
      const told = await office.call(answer.message);
      expect(told.bytes).toEqual((await counter.call(`${eventPath(act)}/confirmation`)).bytes);
      expect(readProtocolMessage(told.bytes)).toMatchObject({ kind: 'NotificaEccezione', reason: anomaly });
    },
  );

  it('gets no number, and holds nobody up: the practice goes on, and the next right one is registered', async () => {
    const numbers = await numbersOf(province);
    expect(numbers).toHaveLength(registered + 1);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const practice = acts[0]?.practiceId ?? '';
    expect((await protocolAt(counter, practice)).refused).toHaveLength(CASES.length);
    const view = await counter.get<{ position: number }>(`/v1/practices/${practice}`);
    expect(view.position).toBe(2 + CASES.length);
  });
});

// The XSDs are AgID's, not part of the project: where they do not lie beside it, this is skipped.
describe.skipIf(!agidPresent)('by AgID’s own XSDs', () => {
  it('segnature, confirmations, exceptions and cancellations are valid as they are served', async () => {
    const segnatura = agidSchema('segnatura_protocollo.xsd');
    const message = agidSchema('pec_message.xsd');
    const { filing } = await pair.confirmed();
    await cancel(counter, await entryAt(counter, filing.practiceId), MISTAKE);
    await pair.answered(filing.practiceId, filing.eventId, /cancelled$/);
    const { entries } = await office.get<RegisterPage>('/v1/protocol?limit=500');
    expect(entries).toHaveLength(2);
    for (const entry of entries) expect(segnatura((await office.call(entry.segnatura)).bytes)).toBeNull();
    const kinds = new Set<string>();
    for (const { practiceId } of entries) {
      for (const answer of (await protocolAt(office, practiceId)).answers) {
        const { bytes } = await office.call(answer.message);
        expect(message(bytes)).toBeNull();
        kinds.add(readProtocolMessage(bytes).kind);
      }
    }
    expect([...kinds].sort()).toEqual([
      'AnnullamentoProtocollazione',
      'ConfermaRicezione',
      'NotificaEccezione',
    ]);
  });
});
