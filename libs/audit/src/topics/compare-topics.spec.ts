import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { parseRegistryEntry } from '#contracts';
import { sha256Hex } from '#evidence';
import { aNetwork, TEST_NOW, TestClock, TestLog } from '#testing';
import { entriesPath, quorumPolicy } from '#tlog';
import {
  compareTopics,
  folderCopy,
  registryEntry,
  type RefusedPlace,
  type TopicRecord,
  type TopicsReport,
} from '../index.ts';

const scratch = await mkdtemp(join(tmpdir(), 'topics-'));
afterAll(() => rm(scratch, { recursive: true, force: true }));
const clock = new TestClock(TEST_NOW);
const network = await aNetwork().small().at(clock).founded();

const OUTBOX = 'practice.outbox.c_d150';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let log: TestLog;
let topics: FakeTopics;

beforeEach(() => {
  log = new TestLog(network);
  topics = new FakeTopics();
});

const bytesOf = (text: string): Buffer => Buffer.from(`<Event>${text}</Event>`);

/** What lies on topics, as a reader gives it. */
class FakeTopics {
  readonly records = new Map<string, TopicRecord[]>();
  readonly refused: (RefusedPlace & { readonly topic: string })[] = [];
  /** Next offset that the auditor handles, by topic. */
  readonly handled = new Map<string, number>();
  readonly low = new Map<string, number>();

  put(topic: string, value: Buffer, { hubClass = 'event', at = clock.now(), partition = 0 } = {}): this {
    const there = this.records.get(topic) ?? [];
    const offset = String(there.filter((one) => one.partition === partition).length);
    const headers = { hub_class: Buffer.from(hubClass) };
    this.records.set(topic, [...there, { topic, partition, offset, value, headers, timestamp: at }]);
    return this;
  }

  open(from: Readonly<Record<string, number>>, hasDesk: boolean) {
    return [...this.records].map(([topic, all]) => {
      const low = this.low.get(topic) ?? 0;
      const partitions = [...new Set(all.map(({ partition }) => partition))];
      const ranges = partitions.map((partition) => ({
        partition,
        low: BigInt(low),
        from: BigInt(from[topic] ?? low),
        to: BigInt(all.filter((one) => one.partition === partition).length),
        handled: this.handled.has(topic) ? BigInt(this.handled.get(topic) ?? 0) : null,
      }));
      const held = all.filter(({ offset }) => Number(offset) >= (from[topic] ?? low));
      const refused = this.refused.filter((one) => one.topic === topic);
      return {
        topic,
        ranges,
        records: () => over(held),
        refused: hasDesk ? () => over(refused) : null,
      };
    });
  }
}

async function* over<T>(items: readonly T[]): AsyncGenerator<T> {
  await Promise.resolve();
  yield* items;
}

/** A leaf that stands for these bytes, of an event in c_d150's outbox unless told otherwise. */
function logged(value: Buffer, other: { author?: string; kind?: 'event' | 'receipt'; at?: Date } = {}): void {
  const { author = 'c_d150', kind = 'event', at = clock.now() } = other;
  const common = {
    author,
    eventId: randomUUID(),
    practice: { owner: 'c_d150', uuid: randomUUID() },
    time: at.toISOString(),
    sha256: sha256Hex(value),
  };
  log.leaf(
    kind === 'event'
      ? { ...common, kind, position: null, type: 'practice.filed' }
      : { ...common, kind, position: 1, type: 'received', by: 'p_cr' },
    null,
  );
}

interface Compared {
  readonly from?: Readonly<Record<string, number>>;
  readonly hasDesk?: boolean;
  readonly isEveryTopic?: boolean;
  /** Called when the topics are read. */
  readonly meanwhile?: () => Promise<void>;
  readonly signal?: AbortSignal;
}

async function compare(how: Compared = {}): Promise<TopicsReport> {
  const { from = {}, hasDesk = true, isEveryTopic = true, meanwhile } = how;
  const folder = await mkdtemp(join(scratch, 'copy-'));
  await log.writeTo(folder);
  const before = folderCopy(folder);
  // As a running log serves it: what it has grown by, and every file of before.
  let read = before;
  return await compareTopics({
    read: (path) => read(path),
    policy: quorumPolicy(log.signer.verifier, [], 0),
    openTopics: async () => {
      const opened = topics.open(from, hasDesk);
      if (meanwhile !== undefined) {
        await meanwhile();
        const grown = await mkdtemp(join(scratch, 'copy-'));
        await log.writeTo(grown);
        const after = folderCopy(grown);
        read = async (path) => (await after(path)) ?? (await before(path));
      }
      return opened;
    },
    isEveryTopic,
    workFolder: await mkdtemp(join(scratch, 'work-')),
    now: () => clock.now(),
    ...(how.signal === undefined ? {} : { signal: how.signal }),
  });
}

const found = ({ findings }: TopicsReport) =>
  findings.listed.map(({ code, topic, offset, index }) => [code, topic, offset ?? index]);

describe('topics that hold what the log says', () => {
  it('are the same: each record a leaf, each leaf a record, whatever was delivered twice', async () => {
    for (const text of ['a', 'b', 'c']) {
      logged(bytesOf(text));
      topics.put(OUTBOX, bytesOf(text));
    }
    topics.put(OUTBOX, bytesOf('b'));
    for (const entry of network.entries) {
      log.leaf(registryEntry(parseRegistryEntry(entry), 'registry', sha256Hex(entry)), entry);
      topics.put('registry.state', entry, { hubClass: 'entry' });
    }
    topics.put('registry.state', bytesOf('beat'), { hubClass: 'heartbeat' });
    const report = await compare();
    expect(report).toMatchObject({ verdict: 'same', findings: { total: 0 }, deskAsked: true });
    expect(report.partitions).toMatchObject([
      { topic: OUTBOX, from: '0', to: '4', records: 4, distinct: 3, repeated: 1, inLog: 3, extra: 0 },
      { topic: 'registry.state', notices: 1, distinct: network.entries.length, extra: 0 },
    ]);
    expect(report.topics).toMatchObject([
      { topic: OUTBOX, leaves: 3, onTopic: 3, missing: 0 },
      { topic: 'registry.state', leaves: network.entries.length, missing: 0 },
    ]);
  });

  it('may hold copies of what others do, and notices that no log has', async () => {
    logged(bytesOf('a'), { author: 'p_cr' });
    topics.put('practice.outbox.p_cr', bytesOf('a'));
    topics.put('practice.inbox.c_d150', bytesOf('a')).put('practice.inbox.c_d150', bytesOf('parked'), {
      hubClass: 'parked',
    });
    const report = await compare();
    expect(report.verdict).toBe('same');
    expect(report.partitions[1]).toMatchObject({ role: 'copies', inLog: 1, notices: 1 });
    topics.put('practice.inbox.c_d150', bytesOf('forged'), { at: new Date(clock.now().getTime() - HOUR_MS) });
    expect(found(await compare())).toEqual([['TOPIC_RECORD_NOT_LOGGED', 'practice.inbox.c_d150', '2']]);
  });

  it('may lack what is older than they keep, but nothing younger', async () => {
    logged(bytesOf('old'), { at: new Date(clock.now().getTime() - 91 * DAY_MS) });
    logged(bytesOf('young'), { at: new Date(clock.now().getTime() - 89 * DAY_MS) });
    logged(bytesOf('here'));
    topics.put(OUTBOX, bytesOf('here'));
    const report = await compare();
    expect(found(report)).toEqual([['TOPIC_RECORD_MISSING', OUTBOX, 1]]);
    expect(report.topics[0]).toMatchObject({ leaves: 3, onTopic: 1, past: 1, missing: 1 });
  });
});

describe('what is not as the log says', () => {
  beforeEach(() => {
    for (const text of ['a', 'b']) {
      logged(bytesOf(text));
      topics.put(OUTBOX, bytesOf(text));
    }
    topics.handled.set(OUTBOX, 100);
  });

  it('is a record that was slipped in, and one that was altered with the leaf that it was', async () => {
    topics.put(OUTBOX, bytesOf('forged'));
    expect(found(await compare())).toEqual([['TOPIC_RECORD_NOT_LOGGED', OUTBOX, '2']]);
    logged(bytesOf('c'));
    topics.records.clear();
    topics.put(OUTBOX, bytesOf('a')).put(OUTBOX, bytesOf('b altered')).put(OUTBOX, bytesOf('c'));
    expect(found(await compare())).toEqual([
      ['TOPIC_RECORD_MISSING', OUTBOX, 1],
      ['TOPIC_RECORD_NOT_LOGGED', OUTBOX, '1'],
    ]);
  });

  it('is an event in the outbox of somebody who has not written it', async () => {
    topics.put('practice.outbox.p_cr', bytesOf('a')).handled.set('practice.outbox.p_cr', 1);
    expect(found(await compare())).toEqual([['TOPIC_RECORD_NOT_LOGGED', 'practice.outbox.p_cr', '0']]);
  });

  it('is not what the auditor has refused and shows, unless nobody asks it', async () => {
    topics.put(OUTBOX, bytesOf('no signature'));
    topics.refused.push({ topic: OUTBOX, partition: 0, offset: '2', code: 'SIGNATURE_INVALID' });
    const report = await compare();
    expect(report).toMatchObject({ verdict: 'same', partitions: [{ refused: 1, extra: 0 }] });
    expect((await compare({ hasDesk: false })).findings.total).toBe(1);
  });

  it('is no copy of what the auditor has refused where it was published', async () => {
    const inbox = 'practice.inbox.p_cr';
    const before = new Date(clock.now().getTime() - HOUR_MS);
    topics.put(OUTBOX, bytesOf('revoked')).put(inbox, bytesOf('revoked'));
    topics.put(inbox, bytesOf('slipped in'), { at: before });
    topics.refused.push({ topic: OUTBOX, partition: 0, offset: '2', code: 'CERTIFICATE_REVOKED' });
    expect(found(await compare())).toEqual([['TOPIC_RECORD_NOT_LOGGED', inbox, '1']]);
  });

  it('is a topic that the broker does not have any more, if all were asked for', async () => {
    logged(bytesOf('r'), { kind: 'receipt' });
    expect(found(await compare())).toEqual([['TOPIC_RECORD_MISSING', 'practice.receipts', 2]]);
    expect((await compare({ isEveryTopic: false })).verdict).toBe('same');
  });

  it('is nothing that came after the checkpoint: what the auditor has not read, or has no index yet', async () => {
    topics.handled.set(OUTBOX, 3);
    topics.put(OUTBOX, bytesOf('handled')).put(OUTBOX, bytesOf('not read'));
    const report = await compare({
      meanwhile: () => {
        logged(bytesOf('handled'));
        return Promise.resolve();
      },
    });
    expect(report).toMatchObject({ verdict: 'same', partitions: [{ inLog: 2, later: 2, extra: 0 }] });
  });

  it('is, without the auditor’s word, what lies behind the log’s last record only if the log had time for it', async () => {
    topics.handled.clear();
    topics.put(OUTBOX, bytesOf('just now'));
    expect((await compare()).partitions[0]).toMatchObject({ later: 1, extra: 0 });
    topics.put(OUTBOX, bytesOf('an hour ago'), { at: new Date(clock.now().getTime() - HOUR_MS) });
    expect(found(await compare())).toEqual([['TOPIC_RECORD_NOT_LOGGED', OUTBOX, '3']]);
  });

  it('is looked for from where the reading began: what was signed before may lie before', async () => {
    const hour = new Date(clock.now().getTime() + HOUR_MS);
    logged(bytesOf('c'), { at: hour });
    logged(bytesOf('d'), { at: hour });
    topics.put(OUTBOX, bytesOf('c'), { at: hour });
    const report = await compare({ from: { [OUTBOX]: 2 } });
    expect(found(report)).toEqual([['TOPIC_RECORD_MISSING', OUTBOX, 3]]);
    expect(report.topics[0]).toMatchObject({ past: 2, onTopic: 1, missing: 1 });
  });
});

describe('a comparison', () => {
  it('believes no log whose entries do not lead to the signed root', async () => {
    logged(bytesOf('a'));
    const folder = await mkdtemp(join(scratch, 'copy-'));
    await log.writeTo(folder);
    const other = new TestLog(network);
    const settings = {
      read: folderCopy(folder),
      openTopics: () => Promise.resolve([]),
      isEveryTopic: true,
      workFolder: folder,
      now: () => clock.now(),
    };
    const foreign = compareTopics({ ...settings, policy: quorumPolicy(other.signer.verifier, [], 0) });
    await expect(foreign).rejects.toMatchObject({ code: 'LOG_KEY_UNKNOWN' });
    const bundle = join(folder, entriesPath({ index: 0, width: 1 }));
    const entries = await readFile(bundle, 'latin1');
    await writeFile(bundle, entries.replace('practice.filed', 'practice.fooed'), 'latin1');
    const altered = compareTopics({ ...settings, policy: quorumPolicy(log.signer.verifier, [], 0) });
    await expect(altered).rejects.toMatchObject({ code: 'LOG_TILE_INVALID' });
  });

  it('ends when somebody has enough', async () => {
    for (let n = 0; n < 300; n += 1) logged(bytesOf(String(n)));
    await expect(compare({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'AUDIT_INTERRUPTED',
    });
  });
});
