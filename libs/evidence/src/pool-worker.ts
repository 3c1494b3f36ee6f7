/** What a worker thread does: everything about documents that follows from their bytes alone. */
import { answer, type CheckedKind } from './answer.ts';

/** Documents packed into one block of memory, which is handed over, not copied. */
export interface PoolTask {
  readonly kind: CheckedKind;
  readonly packed: ArrayBuffer;
  /** Length of each document, bytes. */
  readonly lengths: readonly number[];
}

/**
 * @returns an `Answer` for each document, in order, as one JSON text: threads copy a text at once, an object property
 *   by property, and the calling thread pays for reading it
 */
export default function answerTask({ kind, packed, lengths }: PoolTask): string {
  let start = 0;
  const answers = lengths.map((length) => {
    const bytes = Buffer.from(packed, start, length);
    start += length;
    return answer(kind, bytes);
  });
  return JSON.stringify(answers);
}
