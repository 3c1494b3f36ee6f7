import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SortedRuns } from '../disk/sorted-runs.ts';

const DIGEST_BYTES = 32;
/** Digests that are gathered before they go to a file. */
const GATHERED = 65_536;

/** One digest over all states, in whatever order they come. Of more than memory should hold, they lie in files. */
export class StateDigests {
  readonly #folder: string;
  readonly #gathered: Buffer;
  #count = 0;
  #added = 0;
  #files: { readonly folder: string; readonly runs: SortedRuns } | undefined;

  /** @param options `folder` under which files are made; `gathered`: how many are kept in memory, for specs */
  constructor({
    folder = tmpdir(),
    gathered = GATHERED,
  }: {
    readonly folder?: string | undefined;
    readonly gathered?: number;
  }) {
    this.#folder = folder;
    this.#gathered = Buffer.alloc(gathered * DIGEST_BYTES);
  }

  /** @param digest SHA-256 of what a practice's state is */
  async add(digest: Buffer): Promise<void> {
    digest.copy(this.#gathered, this.#count * DIGEST_BYTES);
    this.#count += 1;
    if (this.#count * DIGEST_BYTES === this.#gathered.length) await this.#flush();
  }

  /** SHA-256 over all of them in order, hexadecimal: the same whenever the states are. */
  async total(): Promise<string> {
    if (this.#count > 0) await this.#flush();
    const total = createHash('sha256');
    for await (const digests of this.#files?.runs.all() ?? []) total.update(digests);
    return total.digest('hex');
  }

  /** Removes the files. */
  async close(): Promise<void> {
    if (this.#files !== undefined) await rm(this.#files.folder, { recursive: true, force: true });
  }

  async #flush(): Promise<void> {
    if (this.#files === undefined) {
      const folder = await mkdtemp(join(this.#folder, 'reset-hub-states-'));
      this.#files = { folder, runs: await SortedRuns.open(folder) };
    }
    const { runs } = this.#files;
    const range = { from: this.#added, to: this.#added + this.#count };
    await runs.add(this.#gathered.subarray(0, this.#count * DIGEST_BYTES), range);
    await runs.removeOthers();
    this.#added = range.to;
    this.#count = 0;
  }
}
