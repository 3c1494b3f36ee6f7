import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemCode } from '#errors';

/** What is put aside in memory before it goes to a file, characters of JSON. */
const BUFFERED = 33_554_432;
/** Entries of the log for each partition: its events and decisions take some tens of MB once they are read back. */
const ENTRIES_EACH = 10_000;
const MOST = 65_536;

export interface PartitionsOptions {
  /** Entries that are expected: it decides into how many parts they go. */
  readonly expected: number;
  /** Folder under which files are made when memory does not do; the system's for temporary files unless given. */
  readonly folder?: string | undefined;
  /** Characters kept in memory in all; for specs. */
  readonly buffered?: number;
}

/**
 * Records put aside by a key, and read back together by key, in the order in which they came: a log has the events of a
 * practice far apart, and a state is folded from all of them. Bounded in memory: what is more than `BUFFERED` lies in
 * files, and one part of the keys is read at a time.
 */
export class Partitions<Value> {
  readonly #parts: string[][];
  readonly #folder: string;
  readonly #most: number;
  #files: string | undefined;
  #buffered = 0;
  #size = 0;

  constructor({ expected, folder = tmpdir(), buffered = BUFFERED }: PartitionsOptions) {
    const parts = Math.min(MOST, Math.max(1, Math.ceil(expected / ENTRIES_EACH)));
    this.#parts = Array.from({ length: parts }, () => []);
    this.#folder = folder;
    this.#most = buffered;
  }

  /** How many were put aside. */
  get size(): number {
    return this.#size;
  }

  async add(key: string, value: Value): Promise<void> {
    const line = JSON.stringify([key, value]);
    this.#parts[this.#partOf(key)]?.push(line);
    this.#buffered += line.length;
    this.#size += 1;
    if (this.#buffered > this.#most) await this.#flush();
  }

  /** Every key with its values, one part of the keys after another. */
  async *groups(): AsyncGenerator<readonly [key: string, values: Value[]]> {
    for (const [part, lines] of this.#parts.entries()) {
      const groups = new Map<string, Value[]>();
      const take = (line: string): void => {
        const [key, value] = JSON.parse(line) as [string, Value];
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [value]);
        else group.push(value);
      };
      if (this.#files !== undefined) await eachLine(fileOf(this.#files, part), take);
      for (const line of lines) take(line);
      yield* [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
    }
  }

  /** Removes the files. */
  async close(): Promise<void> {
    if (this.#files !== undefined) await rm(this.#files, { recursive: true, force: true });
  }

  async #flush(): Promise<void> {
    this.#files ??= await mkdtemp(join(this.#folder, 'reset-hub-replay-'));
    for (const [part, lines] of this.#parts.entries()) {
      if (lines.length === 0) continue;
      await appendFile(fileOf(this.#files, part), `${lines.join('\n')}\n`, { mode: 0o600 });
      lines.length = 0;
    }
    this.#buffered = 0;
  }

  #partOf(key: string): number {
    return createHash('sha256').update(key).digest().readUInt32BE() % this.#parts.length;
  }
}

function fileOf(folder: string, part: number): string {
  return join(folder, `${part}.jsonl`);
}

async function eachLine(path: string, take: (line: string) => void): Promise<void> {
  const file = createReadStream(path, { encoding: 'utf8' });
  try {
    for await (const line of createInterface({ input: file, crlfDelay: Infinity })) take(line);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
