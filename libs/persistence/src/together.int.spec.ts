import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { HubError } from '#errors';
import { freshDatabase } from '#testing';

import { createDataSource } from './data-source.ts';
import { forEach, Together } from './together.ts';
import { UnitOfWork, type Tx } from './unit-of-work.ts';

const url = await freshDatabase();
const source = await createDataSource({ url, name: 'test', migrations: [], poolSize: 3 });
const work = new UnitOfWork(source);

beforeAll(() =>
  source.query(`create table made (number int primary key, name text not null check (name <> 'refused'))`),
);
beforeEach(() => source.query('truncate made'));
afterAll(() => source.destroy());

/** Gives each name the next number, in one statement; `wrong` names are found out by the work, `refused` by the database. */
function numbering(): { together: Together<string, number>; groups: string[][] } {
  const groups: string[][] = [];
  const together = new Together<string, number>(work, async (tx, names) => {
    groups.push([...names]);
    await forEach(names, (name) => {
      if (name.startsWith('wrong')) throw new HubError('REQUEST_INVALID', name);
    });
    return insert(tx, names);
  });
  return { together, groups };
}

async function insert(tx: Tx, names: readonly string[]): Promise<number[]> {
  const rows = await tx.query<{ number: number }>(
    `insert into made select (select coalesce(max(number), 0) from made) + n, name
     from unnest($1::text[]) with ordinality as t(name, n) order by n returning number`,
    [names],
  );
  return rows.map(({ number }) => number);
}

const made = async (): Promise<string[]> => {
  const rows = await source.query<{ name: string }[]>('select name from made order by number');
  return rows.map(({ name }) => name);
};

describe('Together', () => {
  it('does what comes while a transaction runs in the next one, together', async () => {
    const { together, groups } = numbering();
    const numbers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => together.run(name)));
    await Promise.all([together.run('e')]);
    expect(numbers).toEqual([1, 2, 3, 4]);
    expect(groups).toEqual([['a', 'b', 'c', 'd'], ['e']]);
    expect(await made()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('tells each that fails its own reason, and does the others without a gap between them', async () => {
    const { together, groups } = numbering();
    const settled = await Promise.allSettled(
      ['a', 'wrong 1', 'b', 'wrong 2', 'c'].map((name) => together.run(name)),
    );
    expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))).toEqual([
      1,
      expect.stringContaining('wrong 1'),
      2,
      expect.stringContaining('wrong 2'),
      3,
    ]);
    expect(groups).toEqual([
      ['a', 'wrong 1', 'b', 'wrong 2', 'c'],
      ['a', 'b', 'c'],
    ]);
    expect(await made()).toEqual(['a', 'b', 'c']);
  });

  it('finds out alone whom the database means when it refuses all of them', async () => {
    const { together } = numbering();
    const settled = await Promise.allSettled(
      ['a', 'refused', 'wrong', 'b'].map((name) => together.run(name)),
    );
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(await made()).toEqual(['a', 'b']);
  });

  it('tries nobody again when the database was lost: it may have been committed', async () => {
    let runs = 0;
    const together = new Together<string, number>(work, async (tx, names) => {
      runs += 1;
      await tx.query('select pg_terminate_backend(pg_backend_pid())');
      return insert(tx, names);
    });
    const settled = await Promise.allSettled(['a', 'b'].map((name) => together.run(name)));
    expect(settled).toEqual(
      ['a', 'b'].map(() => ({
        status: 'rejected',
        reason: expect.objectContaining({ code: 'DATABASE_UNAVAILABLE' }) as unknown,
      })),
    );
    expect(runs).toBe(1);
  });
});
