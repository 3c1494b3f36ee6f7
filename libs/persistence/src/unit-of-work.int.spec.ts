import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freshDatabase } from '#testing';

import { createDataSource } from './data-source.ts';
import { UnitOfWork, type Tx } from './unit-of-work.ts';

const url = await freshDatabase();
const source = await createDataSource({ url, name: 'test', migrations: [], poolSize: 3 });
const work = new UnitOfWork(source);

beforeAll(() => source.query('create table account (id int primary key, balance int not null)'));
afterAll(() => source.destroy());

const balances = (): Promise<unknown> => source.query('select id, balance from account order by id');

describe('UnitOfWork', () => {
  it('commits everything that the work wrote, or nothing', async () => {
    await work.run(async (tx) => {
      await tx.query('insert into account values (1, 10), (2, 20)');
    });
    const failing = work.run(async (tx) => {
      await tx.query('update account set balance = 0');
      throw new Error('half way');
    });
    await expect(failing).rejects.toThrow('half way');
    expect(await balances()).toEqual([
      { id: 1, balance: 10 },
      { id: 2, balance: 20 },
    ]);
  });

  it('gives the rows of a write that returns them', async () => {
    const rows = await work.run((tx) =>
      tx.query('update account set balance = balance where id = $1 returning id', [1]),
    );
    expect(rows).toEqual([{ id: 1 }]);
  });

  it('has the server plan a prepared statement once for a connection, whatever it is given, and run it in the transaction', async () => {
    const sql = 'insert into account values ($1, $2) returning id';
    const undone = work.run(async (tx) => {
      for (const id of [7, 8, 9]) expect(await tx.prepared(sql, [id, 0])).toEqual([{ id }]);
      const [known] = await tx.query<{ count: string }>(
        'select count(*) from pg_prepared_statements where statement = $1',
        [sql],
      );
      expect(known?.count).toBe('1');
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await balances()).toHaveLength(2);
  });

  it('runs statements in the order in which they are given, named or not, though nobody waits for the one before', async () => {
    const seen = await work.run(async (tx) => {
      tx.write('insert into account values ($1, $2)', [20, 0]);
      const asked = [];
      for (let n = 1; n <= 5; n += 1) {
        tx.write('update account set balance = balance * 10 + $2 where id = $1', [20, n]);
        asked.push(tx.query<{ balance: number }>('select balance from account where id = 20'));
        asked.push(tx.prepared<{ balance: number }>('select balance from account where id = $1', [20]));
      }
      const answers = await Promise.all(asked);
      tx.write('delete from account where id = $1', [20]);
      return answers.map(([row]) => row?.balance);
    });
    expect(seen).toEqual([1, 1, 12, 12, 123, 123, 1234, 1234, 12345, 12345]);
  });

  it('fails with the reason of a write that nobody waited for, and writes nothing', async () => {
    const before = await balances();
    const atTheEnd = work.run((tx) => {
      tx.write('insert into account values ($1, $2)', [30, 0]);
      tx.write('insert into account values ($1, $2)', [30, 1]);
      return Promise.resolve();
    });
    await expect(atTheEnd).rejects.toThrow(/duplicate key/);
    const askedBehind = work.run(async (tx) => {
      tx.write('insert into account values ($1, $2)', [1, 0]);
      await tx.query('select 1');
    });
    await expect(askedBehind).rejects.toThrow(/duplicate key/);
    expect(await balances()).toEqual(before);
    await work.run((tx) => tx.query('select 1'));
  });

  it('never passes for committed when a statement had failed and the work went on', async () => {
    const before = await balances();
    const careless = work.run(async (tx) => {
      await tx.query('insert into account values (31, 0)');
      await tx.query('select 1 / 0').catch(() => undefined);
    });
    await expect(careless).rejects.toThrow('a statement had failed');
    expect(await balances()).toEqual(before);
  });

  it('runs a single statement as its own transaction, and refuses a second one', async () => {
    await work.single((tx) => tx.prepared('update account set balance = balance + $1 where id = 1', [0]));
    const twice = work.single(async (tx) => {
      await tx.prepared('select $1::int', [1]);
      await tx.prepared('select $1::int', [2]);
    });
    await expect(twice).rejects.toThrow(RangeError);
  });

  it('is READ COMMITTED also on a server whose own default is another', async () => {
    await source.query(`do $$ begin execute format(
      'alter database %I set default_transaction_isolation = serializable', current_database()); end $$`);
    const other = await createDataSource({ url, name: 'test', migrations: [] });
    const [row] = await new UnitOfWork(other).run((tx) =>
      tx.query(`select current_setting('transaction_isolation') as level`),
    );
    await other.destroy();
    expect(row).toEqual({ level: 'read committed' });
  });

  it('runs work again that met another in a deadlock, until both have had their effect', async () => {
    const bothHoldOne = barrier(2);
    const transfer = (from: number, to: number): Promise<void> => {
      let first = true;
      return work.run(async (tx) => {
        await add(tx, from, -1);
        if (first) await bothHoldOne();
        first = false;
        await add(tx, to, 1);
      });
    };
    await Promise.all([transfer(1, 2), transfer(2, 1)]);
    expect(await balances()).toEqual([
      { id: 1, balance: 10 },
      { id: 2, balance: 20 },
    ]);
  });

  it('reads one state of the database, whatever commits between two reads', async () => {
    const seen = await work.read(async (tx) => {
      const before = await tx.query('select balance from account order by id');
      await work.run((other) => other.query('update account set balance = balance + 5'));
      return [before, await tx.query('select balance from account order by id')];
    });
    expect(seen[1]).toEqual(seen[0]);
    await work.run((tx) => tx.query('update account set balance = balance - 5'));
  });

  it('refuses to write while it reads', async () => {
    const writing = work.read((tx) => tx.query('update account set balance = 0'));
    await expect(writing).rejects.toThrow('read-only transaction');
  });

  it('gives up on conflicts after a bounded number of attempts', async () => {
    let attempts = 0;
    const hopeless = work.run(async (tx) => {
      attempts += 1;
      await tx.query("do $$ begin raise exception 'no' using errcode = '40001'; end $$");
    });
    await expect(hopeless).rejects.toMatchObject({ code: 'TRANSACTION_CONFLICT' });
    expect(attempts).toBe(6);
  });

  it('says that the database is away when the connection is cut, and works again afterwards', async () => {
    const cut = work.run(async (tx) => {
      const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      const admin = new pg.Client({ connectionString: url });
      await admin.connect();
      await admin.query('select pg_terminate_backend($1)', [row?.pid]);
      await admin.end();
      await tx.query('select 1');
    });
    await expect(cut).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(await work.run((tx) => tx.query('select 1 as one'))).toEqual([{ one: 1 }]);
  });

  it('leaves the error of a broken constraint as it is', async () => {
    const doubled = work.run((tx) => tx.query('insert into account values (1, 1)'));
    await expect(doubled).rejects.toThrow(/duplicate key/);
  });
});

async function add(tx: Tx, id: number, amount: number): Promise<void> {
  await tx.query('update account set balance = balance + $2 where id = $1', [id, amount]);
}

/** Everyone who calls waits until `count` have called. */
function barrier(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let missing = count;
  return async () => {
    missing -= 1;
    if (missing === 0) resolve(undefined);
    await promise;
  };
}
