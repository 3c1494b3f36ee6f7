import { createHash } from 'node:crypto';
import { bundlesOfGrowth, entriesPath, formatBundle, TileEdge, tilePath, type ReadLogFile } from './index.ts';
import { ENTRIES, LEAVES } from './reference-vectors.fixture.ts';

/** A log's files in memory, written as a log writes them: growth by growth. */
export class LogDirectory {
  readonly files = new Map<string, Buffer>();
  readonly #edge = TileEdge.empty();

  /** The log of the first `size` entries, grown through `steps` (sizes in rising order). */
  static of(size: number, ...steps: number[]): LogDirectory {
    const log = new LogDirectory();
    for (const step of [...steps, size]) log.#growTo(step);
    return log;
  }

  get root(): Buffer {
    return this.#edge.root();
  }

  readonly read: ReadLogFile = (path) => Promise.resolve(this.files.get(path));

  #growTo(size: number): void {
    for (const bundle of bundlesOfGrowth(this.#edge.size, size)) {
      const from = bundle.index * 256;
      this.files.set(entriesPath(bundle), formatBundle(ENTRIES.slice(from, from + bundle.width)));
    }
    for (const { tile, bytes } of this.#edge.grow(LEAVES.slice(this.#edge.size, size))) {
      this.files.set(tilePath(tile), bytes);
    }
  }
}

export function sha256(...parts: readonly (Buffer | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** A copy with one bit changed. */
export function flipBit(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  const at = Math.floor(bit / 8) % copy.length;
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << (bit % 8)), at);
  return copy;
}
