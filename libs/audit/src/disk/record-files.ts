import { appendFile, mkdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of a record: what it is found by comes first. */
export const RECORD_BYTES = 32;

/** Records that one file is meant to have: sorting them takes some 20 MB. */
const RECORDS_A_FILE = 65_536;
const MOST_FILES = 65_536;
/** What is gathered before it is written, bytes. */
const GATHERED_BYTES = 4_194_304;

/** How many files a log of that size needs, a power of two. */
export function filesFor(size: number): number {
  const needed = Math.max(1, size / RECORDS_A_FILE);
  return Math.min(MOST_FILES, 2 ** Math.ceil(Math.log2(needed)));
}

/** Records that lie one behind the other. */
export function recordsIn(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.floor(bytes.length / RECORD_BYTES) }, (_, i) =>
    bytes.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES),
  );
}

/**
 * Records of which there are more than memory holds, in files by the first bits of the record: equal ones are in one
 * file, and a file can be sorted in memory. That is how doubles and gaps are found in a log of any size.
 */
export class RecordFiles {
  readonly #folder: string;
  /** By file. */
  readonly #gathered: Buffer[][];
  readonly #lengths: number[];
  #bytes = 0;

  private constructor(folder: string, lengths: readonly number[]) {
    this.#folder = folder;
    this.#lengths = [...lengths];
    this.#gathered = lengths.map(() => []);
  }

  /** Empty ones, in a folder of their own; what was there goes. */
  static async create(folder: string, files: number): Promise<RecordFiles> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return new RecordFiles(
      folder,
      Array.from({ length: files }, () => 0),
    );
  }

  /** Goes on from what `flush` has told: what was written afterwards is cut off. @throws the system's errors */
  static async resume(folder: string, lengths: readonly number[]): Promise<RecordFiles> {
    const files = new RecordFiles(folder, lengths);
    for (const [n, length] of lengths.entries()) if (length > 0) await truncate(files.#path(n), length);
    return files;
  }

  /** How many records there are. */
  get size(): number {
    const written = this.#lengths.reduce((sum, length) => sum + length, 0);
    return (written + this.#bytes) / RECORD_BYTES;
  }

  /** @param records one behind the other, each beginning with a digest; they must not change afterwards */
  async add(records: Buffer): Promise<void> {
    for (let at = 0; at < records.length; at += RECORD_BYTES) {
      const file = records.readUInt16BE(at) % this.#lengths.length;
      this.#gathered[file]?.push(records.subarray(at, at + RECORD_BYTES));
    }
    this.#bytes += records.length;
    if (this.#bytes >= GATHERED_BYTES) await this.flush();
  }

  /** Writes what was gathered. @returns the length of each file, to resume from */
  async flush(): Promise<readonly number[]> {
    for (const [n, records] of this.#gathered.entries()) {
      if (records.length === 0) continue;
      const length = this.#lengths[n] ?? 0;
      await appendFile(this.#path(n), Buffer.concat(records));
      this.#lengths[n] = length + records.length * RECORD_BYTES;
      records.length = 0;
    }
    this.#bytes = 0;
    return [...this.#lengths];
  }

  /** The records of one file after the other, each file's in order. */
  async *sorted(): AsyncGenerator<readonly Buffer[]> {
    await this.flush();
    for (const [n, length] of this.#lengths.entries()) {
      if (length === 0) continue;
      yield recordsIn(await readFile(this.#path(n))).sort((a, b) => Buffer.compare(a, b));
    }
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  #path(file: number): string {
    return join(this.#folder, `${file}.records`);
  }
}
