import { HubError } from '#errors';
import type { Tx, UnitOfWork } from '#persistence';

/** A record that did not pass this node's checks, as kept. */
export interface ParkedEntry {
  readonly id: string;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: string };
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  readonly code: string;
  readonly reason: string;
  readonly status: 'parked' | 'released';
  readonly parkedAt: Date;
  readonly closedAt: Date | null;
}

const COLUMNS = `id, origin, headers, bytes, code, reason, status, parked_at as "parkedAt", closed_at as "closedAt"`;

/** Reads and closes what this node parked. */
export class ParkedStore {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** In the order in which they were parked, after the entry named by `after`. */
  list(filter: {
    readonly status?: string | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<ParkedEntry[]> {
    return this.#work.run((tx) =>
      tx.query<ParkedEntry>(
        `select ${COLUMNS} from parked
         where ($1::text is null or status = $1) and ($2::uuid is null or id > $2) order by id limit $3`,
        [filter.status ?? null, filter.after ?? null, filter.limit],
      ),
    );
  }

  /** @throws HubError `PARKED_NOT_FOUND` */
  async get(id: string): Promise<ParkedEntry> {
    const rows = await this.#work.run((tx) =>
      tx.query<ParkedEntry>(`select ${COLUMNS} from parked where id = $1`, [id]),
    );
    if (rows[0]) return rows[0];
    throw notFound(id);
  }

  /**
   * Locks an entry for the length of the transaction, to be closed in it.
   * @throws HubError `PARKED_NOT_FOUND`, `QUARANTINE_ALREADY_CLOSED`
   */
  async lock(tx: Tx, id: string): Promise<ParkedEntry> {
    const [entry] = await tx.query<ParkedEntry>(`select ${COLUMNS} from parked where id = $1 for update`, [
      id,
    ]);
    if (!entry) throw notFound(id);
    if (entry.status === 'parked') return entry;
    throw new HubError('QUARANTINE_ALREADY_CLOSED', `entry ${id} is ${entry.status}`);
  }

  async close(tx: Tx, id: string, at: Date): Promise<void> {
    await tx.query(`update parked set status = 'released', closed_at = $2 where id = $1`, [id, at]);
  }
}

function notFound(id: string): HubError {
  return new HubError('PARKED_NOT_FOUND', `nothing parked has the id ${id}`);
}
