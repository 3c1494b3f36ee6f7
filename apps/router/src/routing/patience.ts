import type { IncomingRecord } from '#messaging';

/**
 * How long a record waits for what this router may not have heard of yet (a registry version, a certificate) before it
 * is parked, in milliseconds. The registry's topic is as quick as any other: beyond this, it does not exist.
 */
const BOUND_MS = 15 * 60_000;

/**
 * Counts from the first time that this process met a record, not from when it was written: a router that was down for
 * an hour may have an hour's registry entries to read first.
 */
export class Patience {
  readonly #since = new Map<string, number>();

  /** True while the record may be tried again. */
  mayWait(record: Pick<IncomingRecord, 'topic' | 'partition' | 'offset'>, now: Date): boolean {
    const key = `${record.topic}/${record.partition}/${record.offset}`;
    const since = this.#since.get(key) ?? now.getTime();
    this.#since.set(key, since);
    this.#forget(now.getTime() - 2 * BOUND_MS);
    return now.getTime() - since < BOUND_MS;
  }

  /** One record of each partition waits at a time, so this is short; what has long been judged need not be kept. */
  #forget(before: number): void {
    for (const [key, since] of this.#since) if (since < before) this.#since.delete(key);
  }
}
