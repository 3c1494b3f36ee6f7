import { HubError } from '#errors';
import type { IncomingRecord } from '#messaging';
import type { Tx, UnitOfWork } from '#persistence';

/** An entry of the quarantine, as kept. */
export interface QuarantineEntry {
  readonly id: string;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: string };
  /** By name, the values in base64. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  readonly code: string;
  readonly reason: string;
  readonly status: 'parked' | 'released';
  readonly parkedAt: Date;
  readonly closedAt: Date | null;
}

const COLUMNS = `id, origin, headers, bytes, code, reason, status, parked_at as "parkedAt", closed_at as "closedAt"`;

/** Reads and closes what was parked. */
export class QuarantineStore {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** Entries in the order in which they were parked, after the one named by `after`. */
  list(filter: {
    readonly status?: string | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<QuarantineEntry[]> {
    return this.#work.run((tx) =>
      tx.query<QuarantineEntry>(
        `select ${COLUMNS} from quarantine
         where ($1::text is null or status = $1) and ($2::uuid is null or id > $2) order by id limit $3`,
        [filter.status ?? null, filter.after ?? null, filter.limit],
      ),
    );
  }

  /** @throws HubError `QUARANTINE_NOT_FOUND` */
  async get(id: string): Promise<QuarantineEntry> {
    const [entry] = await this.#work.run((tx) =>
      tx.query<QuarantineEntry>(`select ${COLUMNS} from quarantine where id = $1`, [id]),
    );
    if (entry) return entry;
    throw notFound(id);
  }

  /**
   * Locks an entry for the length of the transaction, to be closed in it.
   * @throws HubError `QUARANTINE_NOT_FOUND`, `QUARANTINE_ALREADY_CLOSED`
   */
  async lock(tx: Tx, id: string): Promise<QuarantineEntry> {
    const [entry] = await tx.query<QuarantineEntry>(
      `select ${COLUMNS} from quarantine where id = $1 for update`,
      [id],
    );
    if (!entry) throw notFound(id);
    if (entry.status === 'parked') return entry;
    throw new HubError('QUARANTINE_ALREADY_CLOSED', `entry ${id} is ${entry.status}`);
  }

  /** Marks a locked entry as released. */
  async close(tx: Tx, id: string, at: Date): Promise<void> {
    await tx.query(`update quarantine set status = 'released', closed_at = $2 where id = $1`, [id, at]);
  }
}

/** The record of an entry, as it came. */
export function recordOf({ origin, headers, bytes, parkedAt }: QuarantineEntry): IncomingRecord {
  const raw = Object.entries(headers).map(([name, value]) => [name, Buffer.from(value, 'base64')] as const);
  return { ...origin, key: null, value: bytes, headers: Object.fromEntries(raw), timestamp: parkedAt };
}

function notFound(id: string): HubError {
  return new HubError('QUARANTINE_NOT_FOUND', `no quarantine entry ${id}`);
}
