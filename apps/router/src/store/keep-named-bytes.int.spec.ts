import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { topics } from '#contracts';
import { createDataSource, SHARED_MIGRATIONS } from '#persistence';
import { aNetwork, aPractice, freshDatabase, outboxRecord, type SignedEvent } from '#testing';
import { TestRouter } from '../../test/test-router.ts';
import { ROUTER_MIGRATIONS } from './migrations.ts';

const network = await aNetwork().founded();
const url = await freshDatabase();
const router = await TestRouter.open(url, network);
const source = await createDataSource({
  url,
  name: 'spec',
  migrations: [...SHARED_MIGRATIONS, ...ROUTER_MIGRATIONS],
});
afterAll(async () => {
  await source.destroy();
  await router.close();
});

let filing: SignedEvent;
beforeEach(async () => {
  await router.drain();
  filing = await aPractice(network).filedBy('c_d150').signed();
  expect(await router.deliver(outboxRecord(filing))).toEqual(['done']);
});

/** What is to be sent for the filing: to the inboxes, and to `practice.routing`. */
async function toSend(): Promise<readonly { value: Buffer; decision: unknown }[]> {
  const records = await router.outbox();
  expect(records.map((record) => record.topics.includes(topics.routing))).toEqual([false, true]);
  return records.map(({ value, headers }) => ({ value, decision: headers['hub_decision'] }));
}

async function asStored(): Promise<readonly { value: Buffer; decision: unknown }[]> {
  const [placed] = await router.placed(filing.event.practice);
  return [
    { value: filing.bytes, decision: placed?.decision },
    { value: placed?.decision ?? Buffer.alloc(0), decision: undefined },
  ];
}

const unsent = (columns: string): Promise<unknown[]> =>
  source.query(`select ${columns} from outbox where sent_at is null order by id`);
const deleteEvent = (): Promise<unknown> =>
  source.query('delete from routed_event where event_id = $1', [filing.event.id]);

describe('what the router sends for an event', () => {
  it('is named by the outbox, which holds none of it, and is sent as it was stored', async () => {
    expect(await unsent('payload, header_bytes')).toEqual([
      { payload: null, header_bytes: null },
      { payload: null, header_bytes: null },
    ]);
    expect(await toSend()).toEqual(await asStored());
  });

  it('cannot be deleted while it is still to be sent, by anybody', async () => {
    await expect(deleteEvent()).rejects.toThrow(/is still to be sent/);
    expect(await toSend()).toEqual(await asStored());
    await router.drain();
    await deleteEvent();
    expect(await router.placed(filing.event.practice)).toEqual([]);
  });

  it('is sent by nobody as something else, if it is lost for all that', async () => {
    const lose = async (change: 'disable' | 'enable'): Promise<unknown> =>
      await source.query(`alter table routed_event ${change} trigger keep_named_bytes`);
    await lose('disable');
    await deleteEvent();
    await lose('enable');
    await expect(router.outbox()).rejects.toMatchObject({ code: 'OUTBOX_BYTES_MISSING' });
    await source.query('update outbox set sent_at = now() where sent_at is null');
  });

  it('finds no instance of before that would send a record without its bytes', async () => {
    await expect(unsent('value')).rejects.toThrow(/column "value" does not exist/);
  });

  it('is held by its rows again on the way back to a version that does not name it', async () => {
    const expected = await asStored();
    const isNamed = (): Promise<unknown[]> =>
      source.query("select 1 from migration where name like 'NameKeptBytes%'");
    while ((await isNamed()).length > 0) await source.undoLastMigration();
    const rows = (await unsent('value, headers, header_bytes')) as {
      readonly value: Buffer;
      readonly headers: Record<string, unknown>;
      readonly header_bytes: Buffer | null;
    }[];
    const size = (expected[0]?.decision as Buffer).length;
    expect(rows.map(({ value }) => value)).toEqual(expected.map(({ value }) => value));
    expect(rows.map(({ header_bytes }) => header_bytes)).toEqual([expected[0]?.decision, null]);
    expect(rows[0]?.headers).toMatchObject({
      ce_id: filing.event.id,
      hub_decision: { at: 0, size },
    });

    // And forward again: what holds its bytes is sent as it is.
    await source.runMigrations();
    expect(await toSend()).toEqual(expected);
  });
});
