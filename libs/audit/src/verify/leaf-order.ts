/** What can be said of all leaves together: each once, each decision with its event, positions without a gap. */
import { join } from 'node:path';
import { readBundle, readLogEntry, TILE_WIDTH, type ReadLogFile } from '#tlog';
import type { Findings } from './findings.ts';
import { CLASS_BYTES, indexOf, KEY_BYTES, kindOf, positionOf, type LeafRecords } from './leaf-records.ts';
import { EVENT_IS_NO_LEAF, leafTwice, positionsMissing, positionTwice } from './order-words.ts';
import { filesFor, RecordFiles } from '../disk/record-files.ts';

/**
 * Of two documents that belong together the log may have read one and not yet the other: at its end, this long,
 * milliseconds. Its topics are read at the same time, with a pause of seconds at most.
 */
const SETTLED_MS = 600_000;
/** Leaves that are looked at again to tell whether they are among the newest. */
const LOOKED_AT_AGAIN = 1_000;

/** The lengths of all files, to resume from. */
export interface OrderFiles {
  readonly keys: readonly number[];
  readonly positions: readonly number[];
}

/** What leaves are judged by, beside what was gathered. */
export interface JudgedBy {
  /** Of the log, and its files: to look at leaves again. */
  readonly size: number;
  readonly read: ReadLogFile;
  readonly onCompared?: ((done: number, of: number) => void) | undefined;
}

/**
 * Gathers what each leaf is found by, on disk, since the memory of the machine is smaller than a log. What is compared is
 * 128 bits of a SHA-256: nobody finds two ids that are the same in these.
 */
export class LeafOrder {
  readonly #keys: RecordFiles;
  readonly #positions: RecordFiles;
  /** The newest time that an entry states. */
  #newest: number;

  private constructor(keys: RecordFiles, positions: RecordFiles, newest: number) {
    this.#keys = keys;
    this.#positions = positions;
    this.#newest = newest;
  }

  /** @param size of the log: it decides how many files there are */
  static async create(folder: string, size: number): Promise<LeafOrder> {
    const files = filesFor(size);
    return new LeafOrder(
      await RecordFiles.create(join(folder, 'keys'), files),
      await RecordFiles.create(join(folder, 'positions'), files),
      0,
    );
  }

  static async resume(folder: string, { keys, positions }: OrderFiles, newest: number): Promise<LeafOrder> {
    return new LeafOrder(
      await RecordFiles.resume(join(folder, 'keys'), keys),
      await RecordFiles.resume(join(folder, 'positions'), positions),
      newest,
    );
  }

  get newest(): number {
    return this.#newest;
  }

  async add({ newest, keys, positions }: LeafRecords): Promise<void> {
    this.#newest = Math.max(this.#newest, newest);
    await this.#keys.add(keys);
    await this.#positions.add(positions);
  }

  async flush(): Promise<OrderFiles> {
    return { keys: await this.#keys.flush(), positions: await this.#positions.flush() };
  }

  /** Judges all that was gathered. @param onCompared told of how many records are compared, and of how many */
  async judge(findings: Findings, { size, read, onCompared }: JudgedBy): Promise<void> {
    const isRecent = this.#recency(size, read);
    const all = this.#keys.size + this.#positions.size;
    let done = 0;
    const tell = (records: readonly Buffer[]): void => {
      done += records.length;
      onCompared?.(done, all);
    };
    for await (const records of this.#keys.sorted()) {
      for (const group of groups(records)) await judgeKey(group, findings, isRecent);
      tell(records);
    }
    for await (const records of this.#positions.sorted()) {
      for (const group of groups(records)) await judgePositions(group, findings, isRecent);
      tell(records);
    }
  }

  async remove(): Promise<void> {
    await Promise.all([this.#keys.remove(), this.#positions.remove()]);
  }

  /** Whether a leaf is so new that what belongs to it may still be on its way. */
  #recency(size: number, read: ReadLogFile): (index: number) => Promise<boolean> {
    let looked = 0;
    return async (index) => {
      looked += 1;
      if (looked > LOOKED_AT_AGAIN) return false;
      const bundle = Math.floor(index / TILE_WIDTH);
      const width = Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH);
      const entry = (await readBundle({ index: bundle, width }, read))[index % TILE_WIDTH];
      return entry !== undefined && this.#newest - Date.parse(readLogEntry(entry).time) < SETTLED_MS;
    };
  }
}

type IsRecent = (index: number) => Promise<boolean>;

/** Neighbours with one key. */
function* groups(sorted: readonly Buffer[]): Generator<readonly Buffer[]> {
  let group: Buffer[] = [];
  for (const record of sorted) {
    const [first] = group;
    if (first !== undefined && first.compare(record, 0, KEY_BYTES, 0, KEY_BYTES) !== 0) {
      yield group;
      group = [];
    }
    group.push(record);
  }
  if (group.length > 0) yield group;
}

async function judgeKey(group: readonly Buffer[], findings: Findings, isRecent: IsRecent): Promise<void> {
  group.forEach((record, i) => {
    const before = group[i - 1];
    const isDouble =
      before?.compare(record, KEY_BYTES, KEY_BYTES + CLASS_BYTES, KEY_BYTES, KEY_BYTES + CLASS_BYTES) === 0;
    if (isDouble) findings.add('order', 'AUDIT_LEAF_TWICE', indexOf(record), leafTwice(indexOf(before)));
  });
  const decision = group.find((record) => kindOf(record) === 'decision');
  const event = group.find((record) => kindOf(record) === 'event');
  if (event !== undefined && decision === undefined) findings.note('event-without-decision', indexOf(event));
  if (decision === undefined || event !== undefined) return;
  const index = indexOf(decision);
  if (await isRecent(index)) findings.note('not-settled', index);
  else findings.add('order', 'AUDIT_DECISION_WITHOUT_EVENT', index, EVENT_IS_NO_LEAF);
}

async function judgePositions(
  group: readonly Buffer[],
  findings: Findings,
  isRecent: IsRecent,
): Promise<void> {
  let last = 0;
  for (const record of group) {
    const [position, index] = [positionOf(record), indexOf(record)];
    if (position === last) {
      findings.add('order', 'AUDIT_POSITION_TWICE', index, positionTwice(position));
    } else if (position > last + 1) {
      if (await isRecent(index)) findings.note('not-settled', index);
      else findings.add('order', 'AUDIT_POSITION_GAP', index, positionsMissing(last + 1, position - 1));
    }
    last = position;
  }
}
