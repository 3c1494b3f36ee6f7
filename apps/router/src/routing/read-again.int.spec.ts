import { afterAll, describe, expect, it } from 'vitest';
import { parseIpaCode, receiptHeaders, topics, type Receipt } from '#contracts';
import { signReceipts } from '#evidence';
import type { IncomingRecord } from '#messaging';
import { takeBack } from '#persistence';
import {
  aNetwork,
  aPractice,
  bufferHeaders,
  freshDatabase,
  outboxRecord,
  TEST_NOW,
  TestClock,
} from '#testing';
import { TestRouter } from '../../test/test-router.ts';

const clock = new TestClock(TEST_NOW);
const network = await aNetwork().at(clock).founded();
const router = await TestRouter.open(await freshDatabase(), network);
afterAll(() => router.close());

/** Everything that reading could double. */
async function effects(): Promise<unknown> {
  const counted = await router.work.run((tx) =>
    tx.query(`select
        (select count(*)::int from routed_event) as routed, (select count(*)::int from seen) as seen,
        (select count(*)::int from waiting_event) as waiting, (select count(*)::int from equivocation) as forks,
        (select json_agg(json_build_array(code, status) order by id) from quarantine) as parked,
        (select sum(position)::int from routed_event) as positions`),
  );
  return { counted, toSend: (await router.outbox()).length };
}

async function receiptOf(filing: { readonly event: Receipt['event'] } & Pick<Receipt, 'practice'>) {
  const receipt: Receipt = {
    ...{ version: '1.0', kind: 'received', by: parseIpaCode('p_cr'), time: clock.now().toISOString() },
    ...{ event: filing.event, practice: filing.practice, position: 1 },
    ...{ code: null, registration: null, cancellation: null },
  };
  const { items } = await signReceipts([receipt], network.signerOf('p_cr'), clock.now());
  const headers = bufferHeaders(receiptHeaders(receipt));
  const place = { topic: topics.receipts, partition: 0, offset: '7', key: null };
  return { ...place, headers, value: items[0] ?? Buffer.alloc(0), timestamp: clock.now() };
}

describe('an outbox that is read again', () => {
  it('has no second effect, though its author’s key was revoked meanwhile: placed, waiting and parked stay what they are', async () => {
    const practice = aPractice(network);
    const filing = await practice.filedBy('c_d150').signed();
    const act = await practice.actBy('p_cr').signed();
    const fork = await practice.actBy('p_cr').numbered(1, null).signed();
    const early = await practice.actBy('c_d150', 'integration.provided').numbered(5).signed();
    const bad = await aPractice(network).filedBy('c_d150').tampered().signed();
    const records = [filing, act, fork, early, bad].map((one) => outboxRecord(one));
    const first = ['done', 'done', 'EQUIVOCATION', 'hold', 'REFERENCE_DIGEST_MISMATCH'];
    expect(await router.deliver(...records)).toEqual(first);
    await router.drain();
    const before = await effects();

    expect(await router.deliver(...records)).toEqual(first);
    expect(await effects()).toEqual(before);

    clock.advance(60_000);
    await network.revoke('c_d150', new Date(clock.now().getTime() - 1_000));
    // What waits is held still: it is no news that it does.
    const again = ['done', 'done', 'EQUIVOCATION', 'done', 'REFERENCE_DIGEST_MISMATCH'];
    expect(await router.deliver(...records)).toEqual(again);
    expect(await effects()).toEqual(before);

    // What comes for the first time under that key is refused as ever.
    const late = await aPractice(network).filedBy('c_d150').signed();
    expect(await router.deliver(outboxRecord(late))).toEqual(['KEY_REVOKED_BEFORE_ARRIVAL']);
  });

  it('accuses nobody where the rows of what was placed are lost: it may be the very event, and is parked as that', async () => {
    const practice = aPractice(network);
    const filing = await practice.filedBy('c_d142').signed();
    const acts = [await practice.actBy('p_cr').signed(), await practice.actBy('p_cr').signed()] as const;
    const records = [filing, ...acts].map((one) => outboxRecord(one));
    expect(await router.deliver(...records)).toEqual(['done', 'done', 'done']);
    await router.drain();
    await lose(acts[0]);
    const forks = (await effects()) as { readonly counted: readonly { readonly forks: number }[] };

    expect(await router.deliver(...records)).toEqual(['done', 'PLACED_EVENT_LOST', 'done']);
    const after = (await effects()) as typeof forks;
    expect(after.counted[0]?.forks).toBe(forks.counted[0]?.forks);
    const told = (await router.outbox()).map(({ headers }) => headers['hub_class']?.toString());
    expect(told).toEqual(['parked']);
    await router.drain();
    // Against an event that is here, another one of its number is what it was.
    const other = await practice.actBy('p_cr').numbered(2, acts[0].digest).signed();
    expect(await router.deliver(outboxRecord(other))).toEqual(['EQUIVOCATION']);
    await router.drain();
  });
});

/** What somebody deletes by hand. */
async function lose({ event }: { readonly event: { readonly id: string } }): Promise<void> {
  for (const table of ['routed_event', 'seen'])
    await router.work.run((tx) => tx.query(`delete from ${table} where event_id = $1`, [event.id]));
}

describe('receipts that are read again', () => {
  const other = aPractice(network);
  const stands = async (record: IncomingRecord): Promise<void> => {
    const { topic, partition, offset } = record;
    const next = BigInt(offset) + 1n;
    await router.work.run(async (tx) => {
      await tx.query(
        `insert into stream_position (group_name, topic, partition, next_offset) values ('r', $1, $2, $3)`,
        [topic, partition, next],
      );
      const [back] = await takeBack(tx, 'r', [{ topic, partition, low: 0n, target: 0n }]);
      await tx.query(
        `insert into stream_rewind (id, stream, group_name, token_id, action_id, asked_at)
         values (gen_random_uuid(), 'receipts', 'r', gen_random_uuid(), gen_random_uuid(), now())`,
      );
      await tx.query(
        `insert into stream_rewind_place (rewind_id, topic, partition, stood, next_offset)
         select id, $1, $2, $3, $4 from stream_rewind`,
        [topic, partition, back?.stood, back?.next],
      );
    });
  };

  it('go to their readers once more; under a key that was revoked meanwhile they are not parked, if they were read before', async () => {
    const filing = await other.filedBy('c_d142').signed();
    await router.deliver(outboxRecord(filing));
    await router.drain();
    const { event, digest } = filing;
    const record = await receiptOf({
      event: { author: event.author.ipa, id: event.id, digest },
      practice: event.practice,
    });
    expect(await router.receipts(record)).toEqual(['done']);
    expect(await router.receipts(record)).toEqual(['done']);
    expect((await router.outbox()).map(({ value }) => value)).toEqual([record.value, record.value]);
    await router.drain();

    clock.advance(60_000);
    await network.revoke('p_cr', new Date(clock.now().getTime() - 1_000));
    await stands(record);
    const before = await effects();
    expect(await router.receipts(record)).toEqual(['done']);
    expect(await effects()).toEqual(before);
    expect(await router.receipts({ ...record, offset: '8' })).toEqual(['KEY_REVOKED_BEFORE_ARRIVAL']);
  });
});
