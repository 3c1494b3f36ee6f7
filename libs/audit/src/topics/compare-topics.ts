import { join } from 'node:path';
import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import {
  judgeCheckpoint,
  readLogEntry,
  recomputeLog,
  TileEdge,
  type ReadLogFile,
  type TreeHead,
  type TrustPolicy,
} from '#tlog';
import { CHECKPOINT_PATH } from '../copy/copy-paths.ts';
import { filesFor, RecordFiles } from '../disk/record-files.ts';
import { keyOf, writeSighting } from './compare-keys.ts';
import { CompareTable } from './compare-table.ts';
import { classOf, roleOf, publishedAs, type TopicRecord, type TopicToCompare } from './topic-records.ts';
import { TOPICS_REPORT_FORMAT, type TopicsReport } from './topics-report.ts';
import { TopicFindings } from './topic-findings.ts';
import { Unlogged } from './unlogged.ts';

export interface CompareSettings {
  /** A copy of the log, or the running auditor. */
  readonly read: ReadLogFile;
  readonly policy: TrustPolicy;
  /** Measures the topics. It is called when the checkpoint has been read: every leaf of that is before their ends. */
  readonly openTopics: () => Promise<readonly TopicToCompare[]>;
  /** True if these are all that the broker has, so that a topic of a leaf that is not among them is missing. */
  readonly isEveryTopic: boolean;
  /** A folder of this comparison's own: 32 bytes for each leaf and each record. The caller removes it. */
  readonly workFolder: string;
  readonly now: () => Date;
  /** Told of how many leaves and records are read, and of how many. */
  readonly onProgress?: (done: number, all: number) => void;
  /** Aborted: `AUDIT_INTERRUPTED` is thrown. */
  readonly signal?: AbortSignal;
}

/** A number of records between two looks at the signal. */
const LOOK_EVERY = 1_024;

/** What is put side by side, and where. */
interface Sides {
  readonly table: CompareTable;
  readonly files: RecordFiles;
}

/**
 * Compares what topics hold with what a log says: every record of theirs is a leaf, or is on the auditor's desk; every leaf
 * whose topic has to hold its record is there. Leaves and records are put side by side on disk, by digest, and compared
 * file by file: the memory is that of `RecordFiles`, whatever their number. The log is recomputed on the way: what is compared is
 * what the checkpoint's signature covers.
 * @throws HubError `AUDIT_COPY_EMPTY`, `AUDIT_INTERRUPTED`, `LOG_TILE_INVALID`, `LOG_TILE_MISSING`, `LOG_ENTRY_MALFORMED`,
 *   those of `judgeCheckpoint`, and what `read` and the topics throw
 */
export async function compareTopics(settings: CompareSettings): Promise<TopicsReport> {
  return await new Comparison(settings).run();
}

class Comparison {
  readonly #settings: CompareSettings;
  readonly #findings = new TopicFindings();
  readonly #edge = TileEdge.empty();
  #done = 0;
  #all = 0;
  /** The newest time that a leaf states, milliseconds. */
  #newest = 0;

  constructor(settings: CompareSettings) {
    this.#settings = settings;
  }

  async run(): Promise<TopicsReport> {
    const { openTopics, isEveryTopic, workFolder, now } = this.#settings;
    const head = await this.#head();
    const topics = await openTopics();
    const table = new CompareTable(topics, isEveryTopic);
    const records = topics
      .flatMap(({ ranges }) => ranges)
      .reduce((sum, { from, to }) => sum + Number(to - from), 0);
    this.#all = head.size + records;
    const files = await RecordFiles.create(join(workFolder, 'sightings'), filesFor(this.#all));
    const sides = { table, files };
    await this.#addLeaves(head, sides);
    for (const topic of topics) await this.#addRecords(topic, sides);
    const unlogged = new Unlogged(table, this.#newest);
    const judge = { findings: this.#findings, unlogged, now: now() };
    for await (const sorted of files.sorted()) table.compare(sorted, judge);
    await files.remove();
    await this.#lookAgain(unlogged, head);
    for (const topic of topics) await unlogged.askDesk(topic);
    unlogged.conclude(this.#findings);
    return this.#report(head, table, topics);
  }

  async #head(): Promise<TreeHead & { readonly origin: string }> {
    const note = await this.#settings.read(CHECKPOINT_PATH);
    if (note === undefined) throw new HubError('AUDIT_COPY_EMPTY', 'there is no checkpoint in it');
    return judgeCheckpoint(note, this.#settings.policy).checkpoint;
  }

  async #addLeaves(head: TreeHead, { table, files }: Sides): Promise<void> {
    for await (const { from, entries } of recomputeLog(head, this.#settings.read, this.#edge)) {
      for (const [i, entry] of entries.entries()) {
        const leaf = readLogEntry(entry);
        const time = Date.parse(leaf.time) || 0;
        this.#newest = Math.max(this.#newest, time);
        const { topic, hubClass } = publishedAs(leaf);
        const row = table.leafRow(topic);
        const sighting = { kind: 'leaf', number: from + i, time } as const;
        if (row !== null) await files.add(writeSighting(keyOf(hubClass, leaf.sha256), { ...sighting, row }));
      }
      this.#progress(entries.length);
    }
  }

  async #addRecords(topic: TopicToCompare, sides: Sides): Promise<void> {
    let seen = 0;
    for await (const record of topic.records()) {
      await addRecord(record, sides);
      seen += 1;
      if (seen % LOOK_EVERY === 0) this.#progress(LOOK_EVERY);
    }
    this.#progress(seen % LOOK_EVERY);
  }

  /**
   * What the auditor had handled, and not yet given an index when the checkpoint was made, is in the next one: the log as
   * it is by now is read on from there.
   */
  async #lookAgain(unlogged: Unlogged, before: TreeHead): Promise<void> {
    if (unlogged.isEmpty) return;
    const head = await this.#head();
    if (head.size <= before.size) return;
    for await (const { entries } of recomputeLog(head, this.#settings.read, this.#edge)) {
      for (const entry of entries) {
        const leaf = readLogEntry(entry);
        const { topic, hubClass } = publishedAs(leaf);
        unlogged.found(topic, keyOf(hubClass, leaf.sha256).toString('hex'));
      }
    }
  }

  #progress(more: number): void {
    const { onProgress, signal } = this.#settings;
    this.#done += more;
    onProgress?.(this.#done, this.#all);
    if (signal?.aborted !== true) return;
    throw new HubError('AUDIT_INTERRUPTED', `${this.#done} of ${this.#all} leaves and records were read`);
  }

  #report(
    { origin, size, root }: TreeHead & { readonly origin: string },
    table: CompareTable,
    topics: readonly TopicToCompare[],
  ): TopicsReport {
    const { now } = this.#settings;
    const findings = this.#findings.report();
    return {
      format: TOPICS_REPORT_FORMAT,
      comparedAt: now().toISOString(),
      verdict: findings.total === 0 ? 'same' : 'differs',
      log: { origin, size, root: root.toString('base64') },
      deskAsked: topics.some(({ topic, refused }) => roleOf(topic) === 'source' && refused !== null),
      partitions: table.partitions(),
      topics: table.topics(),
      findings,
    };
  }
}

async function addRecord(record: TopicRecord, { table, files }: Sides): Promise<void> {
  const hubClass = classOf(record);
  const row = table.passed(record, hubClass === null);
  if (hubClass === null) return;
  const [number, time] = [Number(record.offset), record.timestamp.getTime()];
  await files.add(
    writeSighting(keyOf(hubClass, sha256Hex(record.value)), { kind: 'record', row, number, time }),
  );
}
