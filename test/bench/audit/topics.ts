/**
 * The topics that a filled log would have been read from: its signed documents, produced into a broker of their own, and what
 * `audit import --from-kafka` says of them. First they hold what the log says; then one record is deleted and one is forged, and
 * the command has to tell of both, and of nothing else. The command runs as a person would run it, and its memory is the kernel's
 * word.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { folderCopy, publishedAs, readRecords, type LogRecord, type TopicsReport } from '#audit';
import { HUB_HEADERS, topics as TOPIC } from '#contracts';
import { ensureNetworkPki, provisionTopics, startGuardian, startKafka, type RunningKafka } from '#embedded';
import { KafkaConnection, MessageProducer, type OutgoingRecord } from '#messaging';
import { createLogger } from '#platform';
import { parseVkey, verifyCheckpoint } from '#tlog';
import { BOUNDED_MEMORY_FLAGS } from '../../../apps/cli/src/run-bounded.ts';
import { readOnce, type BenchOptions, type Figure } from '../measure.ts';
import { kernelBytes } from '../kernel-bytes.ts';
import { VKEY_FILE } from './fill.ts';

const CLI = fileURLToPath(new URL('../../../apps/cli/src/main.js', import.meta.url));
/** Records of one request: a relay under load sends as many. */
const AT_ONCE = 512;
/** Records between two words of how far it is. */
const TOLD = 50 * AT_ONCE;
/** Between two looks at the memory of the command, milliseconds: what it had at most is kept by the kernel. */
const LOOK_MS = 100;
/** Whose outboxes there are. Only of the author of the filings there is anything in them. */
const MEMBERS = ['c_d150', 'p_cr', 'c_d142', 'c_b898'];

/** What a comparison may take at most, whatever the number of records and leaves. Bytes. */
const MOST_BYTES = 512e6;

/** One run of the command. */
interface Told {
  readonly report: TopicsReport;
  readonly exitCode: number;
  /** Wall time, milliseconds. */
  readonly ms: number;
  /** The most memory that the process ever had, bytes. */
  readonly rss: number;
}

/** @param options `to`: the filled log */
export async function benchTopics({ to, tell }: BenchOptions): Promise<readonly Figure[]> {
  if (to === undefined) throw new Error('--only topics needs --to DIR, a log that --only fill has made');
  const broker = await LogBroker.start(to);
  try {
    const start = performance.now();
    const records = await broker.produce(tell);
    const producing = performance.now() - start;
    tell('audit import --from-kafka');
    const same = await broker.imported();
    require(same, { exitCode: 0, codes: {} });
    await broker.tamper();
    tell('audit import --from-kafka, with a record deleted and another forged');
    const differing = await broker.imported();
    require(differing, { exitCode: 1, codes: { TOPIC_RECORD_MISSING: 1, TOPIC_RECORD_NOT_LOGGED: 1 } });
    // Leaves are read as well as records: both are counted.
    const read = records + same.report.log.size;
    return [
      readOnce('audit.topics', (records * 1_000) / producing, 'records/s'),
      readOnce('audit.import', (read * 1_000) / same.ms, 'leaves and records/s'),
      readOnce('audit.import.wall', same.ms / 1_000, 's'),
      readOnce('audit.import.memory', Math.max(same.rss, differing.rss) / 1e6, 'MB'),
    ];
  } finally {
    await broker.close();
  }
}

function require(
  { report, exitCode, rss }: Told,
  wanted: { readonly exitCode: number; readonly codes: Readonly<Record<string, number>> },
): void {
  if (rss > MOST_BYTES) throw new Error(`audit import took ${Math.round(rss / 1e6)} MB`);
  const found = { exitCode, codes: report.findings.byCode };
  const sorted = ({ exitCode: code, codes }: typeof wanted): string =>
    JSON.stringify([code, Object.entries(codes).toSorted()]);
  if (sorted(found) !== sorted(wanted))
    throw new Error(`audit import told ${JSON.stringify(found)}, and not ${JSON.stringify(wanted)}`);
}

/** A broker with the product's topics, and the log whose records are on them. */
class LogBroker {
  readonly #log: string;
  readonly #ends: (() => Promise<unknown>)[] = [];
  #kafka!: RunningKafka;
  #connection!: KafkaConnection;
  #producer!: MessageProducer;

  private constructor(log: string) {
    this.#log = log;
  }

  static async start(log: string): Promise<LogBroker> {
    const broker = new LogBroker(log);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => {
        void broker.close().finally(() => process.exit(130));
      });
    try {
      await broker.#open();
      return broker;
    } catch (error) {
      await broker.close();
      throw error;
    }
  }

  async #open(): Promise<void> {
    const home = await mkdtemp(join(tmpdir(), 'bench-topics-'));
    this.#ends.push(() => rm(home, { recursive: true, force: true }));
    const guardian = await startGuardian();
    this.#ends.push(() => guardian.stop());
    const pki = await ensureNetworkPki({ dir: join(home, 'pki'), holders: [] });
    const env = { ...process.env, KAFKA_BROKERS: undefined };
    this.#kafka = await startKafka({ home, pki, guardian, env });
    this.#ends.push(() => this.#kafka.stop());
    await provisionTopics(this.#kafka.admin, { members: MEMBERS, principals: [] });
    const { brokers, caFile: ca, certFile: cert, keyFile: key } = this.#kafka.admin;
    const logger = createLogger('bench', { level: 'silent' });
    this.#connection = KafkaConnection.open({ brokers, clientId: 'bench', tls: { ca, cert, key } }, logger);
    this.#ends.push(() => this.#connection.close());
    this.#producer = new MessageProducer(this.#connection);
    this.#ends.push(() => this.#producer.close());
  }

  /** Every document of the log, on the topic on which it would have come. @returns how many */
  async produce(tell: (what: string) => void): Promise<number> {
    let batch: OutgoingRecord[] = [];
    let sent = 0;
    for await (const record of this.#records()) {
      batch.push(recordOf(record));
      if (batch.length < AT_ONCE) continue;
      await this.#producer.send(batch);
      sent += batch.length;
      if (sent % TOLD === 0) tell(`${sent} records`);
      batch = [];
    }
    await this.#producer.send(batch);
    return sent + batch.length;
  }

  async *#records(): AsyncGenerator<LogRecord> {
    const read = folderCopy(this.#log);
    const note = await readFile(join(this.#log, 'checkpoint'));
    const { size } = verifyCheckpoint(note, parseVkey(await this.#vkey()));
    yield* readRecords(read, { from: 0, to: size });
  }

  async #vkey(): Promise<string> {
    return (await readFile(join(this.#log, VKEY_FILE), 'utf8')).trim();
  }

  /**
   * What somebody who administers the broker could do: the first decision goes; something that nobody has signed lies between
   * two receipts. The second of them is one that was there before, delivered again: that is no finding.
   */
  async tamper(): Promise<void> {
    const admin = this.#connection.client.admin();
    await admin.connect();
    try {
      // kafkajs looks for the leader in what it has been told of the topic before.
      await admin.fetchTopicOffsets(TOPIC.routing);
      await admin.deleteTopicRecords({ topic: TOPIC.routing, partitions: [{ partition: 0, offset: '1' }] });
    } finally {
      await admin.disconnect();
    }
    for await (const record of this.#records()) {
      if (record.leaf.kind !== 'receipt') continue;
      const receipt = recordOf(record);
      await this.#producer.send([{ ...receipt, value: Buffer.from('<Forged/>') }, receipt]);
      return;
    }
  }

  /** Runs the command against the broker and the log's folder. */
  async imported(): Promise<Told> {
    const { brokers, caFile, certFile, keyFile } = this.#kafka.admin;
    const args = [
      ...['audit', 'import', '--from-kafka', '--json', '--log', this.#log, '--vkey', await this.#vkey()],
      ...['--brokers', brokers.join(','), '--cert', certFile, '--key', keyFile, '--ca', caFile],
    ];
    const start = performance.now();
    const child = spawn(process.execPath, [...BOUNDED_MEMORY_FLAGS, CLI, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let rss = 0;
    const look = setInterval(() => {
      rss = Math.max(rss, kernelBytes(`/proc/${child.pid ?? 0}/status`, 'VmHWM'));
    }, LOOK_MS);
    try {
      const exit = once(child, 'exit');
      const said = await text(child.stdout);
      const [exitCode] = (await exit) as [number];
      return { report: JSON.parse(said) as TopicsReport, exitCode, ms: performance.now() - start, rss };
    } finally {
      clearInterval(look);
    }
  }

  async close(): Promise<void> {
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) await end();
  }
}

function recordOf({ index, leaf, signed }: LogRecord): OutgoingRecord {
  const { topic, hubClass } = publishedAs(leaf);
  if (signed === null) throw new Error(`the log has no document of leaf ${index}`);
  const key = leaf.practice === null ? leaf.author : `${leaf.practice.owner}/${leaf.practice.uuid}`;
  const headers = {
    ce_id: leaf.eventId,
    ce_type: leaf.type,
    ce_time: leaf.time,
    [HUB_HEADERS.class]: hubClass,
  };
  return { topic, key, value: signed, headers };
}
