import { describe, expect, it } from 'vitest';
import { readSegnatura, type Segnatura } from '#protocollo';
import { takeOutbox } from '../exchange.fixture.ts';
import { cancel, eventPath, MISTAKE, protocolAt, RegisteringPair } from './protocol.fixture.ts';

const pair = await RegisteringPair.start();
const { city, office, counter, exchange } = pair;

describe('a filing that is issued again', () => {
  it('is registered anew, naming its first registration, which stands; whoever receives it registers and confirms it', async () => {
    const { practiceId, eventId } = await pair.filed();
    const segnatura = async (event: string): Promise<Segnatura> =>
      readSegnatura((await office.call(`${eventPath({ practiceId, eventId: event })}/segnatura`)).bytes);
    const again = async (event: string): Promise<string> => {
      const [sent] = await takeOutbox(city);
      await exchange.park(city, sent?.value ?? Buffer.alloc(0), 'KEY_REVOKED_BEFORE_ARRIVAL');
      const path = `${eventPath({ practiceId, eventId: event })}/reissue`;
      return String((await office.call(path, { method: 'POST' })).json?.['eventId']);
    };
    const second = await again(eventId);
    const third = await again(second);
    const sealed = [await segnatura(eventId), await segnatura(second), await segnatura(third)] as const;
    const { body, aoo, register, number, date } = sealed[0].id;
    const first = { body, aoo, register, number, date };
    expect(sealed.map((one) => one.first)).toEqual([null, first, first]);
    expect(new Set(sealed.map(({ id }) => id.number)).size).toBe(3);
    expect(sealed[2].primary.digest).toBe(sealed[0].primary.digest);

    expect(await pair.answered(practiceId, third)).toMatchObject({ by: 'p_cr', kind: 'registered' });
    const { entries } = await protocolAt(counter, practiceId);
    expect(entries).toMatchObject([{ eventId: third, sent: { number: sealed[2].id.number } }]);
    const own = (await protocolAt(office, practiceId)).entries;
    expect(own.map((entry) => [entry.eventId, entry.state])).toEqual(
      [eventId, second, third].map((id) => [id, 'registered']),
    );
    // Whoever holds the citizen's receipt finds its number, until somebody cancels it: nobody else knows that event.
    const [original] = own;
    if (original === undefined) throw new Error('the first registration is gone');
    expect((await cancel(office, original, MISTAKE)).status).toBe(201);
    expect((await protocolAt(office, practiceId)).entries[0]).toMatchObject({ state: 'cancelled' });
    expect(own.map(({ correspondents }) => correspondents)).toEqual(
      Array(3).fill([{ name: 'Cognome Nome' }]),
    );
  });
});
