import { HubError } from '#errors';
import type { UnitOfWork } from '#persistence';

/** An entry of the quarantine, as kept. */
export interface QuarantineEntry {
  readonly id: string;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: string };
  readonly member: string | null;
  readonly eventId: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  readonly code: string;
  readonly reason: string;
  readonly status: 'parked' | 'released';
  readonly parkedAt: Date;
  readonly closedAt: Date | null;
}

const COLUMNS = `id, origin, member, event_id as "eventId", headers, bytes, code, reason, status,
  parked_at as "parkedAt", closed_at as "closedAt"`;

/** Reads and closes what was parked. */
export class QuarantineStore {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** Entries in the order in which they were parked, after the one named by `after`. */
  async list(filter: {
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
    const rows = await this.#work.run((tx) =>
      tx.query<QuarantineEntry>(`select ${COLUMNS} from quarantine where id = $1`, [id]),
    );
    if (rows[0]) return rows[0];
    throw new HubError('QUARANTINE_NOT_FOUND', `no quarantine entry ${id}`);
  }

  async close(id: string, at: Date): Promise<void> {
    await this.#work.run((tx) =>
      tx.query(
        `update quarantine set status = 'released', closed_at = $2 where id = $1 and status = 'parked'`,
        [id, at],
      ),
    );
  }
}
