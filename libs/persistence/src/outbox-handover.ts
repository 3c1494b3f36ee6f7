import type { DataSource } from 'typeorm';

import {
  wholeSize,
  type OutboxRecord,
  type StoredOutboxRecord,
  type UnsentRow,
  type Urgency,
} from './outbox-record.ts';

/** Of values and headers: what has no room is read from the database. */
const MOST_BYTES = 8 * 1024 * 1024;

interface Held extends OutboxRecord {
  readonly size: number;
}

type Wake = (urgency: Urgency) => void;

const OF_SOURCES = new WeakMap<DataSource, OutboxHandover>();

/**
 * From those who append to the outbox to the relay of the same process, past the database: the word that there is
 * something, and the records, which need not be read back until they are sent. Only what has been committed is handed over.
 *
 * The database alone says what is unsent, and in which order. A row and its record are matched by `ref`, which is drawn
 * at random for each: whatever becomes of the database, a row with the same ref is the same record.
 */
export class OutboxHandover {
  readonly #most: number;
  /** By ref, oldest first. */
  readonly #held = new Map<string, Held>();
  #bytes = 0;
  #wake: Wake | null = null;

  constructor(most = MOST_BYTES) {
    this.#most = most;
  }

  /** The one of this process for a database. */
  static of(source: DataSource): OutboxHandover {
    const known = OF_SOURCES.get(source) ?? new OutboxHandover();
    OF_SOURCES.set(source, known);
    return known;
  }

  /** Bytes of values and headers that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True while the relay of this process is the one that sends. */
  get isOpen(): boolean {
    return this.#wake !== null;
  }

  /** @param wake called when something has been handed over */
  open(wake: Wake): void {
    this.#wake = wake;
  }

  /** Another process sends: nothing is held, nobody woken. */
  close(): void {
    this.#wake = null;
    this.forget([...this.#held.keys()]);
  }

  /** Call it when the records have been committed. The oldest that are held make room. */
  give(records: readonly (OutboxRecord & { readonly ref: string })[], urgency: Urgency): void {
    if (this.#wake === null) return;
    for (const record of records) this.#hold(record.ref, record);
    this.#wake(urgency);
  }

  #hold(ref: string, { topics, key, value, headers }: OutboxRecord): void {
    const own = Object.entries(headers).map(([name, header]) => [name, apart(header)] as const);
    const size = wholeSize({ value, headers });
    this.#held.set(ref, { topics, key, value: apart(value), headers: Object.fromEntries(own), size });
    this.#bytes += size;
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= this.#most) break;
      this.forget([oldest]);
    }
  }

  forget(refs: readonly (string | null)[]): void {
    for (const ref of refs) {
      if (ref === null) continue;
      this.#bytes -= this.#held.get(ref)?.size ?? 0;
      this.#held.delete(ref);
    }
  }

  /**
   * The records of rows, in their order.
   * @param read reads those that are not held, from the database
   */
  async recordsOf(
    rows: readonly UnsentRow[],
    read: (missing: readonly UnsentRow[]) => Promise<readonly StoredOutboxRecord[]>,
  ): Promise<StoredOutboxRecord[]> {
    const records = new Map<string, StoredOutboxRecord>();
    for (const row of rows) {
      const held = row.ref === null ? undefined : this.#held.get(row.ref);
      if (held !== undefined) records.set(keyOf(row), { ...held, ...row });
    }
    const missing = rows.filter((row) => !records.has(keyOf(row)));
    if (missing.length > 0) for (const record of await read(missing)) records.set(keyOf(record), record);
    return rows.flatMap((row) => records.get(keyOf(row)) ?? []);
  }
}

/** An id can be given twice (`readRecords`); rows without a ref are of before. */
function keyOf({ id, ref }: UnsentRow): string {
  return ref ?? id;
}

/** What came from the broker is a piece of a whole answer, which would stay in memory with it: a copy does not keep that. */
function apart<Part extends string | Buffer>(part: Part): Part | Buffer {
  if (typeof part === 'string' || part.buffer.byteLength <= Math.max(2 * part.length, Buffer.poolSize))
    return part;
  const copy = Buffer.allocUnsafeSlow(part.length);
  part.copy(copy);
  return copy;
}
