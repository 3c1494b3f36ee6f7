import { describe, expect, it } from 'vitest';
import { parseEvent } from '#contracts';
import { readProtocolMessage, romeTime } from '#protocollo';
import { Partner } from '../partner.fixture.ts';
import { newEventId } from '../practices/own-events.ts';
import { CancelRegistration } from './cancel-registration.ts';
import { DailyRegister, type DailyRegisterView } from './daily-register.ts';
import type { EntryView } from './entry-view.ts';
import type { RegisterPage } from './find-registrations.ts';
import { cancel, entryAt, eventPath, MISTAKE, protocolAt, RegisteringPair } from './protocol.fixture.ts';
import { insertEntries, takeNumber } from './protocol-rows.ts';

const pair = await RegisteringPair.start();
const { network, city, province, office, counter, exchange } = pair;

describe('a cancellation', () => {
  it('by the receiver keeps the entry, tells the sender, and both hold the same AnnullamentoProtocollazione', async () => {
    const { filing } = await pair.confirmed();
    const entry = await entryAt(counter, filing.practiceId);
    const first = await cancel(counter, entry, MISTAKE, 'once');
    expect(first.status).toBe(201);
    const answer = (await first.json()) as EntryView;
    expect(answer).toMatchObject({ ...entry, state: 'cancelled', cancellation: MISTAKE });
    // Again with the same key: the same answer. With another: it cannot be changed.
    expect(await (await cancel(counter, entry, MISTAKE, 'once')).json()).toEqual(answer);
    expect(await (await cancel(counter, entry, MISTAKE)).json()).toMatchObject({
      code: 'PROTOCOL_ALREADY_CANCELLED',
    });
    expect(await counter.get(`/v1/protocol/${entry.year}/${Number(entry.number)}`)).toEqual(answer);

    const told = await pair.answered(filing.practiceId, filing.eventId, /cancelled$/);
    const { reason, act } = MISTAKE;
    expect(told).toMatchObject({ by: 'p_cr', cancellation: { reason, act } });
    const xml = await office.call(told.message);
    expect(xml.bytes).toEqual((await counter.call(`${eventPath(filing)}/cancellation`)).bytes);
    expect(readProtocolMessage(xml.bytes)).toEqual({
      kind: 'AnnullamentoProtocollazione',
      id: { body: 'p_cr', aoo: 'p_cr', register: 'PG', number: entry.number, date: entry.date },
      reason: 'Registrazione effettuata per errore',
      act: 'DET/2026/123',
    });
    // What was confirmed stays confirmed, and readable.
    expect((await counter.call(`${eventPath(filing)}/confirmation`)).status).toBe(200);
  });

  it('by the author tells everyone who has the event', async () => {
    const { filing } = await pair.confirmed();
    const entry = await entryAt(office, filing.practiceId);
    expect((await cancel(office, entry, MISTAKE)).status).toBe(201);
    await exchange.settle();
    const { answers } = await protocolAt(counter, filing.practiceId);
    expect(answers).toMatchObject([
      { by: 'c_d150', kind: 'registration-cancelled', registration: { number: entry.number } },
    ]);
    const xml = await counter.call(answers[0]?.message ?? '');
    expect(xml.bytes).toEqual((await office.call(`${eventPath(filing)}/cancellation`)).bytes);
  });

  it('of what nobody else knows yet waits, of what is not there is refused, and needs reason, act and scope', async () => {
    const filing = await pair.filed();
    const entry = await entryAt(office, filing.practiceId);
    const reader = await Partner.of(city, 'read');
    for (const [partner, year, body, code] of [
      [office, entry.year, MISTAKE, 'PROTOCOL_NOT_PLACED'],
      [office, 1999, MISTAKE, 'PROTOCOL_ENTRY_NOT_FOUND'],
      [office, entry.year, { reason: 'registered-twice' }, 'REQUEST_INVALID'],
      [office, entry.year, { ...MISTAKE, reason: 'boredom' }, 'REQUEST_INVALID'],
      [office, entry.year, { ...MISTAKE, act: 'testo libero' }, 'REQUEST_INVALID'],
      [reader, entry.year, MISTAKE, 'SCOPE_MISSING'],
    ] as const) {
      const answer = await cancel(partner, { year, number: entry.number }, body);
      expect(await answer.json()).toMatchObject({ code });
    }
    expect(await office.get(`/v1/protocol/${entry.year}/${entry.number}`)).toEqual(entry);
    await exchange.settle();
  });
});

/** What the database itself says to a statement. */
async function refusal(sql: string): Promise<string> {
  const error: unknown = await city.rows(sql).then(
    () => new Error('it was done'),
    (cause: unknown) => cause,
  );
  const messages: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) messages.push(at.message);
  return messages.join(': ');
}

describe('the register', () => {
  it('is kept by the database itself: nothing is changed, deleted, emptied or skipped', async () => {
    await pair.filed();
    for (const sql of [
      `update protocol set subject = 'altro' where number = 1`,
      `update protocol set state = 'cancelled', cancelled_at = now(), cancellation_reason = 'x', cancellation_act = 'y',
         subject = 'altro' where state = 'registered'`,
      `update protocol set state = 'registered', cancelled_at = null, cancellation_reason = null,
         cancellation_act = null where state = 'cancelled'`,
      `update protocol set cancellation_note = 'altro' where state = 'cancelled'`,
      'delete from protocol where number = 1',
      'truncate protocol',
      `insert into protocol select register, year, number + 1000, aoo, day, registered_at, direction, 'x', event_id, owner,
         uuid, event_type, subject, classification, correspondents, sent, first, segnatura, segnatura_sha256, primary_sha256
       from protocol where number = 1`,
    ])
      await expect(refusal(sql)).resolves.toMatch(/append-only|has no number before/);
  });

  it('begins again with each year, by the clocks of Italy', async () => {
    const [event] = await city.rows<{ bytes: Buffer }>('select bytes from event limit 1');
    const of = parseEvent(event?.bytes ?? Buffer.alloc(0));
    const taken = await city.parts.work.run(async (tx) => {
      const ids: string[] = [];
      for (const at of ['2030-12-31T22:59:59Z', '2030-12-31T22:59:59.5Z', '2030-12-31T23:00:00Z']) {
        const clock = { now: () => new Date(at) };
        const number = await takeNumber(tx, { ...city.parts, clock });
        ids.push(`${number.id.date} ${number.id.number}`);
        const entry = {
          ...{ event: { ...of, id: newEventId(city.parts) }, direction: 'internal' as const, subject: 'x' },
          ...{ classification: { name: 'x', code: 'x' }, correspondents: [], sent: null, first: null },
          ...{ segnatura: { document: city.parts.ids.uuid(), sha256: 'x' }, primarySha256: 'x' },
        };
        await insertEntries(tx, [{ taken: number, entry }]);
      }
      return ids;
    });
    expect(taken).toEqual(['2030-12-31 0000001', '2030-12-31 0000002', '2031-01-01 0000001']);
  });

  it('is given out by the day once the day is over, the same bytes whenever it is asked', async () => {
    const { filing } = await pair.confirmed();
    const entry = await entryAt(counter, filing.practiceId);
    const day = entry.date;
    expect((await counter.call(`/v1/protocol/days/${day}`)).json).toMatchObject({
      code: 'PROTOCOL_DAY_OPEN',
    });
    const tomorrow = new Date(network.clock.now().getTime() + 86_400_000);
    const daily = new DailyRegister({ ...province.parts, clock: { now: () => tomorrow } });
    const bytes = await daily.run('PG', day, null);
    const given = JSON.parse(bytes.toString()) as DailyRegisterView;
    const [count] = await province.rows<{ n: number }>(
      'select count(*)::int as n from protocol where day = $1',
      [day],
    );
    expect(given).toMatchObject({ body: 'p_cr', register: 'PG', date: day });
    expect(given.entries).toHaveLength(count?.n ?? 0);
    expect(given.entries).toContainEqual(
      expect.objectContaining({ number: entry.number, segnaturaSha256: entry.segnaturaSha256 }),
    );
    // What is cancelled later belongs to that later day, and changes nothing of this one.
    const later = { ...province.parts, clock: { now: () => tomorrow } };
    const name = { register: 'PG', year: entry.year, number: Number(entry.number) };
    const { reason, act } = MISTAKE;
    await province.parts.work.run((tx) =>
      new CancelRegistration(later).run(tx, name, { reason: reason, act }, province.parts.ids.uuid()),
    );
    expect(await daily.run('PG', day, null)).toEqual(bytes);
    const after = new DailyRegister({
      ...province.parts,
      clock: { now: () => new Date(tomorrow.getTime() + 86_400_000) },
    });
    const next = JSON.parse(
      (await after.run('PG', romeTime(tomorrow).date, null)).toString(),
    ) as DailyRegisterView;
    expect(next.cancellations).toMatchObject([{ number: entry.number, reason, act }]);
    expect(next.entries).toEqual([]);
  });

  it('is read newest first, each entry once, and found by year, day, direction, state and text', async () => {
    const { filing } = await pair.confirmed();
    const seen: string[] = [];
    for (let after: string | null = ''; after !== null;) {
      const page: RegisterPage = await office.get(
        `/v1/protocol?limit=5${after === '' ? '' : `&after=${after}`}`,
      );
      seen.push(...page.entries.map(({ year, number }) => `${year}/${number}`));
      after = page.next;
    }
    const [count] = await city.rows<{ n: number }>('select count(*)::int as n from protocol');
    expect(new Set(seen).size).toBe(count?.n);
    expect(seen).toEqual([...seen].sort().reverse());

    const own = await entryAt(office, filing.practiceId);
    const day = own.date;
    for (const query of [
      `q=${filing.cui.toUpperCase()}`,
      `q=${encodeURIComponent(`Pratica ${filing.cui}`)}&year=${own.year}&from=${day}&to=${day}&direction=in&state=registered`,
    ]) {
      expect((await office.get<RegisterPage>(`/v1/protocol?${query}`)).entries).toEqual([own]);
    }
    for (const query of ['year=1999', `q=${filing.cui}&direction=out`, 'to=2000-01-01', 'q=%25%25'])
      expect(await office.get(`/v1/protocol?${query}`)).toEqual({ entries: [], next: null });
    expect((await office.call('/v1/protocol?after=nonsense')).json).toMatchObject({ code: 'CURSOR_INVALID' });
    expect((await office.call('/v1/protocol/1999/1')).json).toMatchObject({
      code: 'PROTOCOL_ENTRY_NOT_FOUND',
    });
  });
});
