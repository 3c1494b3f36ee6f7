/** Larger ones are not kept: one odd batch must not hold its memory for ever. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024;

/**
 * Large buffers that are used again. Each new one counts as memory outside of the heap, and a few dozen megabytes of it make
 * V8 collect everything, however little is in the heap.
 */
export class SpareBuffers {
  readonly #most: number;
  readonly #spare: ArrayBuffer[] = [];

  /** @param most kept at a time */
  constructor(most: number) {
    this.#most = most;
  }

  /** A buffer of exactly `size` bytes, with whatever was in it before. It is the caller's until it is given back. */
  take(size: number): Buffer<ArrayBuffer> {
    const fits = this.#spare.findIndex(({ byteLength }) => byteLength >= size);
    const [found] = fits < 0 ? [] : this.#spare.splice(fits, 1);
    // A quarter more, so that the next batch, which is never of the same size, fits too.
    return Buffer.from(found ?? new ArrayBuffer(Math.ceil(size * 1.25)), 0, size);
  }

  /** Gives back what was taken; nobody may read or write it from now on. */
  give(taken: Buffer<ArrayBuffer>): void {
    const { buffer } = taken;
    if (buffer.byteLength > MAX_KEPT_BYTES) return;
    // Of many, the small ones go: they fit the fewest.
    this.#spare.push(buffer);
    this.#spare.sort((a, b) => a.byteLength - b.byteLength);
    if (this.#spare.length > this.#most) this.#spare.shift();
  }
}
