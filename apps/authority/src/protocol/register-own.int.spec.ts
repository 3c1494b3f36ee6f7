import { describe, expect, it } from 'vitest';
import { parseFilingReceipt } from '#contracts';
import type { Signer } from '#evidence';
import { createLogger } from '#platform';
import { readProtocolMessage, readSegnatura } from '#protocollo';
import { until } from '../authority.fixture.ts';
import { UnnamedDocuments } from '../documents/unnamed-documents.ts';
import { entryAt, eventPath, numbersOf, protocolAt, RegisteringPair } from './protocol.fixture.ts';

/** Which of the city's next signatures fails, from 1; none if 0. */
let failing = 0;
const failingKey = (right: Signer): Signer => ({
  certificate: right.certificate,
  holder: right.holder,
  sign: (data) => {
    failing -= 1;
    return failing === 0 ? Promise.reject(new Error('the key is away')) : right.sign(data);
  },
});

const pair = await RegisteringPair.start(failingKey);
const { city, office, counter, exchange } = pair;

describe('a filing', () => {
  it('has a number, a sealed segnatura and a receipt that names the number; the receiver registers its own and confirms', async () => {
    const { filing, answer } = await pair.confirmed();
    const { bytes } = await counter.call(`${eventPath(filing)}/segnatura`);
    const segnatura = readSegnatura(bytes);
    expect(segnatura).toMatchObject({
      id: { body: 'c_d150', aoo: 'c_d150', register: 'PG', number: filing.protocol.number },
      file: { code: filing.cui },
      sender: { ipa: 'c_d150', name: 'Comune di Cremona', office: expect.stringMatching(/.+/) as string },
      primary: { fileName: 'modulo.xml', mediaType: 'application/xml' },
      attachments: [{ fileName: 'più & <meno>.pdf', mediaType: 'application/pdf' }],
    });
    expect(segnatura.recipients.map(({ ipa, confirms }) => [ipa, confirms])).toContainEqual(['p_cr', true]);
    expect((await office.call(`${eventPath(filing)}/segnatura`)).bytes).toEqual(bytes);
    const receipt = parseFilingReceipt((await office.call(filing.receipt)).bytes);
    expect(receipt.protocol).toEqual(filing.protocol);

    const mine = await entryAt(office, filing.practiceId);
    const theirs = await entryAt(counter, filing.practiceId);
    expect(mine).toMatchObject({ direction: 'in', correspondents: [{ name: 'Cognome Nome' }], sent: null });
    expect(theirs).toMatchObject({
      direction: 'in',
      correspondents: [{ name: 'Comune di Cremona', ipa: 'c_d150' }],
      sent: { body: 'c_d150', number: filing.protocol.number },
      segnaturaSha256: mine.segnaturaSha256,
      primarySha256: mine.primarySha256,
    });
    expect(answer).toMatchObject({
      by: 'p_cr',
      kind: 'registered',
      registration: { number: theirs.number },
    });
  });

  it('is confirmed in the same bytes at both ends', async () => {
    const { filing, answer } = await pair.confirmed();
    const told = await office.call(answer.message);
    const said = await counter.call(`${eventPath(filing)}/confirmation`);
    expect(told.bytes).toEqual(said.bytes);
    expect(readProtocolMessage(said.bytes)).toMatchObject({
      kind: 'ConfermaRicezione',
      id: { body: 'p_cr', number: answer.registration?.number },
      received: { id: { body: 'c_d150', number: filing.protocol.number } },
    });
    expect((await office.call(`${eventPath(filing)}/confirmation`)).json).toMatchObject({
      code: 'CONFIRMATION_NOT_HERE',
    });
  });

  it('leaves no number, segnatura or practice when the key fails, and its file is swept', async () => {
    const before = await numbersOf(city);
    const files = (await city.stored()).length;
    const counters = () =>
      city.rows('select last from protocol_counter union all select last from cui_counter');
    const count = await counters();
    // The seal of the segnatura fails: it was not even stored.
    failing = 1;
    expect((await office.file()).status).toBe(500);
    expect([await numbersOf(city), await counters()]).toEqual([before, count]);
    expect(await city.stored()).toHaveLength(files);

    // The segnatura is sealed and stored, then the event cannot be signed.
    failing = 2;
    expect((await office.file()).status).toBe(500);
    expect([await numbersOf(city), await counters()]).toEqual([before, count]);
    expect(await city.stored()).toHaveLength(files + 1);
    const sweeper = new UnnamedDocuments(
      city.parts.documents,
      city.parts.work,
      createLogger('spec', { level: 'silent' }),
    );
    expect([await sweeper.sweep(), await sweeper.sweep()]).toEqual([0, 1]);
    expect(await city.stored()).toHaveLength(files);

    const next = await pair.filed();
    expect(Number(next.protocol.number)).toBe(before.length + 1);
  });

  it('and many others at the same moment get numbers without gaps, though some are refused', async () => {
    await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        n % 3 === 0 ? office.file({ fields: { territory: '999999' } }) : office.file(),
      ),
    );
    const numbers = await numbersOf(city);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});

describe('an act', () => {
  it('goes out under a number of its own, answers the message it names, and is registered by the others', async () => {
    const { filing } = await pair.confirmed();
    const { json } = await counter.act(filing.practiceId, {
      type: 'conclusion.issued',
      outcome: 'favourable',
      causeAuthor: 'c_d150',
      causeEvent: filing.eventId,
    });
    const eventId = String(json?.['eventId']);
    await exchange.settle();
    const entry = await until('the city has registered the act', async () =>
      (await protocolAt(office, filing.practiceId)).entries.find((one) => one.eventId === eventId),
    );
    expect(entry).toMatchObject({ direction: 'in', sent: { body: 'p_cr' }, author: 'p_cr' });
    const segnatura = readSegnatura((await office.call(entry.segnatura)).bytes);
    expect(segnatura.answers).toMatchObject({ id: { body: 'c_d150', number: filing.protocol.number } });
    expect(segnatura.primary.fileName).toBe('conclusion.issued.xml');
    const mine = (await protocolAt(counter, filing.practiceId)).entries.find(
      (one) => one.eventId === eventId,
    );
    expect(mine).toMatchObject({ direction: 'out', state: 'registered' });
    expect(mine?.correspondents).toContainEqual({ name: 'Comune di Cremona', ipa: 'c_d150' });
  });
});
