import { beforeAll, describe, expect, it } from 'vitest';
import { topics, type IpaCode, type PracticeRef } from '#contracts';
import type { IncomingRecord } from '#messaging';
import { markSent, readUnsent, StreamPositions } from '#persistence';
import { createLogger } from '#platform';
import {
  aNetwork,
  aPractice,
  copyDatabase,
  freshDatabase,
  TopicSandbox,
  type SignedEvent,
  type TestPractice,
} from '#testing';
import { TestRouter, type PlacedEvent } from '../../test/test-router.ts';
import { RecoverRouter } from './recover-router.ts';

const AUTHORS = ['c_d150', 'p_cr'].map((ipa) => ipa as IpaCode);
const GROUP = 'router-1.outboxes';
const logger = createLogger('spec', { level: 'silent' });

const network = await aNetwork().founded();
const url = await freshDatabase();
const sandbox = await TopicSandbox.open(
  topics.routing,
  topics.quarantine,
  ...AUTHORS.flatMap((ipa) => [topics.outbox(ipa), topics.inbox(ipa)]),
  topics.inbox('c_d142' as IpaCode),
  topics.inbox('c_b898' as IpaCode),
);

/** Writes events to their authors' outboxes, and gives a router what was written since. */
async function arrive(router: TestRouter, ...events: readonly SignedEvent[]): Promise<string[]> {
  await sandbox.send(
    events.map(({ event, bytes, headers }) => ({
      topic: topics.outbox(event.author.ipa),
      key: `${event.practice.owner}/${event.practice.uuid}`,
      value: bytes,
      headers,
    })),
  );
  return await read(router);
}

/** What the stream does: reads on from the database's position, and moves it. */
async function read(router: TestRouter): Promise<string[]> {
  const store = new StreamPositions(router.work);
  const outcomes: string[] = [];
  for (const topic of AUTHORS.map(topics.outbox)) {
    const next = (await store.load(GROUP, [topic])).next(topic, 0) ?? 0n;
    const records = (await sandbox.all(topic)).filter(({ offset }) => BigInt(offset) >= next);
    outcomes.push(...(await router.deliver(...records)));
    await store.save(GROUP, [{ topic, partition: 0, next: next + BigInt(records.length) }]);
  }
  return outcomes;
}

/** What the relay does. */
async function relay(router: TestRouter): Promise<void> {
  const rows = await router.work.run((tx) => readUnsent(tx, { records: 10_000, bytes: 1e9 }));
  await sandbox.send(
    rows.flatMap(({ topics: to, key, value, headers }) =>
      to.map((topic) => ({ topic, key, value, headers })),
    ),
  );
  await router.work.run((tx) => markSent(tx, rows));
}

function recoveryOf(router: TestRouter, reader = sandbox.reader): RecoverRouter {
  const { registry } = network;
  const { work, verifier } = router;
  const { connection } = sandbox;
  return new RecoverRouter({
    ...{ name: 'router-1', group: GROUP, work, verifier, registry, connection, reader, logger },
  });
}

const placesOf = (events: readonly PlacedEvent[]) =>
  events.map(({ id, position, bytes, decision }) => ({
    id,
    position,
    bytes: bytes.toString('hex'),
    decision: decision.toString('hex'),
  }));

/** What happened before the copy was made, and what the copy does not know. */
interface Story {
  readonly old: TestPractice;
  readonly young: TestPractice;
  readonly waited: TestPractice;
  readonly copyUrl: string;
  /** As the router that was lost had them. */
  readonly placed: (practice: PracticeRef) => readonly PlacedEvent[];
  readonly next: SignedEvent;
}

let story: Story;
beforeAll(async () => {
  let router = await TestRouter.open(url, network);
  const [old, waited, young] = [aPractice(network), aPractice(network), aPractice(network)];
  await arrive(router, await old.filedBy('c_d150').signed(), await waited.filedBy('c_d150').signed());
  // Number 2 of the Provincia's is refused, and what is behind it waits: in the copy, too.
  const refused = await waited.actBy('p_cr', 'proceeding.ended').signed();
  const behind = await waited.actBy('p_cr').signed();
  await arrive(router, refused, behind);
  await relay(router);
  await recoveryOf(router).run();
  await router.close();
  const copyUrl = await copyDatabase(url);

  router = await TestRouter.open(url, network);
  await arrive(router, await waited.voidedBy('p_cr', refused).signed());
  await arrive(router, await old.actBy('p_cr', 'integration.requested').signed());
  await arrive(router, await young.filedBy('c_d150').signed());
  await arrive(router, await young.actBy('p_cr').signed());
  await relay(router);
  const placed = new Map<string, readonly PlacedEvent[]>();
  for (const { ref } of [old, waited, young]) placed.set(ref.uuid, await router.placed(ref));
  await router.close();
  const next = await old.actBy('c_d150', 'integration.provided').signed();
  story = { old, young, waited, copyUrl, next, placed: ({ uuid }) => placed.get(uuid) ?? [] };
});

describe('a router whose database was restored from a copy', () => {
  it('adopts every decision that it had published: the same positions, the same signed bytes', async () => {
    const router = await TestRouter.open(await copyDatabase(story.copyUrl), network);
    await recoveryOf(router).run();
    for (const { ref } of [story.old, story.waited, story.young]) {
      expect(story.placed(ref).length).toBeGreaterThan(1);
      expect(placesOf(await router.placed(ref))).toEqual(placesOf(story.placed(ref)));
    }
    // Sent again to the participants as they were signed, and to nobody else.
    const again = await router.outbox();
    expect(again.map((record) => record.headers['hub_decision'])).toHaveLength(5);
    expect(again.flatMap((record) => record.topics)).not.toContain(topics.routing);
    await router.close();
  });

  it('then reads the outboxes again, decides nothing twice, and goes on in the next position', async () => {
    const router = await TestRouter.open(await copyDatabase(story.copyUrl), network);
    await recoveryOf(router).run();
    await router.drain();
    await arrive(router, story.next);
    const [decided] = (await router.placed(story.old.ref)).slice(-1);
    expect(decided).toMatchObject({
      id: story.next.event.id,
      position: story.placed(story.old.ref).length + 1,
    });
    expect((await router.outbox()).filter((record) => record.topics.includes(topics.routing))).toHaveLength(
      1,
    );
    expect(placesOf(await router.placed(story.waited.ref))).toEqual(placesOf(story.placed(story.waited.ref)));
    await router.close();
  });

  it('cut off while it adopts, begins again and ends the same', async () => {
    const router = await TestRouter.open(await copyDatabase(story.copyUrl), network);
    const cut = {
      read: (topic: string, options: Parameters<typeof sandbox.reader.read>[1]) =>
        topic === topics.routing ? sandbox.reader.read(topic, options) : brokenOff(),
    };
    await expect(recoveryOf(router, cut).run()).rejects.toThrow('the broker has gone');
    await recoveryOf(router).run();
    expect(placesOf(await router.placed(story.young.ref))).toEqual(placesOf(story.placed(story.young.ref)));
    expect(await router.outbox()).toHaveLength(5);
    await recoveryOf(router).run();
    expect(await router.outbox()).toHaveLength(5);
    await router.close();
  });

  it('finds nothing to read when it was not restored', async () => {
    const router = await TestRouter.open(await copyDatabase(url), network);
    await recoveryOf(router).run();
    const none = { read: () => brokenOff() };
    await recoveryOf(router, none).run();
    expect(await router.outbox()).toEqual([]);
    await router.close();
  });

  it('takes back rows that were deleted by hand, to their places, sends nothing for them, and lets pass what was parked meanwhile', async () => {
    const router = await TestRouter.open(await copyDatabase(url), network);
    await recoveryOf(router).run();
    const [, act] = story.placed(story.young.ref);
    for (const statement of [
      'delete from routed_event where event_id = $1',
      'delete from seen where event_id = $1',
      'delete from published_mark where $1::uuid is not null',
    ])
      await router.work.run((tx) => tx.query(statement, [act?.id]));
    const records = await sandbox.all(topics.outbox('p_cr' as IpaCode));
    const again = records.filter(({ headers }) => headers['ce_id']?.toString() === act?.id);
    expect(await router.deliver(...again)).toEqual(['PLACED_EVENT_LOST']);
    await router.drain();

    await recoveryOf(router).run();
    expect(placesOf(await router.placed(story.young.ref))).toEqual(placesOf(story.placed(story.young.ref)));
    expect(await router.outbox()).toEqual([]);
    expect((await router.release((await router.lastParked()).id)).status).toBe('released');
    await router.close();
  });

  it('routes nothing when its database says otherwise than what it has published', async () => {
    const router = await TestRouter.open(await copyDatabase(story.copyUrl), network);
    // It was put into service without the comparison, and gave the position away a second time.
    await arrive(router, story.next);
    await expect(recoveryOf(router).run()).rejects.toMatchObject({ code: 'DECISION_CONTRADICTED' });
    await router.close();
  });
});

function brokenOff() {
  return {
    caughtUp: Promise.resolve(),
    close: () => Promise.resolve(),
    [Symbol.asyncIterator]: () => ({
      next: (): Promise<IteratorResult<IncomingRecord, undefined>> =>
        Promise.reject(new Error('the broker has gone')),
    }),
  };
}
