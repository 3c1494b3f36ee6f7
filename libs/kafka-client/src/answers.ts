/**
 * Puts a broker's answers together from what its connection brings, each with its length before it. kafkajs keeps the
 * pieces and then copies them into one; here a piece is copied once, and may be overwritten by the next.
 */
const LENGTH = 4;
/** More than any fetch asks for. What says that it is longer is no answer of a broker. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export class Answers {
  readonly #length = Buffer.alloc(LENGTH);
  #lengthRead = 0;
  #answer: Buffer | undefined;
  #read = 0;

  /** Takes a piece, and gives the answers that it ends. @throws RangeError if it is no broker that answers */
  take(piece: Buffer): Buffer[] {
    const ended: Buffer[] = [];
    for (let at = 0; at < piece.length;) {
      if (this.#answer === undefined) {
        const copied = piece.copy(this.#length, this.#lengthRead, at);
        at += copied;
        this.#lengthRead += copied;
        if (this.#lengthRead < LENGTH) return ended;
        const length = this.#length.readInt32BE();
        if (length < 0 || length > MAX_ANSWER_BYTES) throw new RangeError(`an answer of ${length} bytes`);
        this.#answer = Buffer.allocUnsafeSlow(length);
      }
      const copied = piece.copy(this.#answer, this.#read, at);
      at += copied;
      this.#read += copied;
      if (this.#read < this.#answer.length) return ended;
      ended.push(this.#answer);
      this.#answer = undefined;
      this.#lengthRead = 0;
      this.#read = 0;
    }
    return ended;
  }
}
