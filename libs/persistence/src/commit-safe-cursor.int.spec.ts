import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freshDatabase } from '#testing';

import {
  FEED_COLUMNS,
  FEED_START,
  feedIndex,
  readCommitSafe,
  type FeedPosition,
} from './commit-safe-cursor.ts';
import { createDataSource } from './data-source.ts';
import { UnitOfWork } from './unit-of-work.ts';

const url = await freshDatabase();
const source = await createDataSource({ url, name: 'test', migrations: [] });
const work = new UnitOfWork(source);

beforeAll(async () => {
  await source.query(`create table news (${FEED_COLUMNS}, text text not null)`);
  await source.query(feedIndex('news'));
});
afterAll(() => source.destroy());

async function read(after: FeedPosition, limit = 100): Promise<{ texts: string[]; next: FeedPosition }> {
  const page = await work.run((tx) =>
    readCommitSafe<{ text: string }>(tx, { table: 'news', columns: 'f.text', after, limit }),
  );
  return { texts: page.rows.map(({ text }) => text), next: page.next };
}

async function writer(): Promise<{ write(text: string): Promise<void>; commit(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('begin');
  return {
    async write(text) {
      await client.query('insert into news (text) values ($1)', [text]);
    },
    async commit() {
      await client.query('commit');
      await client.end();
    },
  };
}

/** Other test files share the server: their open transactions hold a row back for a moment. */
async function readUntil(
  after: FeedPosition,
  count: number,
): Promise<{ texts: string[]; next: FeedPosition }> {
  return expect
    .poll(() => read(after), { timeout: 20_000 })
    .toSatisfy((page: { texts: string[] }) => page.texts.length >= count)
    .then(() => read(after));
}

describe('readCommitSafe', () => {
  it('never shows a row behind a cursor: a later id waits for the earlier transaction that is still open', async () => {
    const early = await writer();
    const late = await writer();
    await early.write('early');
    await late.write('late');
    await late.commit();

    const meanwhile = await read(FEED_START);
    expect(meanwhile).toEqual({ texts: [], next: FEED_START });

    await early.commit();
    expect((await readUntil(meanwhile.next, 2)).texts).toEqual(['early', 'late']);
  });

  it('reads every row exactly once, page by page, while many transactions of many lengths write', async () => {
    const start = (await readUntil(FEED_START, 2)).next;
    const count = 60;
    const writers = Array.from({ length: count }, async (_, n) => {
      const tx = await writer();
      await tx.write(`row ${n}`);
      // The even ones hold their row back until a reader has looked in between.
      if (n % 2 === 0) await read(FEED_START, 1);
      await tx.commit();
    });
    const texts: string[] = [];
    let position = start;
    const deadline = Date.now() + 30_000;
    while (texts.length < count && Date.now() < deadline) {
      const page = await read(position, 7);
      texts.push(...page.texts);
      position = page.next;
    }
    await Promise.all(writers);
    expect(texts.toSorted()).toEqual(Array.from({ length: count }, (_, n) => `row ${n}`).toSorted());
  });

  it('reads in the order of numbers, not of their texts', async () => {
    await source.query("insert into news (text) select 'many ' || n from generate_series(1, 12) n");
    const { texts } = await readUntil(FEED_START, 74);
    expect(texts.slice(-12)).toEqual(Array.from({ length: 12 }, (_, n) => `many ${n + 1}`));
  });
});
