/** Bytes to write a request into, used again for the next one: what is thrown away each time costs garbage collections. */
const STEP = 256 * 1024;
/** The largest request (8 MiB of records) and what is around it; larger ones are not kept. */
const KEPT = 9 * 1024 * 1024;

export class SpareBuffer {
  #spare: Buffer | undefined;

  /** A buffer of at least so many bytes, with whatever was in it before. */
  take(size: number): Buffer {
    const spare = this.#spare;
    if (spare !== undefined && spare.length >= size) {
      this.#spare = undefined;
      return spare;
    }
    return Buffer.allocUnsafeSlow(Math.ceil(size / STEP) * STEP);
  }

  /** Gives back a buffer that nobody reads any more. One is kept. */
  give(buffer: Buffer): void {
    if (buffer.length <= KEPT && buffer.length >= (this.#spare?.length ?? 0)) this.#spare = buffer;
  }
}
