/** What can be said of all leaves together: each once, each decision with its event, positions without a gap. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readBundle, readLogEntry, TILE_WIDTH, type LogEntry, type ReadLogFile } from '#tlog';
import type { Findings } from './findings.ts';
import { filesFor, RECORD_BYTES, RecordFiles } from './record-files.ts';

/**
 * Of two documents that belong together the log may have read one and not yet the other: at its end, this long,
 * milliseconds. Its topics are read at the same time, with a pause of seconds at most.
 */
const SETTLED_MS = 600_000;
/** Leaves that are looked at again to tell whether they are among the newest. */
const LOOKED_AT_AGAIN = 1_000;

const KEY_BYTES = 16;
const CLASS_BYTES = 8;
const NUMBER_BYTES = 6;

type Kind = LogEntry['kind'];
const KINDS: readonly Kind[] = ['event', 'decision', 'receipt', 'action', 'registry', 'access'];

/** The lengths of all files, to resume from. */
export interface OrderFiles {
  readonly keys: readonly number[];
  readonly positions: readonly number[];
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

  async add(index: number, leaf: LogEntry): Promise<void> {
    this.#newest = Math.max(this.#newest, Date.parse(leaf.time) || 0);
    await this.#keys.add(keyRecord(index, leaf));
    if (leaf.kind === 'decision' && leaf.position !== null)
      await this.#positions.add(positionRecord(index, leaf.position, leaf.practice));
  }

  async flush(): Promise<OrderFiles> {
    return { keys: await this.#keys.flush(), positions: await this.#positions.flush() };
  }

  /** Judges all that was gathered. */
  async judge(findings: Findings, size: number, read: ReadLogFile): Promise<void> {
    const isRecent = this.#recency(size, read);
    for await (const records of this.#keys.sorted()) {
      for (const group of groups(records)) await judgeKey(group, findings, isRecent);
    }
    for await (const records of this.#positions.sorted()) {
      for (const group of groups(records)) await judgePositions(group, findings, isRecent);
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

/** (author, event id), what tells one leaf about it from another, kind, index. */
function keyRecord(index: number, leaf: LogEntry): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  // Of the registry there is one entry of a number, whoever signed it.
  const author = leaf.kind === 'registry' ? '' : leaf.author.toLowerCase();
  digestOf(author, leaf.eventId).copy(record, 0, 0, KEY_BYTES);
  // A receipt is one of its kind and of its speaker; IPA codes compare without regard to letter case.
  const about = leaf.kind === 'receipt' ? [leaf.by.toLowerCase(), leaf.type] : [];
  digestOf(leaf.kind, ...about).copy(record, KEY_BYTES, 0, CLASS_BYTES);
  record.writeUInt8(KINDS.indexOf(leaf.kind), KEY_BYTES + CLASS_BYTES);
  record.writeUIntBE(index, RECORD_BYTES - NUMBER_BYTES, NUMBER_BYTES);
  return record;
}

function positionRecord(
  index: number,
  position: number,
  practice: { readonly owner: string; readonly uuid: string },
): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  digestOf(practice.owner.toLowerCase(), practice.uuid).copy(record, 0, 0, KEY_BYTES);
  record.writeUIntBE(position, KEY_BYTES, NUMBER_BYTES);
  record.writeUIntBE(index, RECORD_BYTES - NUMBER_BYTES, NUMBER_BYTES);
  return record;
}

function digestOf(...parts: readonly string[]): Buffer {
  return createHash('sha256').update(parts.join('\n')).digest();
}

function indexOf(record: Buffer): number {
  return record.readUIntBE(RECORD_BYTES - NUMBER_BYTES, NUMBER_BYTES);
}

function kindOf(record: Buffer): Kind | undefined {
  return KINDS[record.readUInt8(KEY_BYTES + CLASS_BYTES)];
}

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
    if (isDouble)
      findings.add(
        'order',
        'AUDIT_LEAF_TWICE',
        indexOf(record),
        `leaf ${indexOf(before)} is about the same, in the same part`,
      );
  });
  const decision = group.find((record) => kindOf(record) === 'decision');
  const event = group.find((record) => kindOf(record) === 'event');
  if (event !== undefined && decision === undefined) findings.note('event-without-decision', indexOf(event));
  if (decision === undefined || event !== undefined) return;
  const index = indexOf(decision);
  if (await isRecent(index)) findings.note('not-settled', index);
  else findings.add('order', 'AUDIT_DECISION_WITHOUT_EVENT', index, 'the event that it is about is no leaf');
}

async function judgePositions(
  group: readonly Buffer[],
  findings: Findings,
  isRecent: IsRecent,
): Promise<void> {
  let last = 0;
  for (const record of group) {
    const [position, index] = [record.readUIntBE(KEY_BYTES, NUMBER_BYTES), indexOf(record)];
    if (position === last) {
      findings.add(
        'order',
        'AUDIT_POSITION_TWICE',
        index,
        `position ${position} was given to another event, too`,
      );
    } else if (position > last + 1) {
      const missing =
        position === last + 2 ? `position ${last + 1}` : `positions ${last + 1} to ${position - 1}`;
      if (await isRecent(index)) findings.note('not-settled', index);
      else
        findings.add(
          'order',
          'AUDIT_POSITION_GAP',
          index,
          `${missing} of its practice: no decision in the log`,
        );
    }
    last = position;
  }
}
