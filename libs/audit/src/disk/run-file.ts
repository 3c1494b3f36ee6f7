/** A file of records in order, 32 bytes each, that is written once and searched in by their first bytes. */
import { open, type FileHandle } from 'node:fs/promises';
import { RECORD_BYTES, recordsIn } from './record-files.ts';

/** What is read at a time, records. */
const WINDOW = 2_048;
/** By how many of its first bytes the place of a record is guessed. */
const GUESSED_BYTES = 6;
const HIGHEST = 2 ** (8 * GUESSED_BYTES);
/** How often a place is guessed, before halving gives it for certain. */
const GUESSES = 4;

/** Pieces of records in order, one behind the other. */
export type OrderedRecords = AsyncIterable<Buffer> | Iterable<Buffer>;

/** The records of a run, piece by piece. @throws the system's errors */
export async function* readRun(path: string, count: number): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    for (let from = 0; from < count; from += WINDOW)
      yield await readRecords(file, from, Math.min(WINDOW, count - from));
  } finally {
    await file.close();
  }
}

/** Two runs as one. */
export async function* mergeRuns(a: OrderedRecords, b: OrderedRecords): AsyncGenerator<Buffer> {
  const [one, other] = [new Cursor(a), new Cursor(b)];
  try {
    await Promise.all([one.fill(), other.fill()]);
    while (one.left > 0 && other.left > 0) {
      yield merged(one, other);
      await (one.left === 0 ? one : other).fill();
    }
    for (const rest of [one, other]) {
      while (rest.left > 0) {
        yield rest.piece.subarray(rest.at);
        await rest.fill();
      }
    }
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}

/** What is in front until one of them has to be filled again. */
function merged(one: Cursor, other: Cursor): Buffer {
  const into = Buffer.allocUnsafe(one.left + other.left);
  let length = 0;
  while (one.left > 0 && other.left > 0) {
    const next = compareAt(one.piece, one.at, other.piece, other.at) <= 0 ? one : other;
    length += next.piece.copy(into, length, next.at, next.at + RECORD_BYTES);
    next.at += RECORD_BYTES;
  }
  return into.subarray(0, length);
}

/** Looks for records by how they begin, the first in order before the next: a run is never read twice for one search. */
export class RunSearch {
  readonly #file: FileHandle;
  readonly #count: number;
  /** All records in front of this one come before what is looked for. */
  #low = 0;
  #window: Buffer = Buffer.alloc(0);
  #windowFrom = 0;

  private constructor(file: FileHandle, count: number) {
    this.#file = file;
    this.#count = count;
  }

  static async open(path: string, count: number): Promise<RunSearch> {
    return new RunSearch(await open(path, 'r'), count);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /**
   * The first record that begins so, of what was read last: ask for what it does not hold (`holds`) to be read before (`approach`).
   * @param prefix not before the last one
   */
  first(prefix: Buffer): Buffer | undefined {
    const at = this.#inWindow(prefix);
    this.#low = this.#windowFrom + at;
    const from = at * RECORD_BYTES;
    if (from === this.#window.length || comparePrefix(this.#window, from, prefix) !== 0) return undefined;
    return this.#window.subarray(from, from + RECORD_BYTES);
  }

  /** Whether the window that was read last has the first record that is not before it. */
  holds(prefix: Buffer): boolean {
    const { length } = this.#window;
    if (length === 0 || this.#low < this.#windowFrom) return false;
    const isLast = this.#windowFrom + length / RECORD_BYTES === this.#count;
    return isLast || comparePrefix(this.#window, length - RECORD_BYTES, prefix) >= 0;
  }

  /**
   * Reads windows until one holds it. Digests are spread evenly, so that the place is guessed, and hardly ever wrong twice.
   * @throws the system's errors
   */
  async approach(prefix: Buffer): Promise<void> {
    const wanted = prefix.readUIntBE(0, GUESSED_BYTES);
    let [low, high] = [this.#low, this.#count];
    let [lowest, highest] = [0, HIGHEST];
    for (let guesses = 0; high - low > WINDOW; guesses += 1) {
      const share = guesses < GUESSES && highest > lowest ? (wanted - lowest) / (highest - lowest) : 0.5;
      const guessed = low + Math.floor(share * (high - low)) - WINDOW / 2;
      await this.#load(Math.max(low, Math.min(guessed, high - WINDOW)), WINDOW);
      const last = this.#window.length - RECORD_BYTES;
      if (comparePrefix(this.#window, last, prefix) < 0) {
        low = this.#windowFrom + WINDOW;
        lowest = this.#window.readUIntBE(last, GUESSED_BYTES);
      } else if (comparePrefix(this.#window, 0, prefix) >= 0 && this.#windowFrom > low) {
        high = this.#windowFrom + 1;
        highest = this.#window.readUIntBE(0, GUESSED_BYTES);
      } else {
        this.#low = low;
        return;
      }
    }
    this.#low = low;
    await this.#load(low, high - low);
  }

  async #load(from: number, count: number): Promise<void> {
    this.#window = await readRecords(this.#file, from, count);
    this.#windowFrom = from;
  }

  /** The first record of the window that is not before it; behind its last if there is none. */
  #inWindow(prefix: Buffer): number {
    let low = Math.max(0, this.#low - this.#windowFrom);
    let high = this.#window.length / RECORD_BYTES;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comparePrefix(this.#window, middle * RECORD_BYTES, prefix) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Where a merge is in one of its runs. */
class Cursor {
  piece: Buffer = Buffer.alloc(0);
  at = 0;
  readonly #pieces: AsyncIterator<Buffer> | Iterator<Buffer>;

  constructor(run: OrderedRecords) {
    this.#pieces = Symbol.asyncIterator in run ? run[Symbol.asyncIterator]() : run[Symbol.iterator]();
  }

  /** Bytes of the piece that were not taken. */
  get left(): number {
    return this.piece.length - this.at;
  }

  /** The next piece; an empty one behind the last. */
  async fill(): Promise<void> {
    const next = await this.#pieces.next();
    this.piece = next.done === true ? Buffer.alloc(0) : next.value;
    this.at = 0;
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}

/** Records that lie one behind the other in any order, in order. */
export function* sortedRecords(records: Buffer): Generator<Buffer> {
  const all = recordsIn(records).sort((a, b) => compareAt(a, 0, b, 0));
  for (let from = 0; from < all.length; from += WINDOW) yield Buffer.concat(all.slice(from, from + WINDOW));
}

/** Two records. Most differ in their first bytes, and a number is compared in no time. */
function compareAt(a: Buffer, i: number, b: Buffer, j: number): number {
  const difference = a.readUInt32BE(i) - b.readUInt32BE(j);
  if (difference !== 0) return difference;
  return a.compare(b, j, j + RECORD_BYTES, i, i + RECORD_BYTES);
}

/** A record's beginning with a prefix of four bytes or more. */
function comparePrefix(records: Buffer, at: number, prefix: Buffer): number {
  const difference = records.readUInt32BE(at) - prefix.readUInt32BE(0);
  if (difference !== 0) return difference;
  return records.compare(prefix, 0, prefix.length, at, at + prefix.length);
}

async function readRecords(file: FileHandle, from: number, count: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(count * RECORD_BYTES);
  if (count === 0) return buffer;
  const { bytesRead } = await file.read(buffer, 0, buffer.length, from * RECORD_BYTES);
  if (bytesRead === buffer.length) return buffer;
  throw new Error(`a file of records ends within record ${from + Math.floor(bytesRead / RECORD_BYTES)}`);
}
