import { createHash } from 'node:crypto';
import { v7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';

import { parseEventId, parseIpaCode } from '#contracts';
import { freshDatabase } from '#testing';

import { createDataSource } from './data-source.ts';
import { SHARED_MIGRATIONS } from './migrations/index.ts';
import { claimSeen, type SeenClaim } from './seen.ts';
import { UnitOfWork } from './unit-of-work.ts';

const source = await createDataSource({
  url: await freshDatabase(),
  name: 'test',
  migrations: SHARED_MIGRATIONS,
});
const work = new UnitOfWork(source);
afterAll(() => source.destroy());

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const anEvent = (author = 'c_d150', content = 'a'): SeenClaim => ({
  author: parseIpaCode(author),
  eventId: parseEventId(v7()),
  signedInfoDigest: digest(content),
});
const claim = (rows: readonly SeenClaim[]): Promise<string[]> => work.run((tx) => claimSeen(tx, rows));

describe('claimSeen', () => {
  it('tells new, again and equivocation apart, each row by itself', async () => {
    const known = anEvent();
    expect(await claim([known])).toEqual(['new']);
    const forged = { ...known, signedInfoDigest: digest('b') };
    expect(await claim([forged, anEvent(), known])).toEqual(['equivocation', 'new', 'again']);
  });

  it('lets two authors use the same id', async () => {
    const one = anEvent('c_d150');
    expect(await claim([one, { ...one, author: parseIpaCode('p_cr') }])).toEqual(['new', 'new']);
  });

  it('judges rows of one call that name the same event in their order', async () => {
    const one = anEvent();
    const forged = { ...one, signedInfoDigest: digest('b') };
    expect(await claim([one, one, forged])).toEqual(['new', 'again', 'equivocation']);
  });

  it('keeps every byte of every digest', async () => {
    const rows = Array.from({ length: 300 }, (_, n) => anEvent('c_d150', `content ${n}`));
    expect(new Set(await claim(rows))).toEqual(new Set(['new']));
    expect(new Set(await claim(rows.toReversed()))).toEqual(new Set(['again']));
  });

  it('gives an event to exactly one of two transactions, and to the other if the first rolls back', async () => {
    const [event, ...others] = [anEvent(), anEvent(), anEvent()];
    const rows = [event, ...others];
    const results = await Promise.all([claim(rows), claim(rows.toReversed()), claim(rows)]);
    expect(results.flat().filter((result) => result === 'new')).toHaveLength(3);

    const contested = anEvent();
    const claimed = Promise.withResolvers<undefined>();
    const finish = Promise.withResolvers<undefined>();
    const first = work.run(async (tx) => {
      await claimSeen(tx, [contested]);
      claimed.resolve(undefined);
      await finish.promise;
      throw new Error('rolled back');
    });
    await claimed.promise;
    const second = claim([contested]);
    finish.resolve(undefined);
    await expect(first).rejects.toThrow('rolled back');
    expect(await second).toEqual(['new']);
  });

  it('claims nothing for no rows', async () => {
    expect(await claim([])).toEqual([]);
  });
});
