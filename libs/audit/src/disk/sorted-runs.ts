import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RECORD_BYTES } from './record-files.ts';
import { mergeRuns, readRun, RunSearch, sortedRecords, type OrderedRecords } from './run-file.ts';
import { keepWhole } from './whole-file.ts';

/** A run that was kept: its file follows from the numbers between which its records were added. */
export interface StoredRun {
  readonly from: number;
  readonly to: number;
  /** Records in it. */
  readonly count: number;
}

/**
 * Records of which there are more than memory holds, that come over years and are searched all the time: in files that are
 * sorted and never changed. What is added is a new one, merged with those before it that are not larger, so that there are about
 * as many as the logarithm of their records, and each record is written as often. Which files count, the one who uses them keeps (`stored`):
 * whatever ends a process, what was kept is there, and what was written since is nothing.
 */
export class SortedRuns {
  readonly #folder: string;
  /** The oldest, which is the largest, first. */
  #runs: readonly StoredRun[];

  private constructor(folder: string, runs: readonly StoredRun[]) {
    this.#folder = folder;
    this.#runs = runs;
  }

  /** Goes on from what was kept. @throws an error if it is not there any more, and the system's */
  static async open(folder: string, runs: readonly StoredRun[] = []): Promise<SortedRuns> {
    await mkdir(folder, { recursive: true });
    for (const run of runs) {
      const { size } = await stat(join(folder, nameOf(run)));
      if (size !== run.count * RECORD_BYTES)
        throw new Error(`${nameOf(run)} has ${size} bytes, and not ${run.count} records`);
    }
    const opened = new SortedRuns(folder, runs);
    await opened.removeOthers();
    return opened;
  }

  /** What to go on from, once it is kept. */
  get stored(): readonly StoredRun[] {
    return this.#runs;
  }

  /**
   * Adds records, on the disk when it ends. Files that it takes the place of stay, until `removeOthers`.
   * @param records one behind the other, in any order, beginning with a digest
   * @param range numbers that no other records were added under, and that follow those before
   */
  async add(records: Buffer, range: { readonly from: number; readonly to: number }): Promise<void> {
    if (records.length === 0) return;
    const before = [...this.#runs];
    let { from } = range;
    let count = records.length / RECORD_BYTES;
    let pieces: OrderedRecords = sortedRecords(records);
    for (let last = before.at(-1); last !== undefined && last.count <= count; last = before.at(-1)) {
      pieces = mergeRuns(this.#read(last), pieces);
      count += last.count;
      ({ from } = last);
      before.pop();
    }
    const run = { from, to: range.to, count };
    await keepWhole(join(this.#folder, nameOf(run)), pieces);
    this.#runs = [...before, run];
  }

  /**
   * Of the records that begin so the first in order, for each of what is looked for; undefined where there is none.
   * @param prefixes in order, of six bytes or more
   */
  async first(prefixes: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    const found: (Buffer | undefined)[] = prefixes.map(() => undefined);
    if (prefixes.length === 0) return found;
    for (const run of this.#runs) {
      const search = await RunSearch.open(join(this.#folder, nameOf(run)), run.count);
      try {
        for (const [i, prefix] of prefixes.entries()) {
          // Most are where the one before was: nothing to wait for.
          if (!search.holds(prefix)) await search.approach(prefix);
          const one = search.first(prefix);
          const before = found[i];
          if (one !== undefined && (before === undefined || one.compare(before) < 0))
            found[i] = Buffer.from(one);
        }
      } finally {
        await search.close();
      }
    }
    return found;
  }

  /** All records in order, piece by piece. */
  async *all(): AsyncGenerator<Buffer> {
    let pieces: OrderedRecords = [];
    for (const run of this.#runs.toReversed()) pieces = mergeRuns(pieces, this.#read(run));
    yield* pieces;
  }

  /** Removes what is not of `stored`: once it is kept, nobody goes on from that. */
  async removeOthers(): Promise<void> {
    const own = new Set(this.#runs.map(nameOf));
    for (const name of await readdir(this.#folder))
      if (!own.has(name)) await rm(join(this.#folder, name), { force: true });
  }

  #read(run: StoredRun): AsyncGenerator<Buffer> {
    return readRun(join(this.#folder, nameOf(run)), run.count);
  }
}

function nameOf({ from, to }: StoredRun): string {
  return `${from}-${to}.run`;
}
