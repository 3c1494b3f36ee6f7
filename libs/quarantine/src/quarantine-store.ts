import { HubError } from '#errors';
import type { IncomingRecord } from '#messaging';
import type { Tx, UnitOfWork } from '#persistence';

/**
 * `parked`: it waits for somebody. `released`: it passed the checks since. `discarded`: an operator put it aside, with a
 * reason. `superseded`: its author has settled it otherwise: sent the same bytes again, issued it anew, or voided it.
 */
export const QUARANTINE_STATUSES = ['parked', 'released', 'discarded', 'superseded'] as const;
export type QuarantineStatus = (typeof QUARANTINE_STATUSES)[number];

/** An entry of the quarantine, as kept. */
export interface QuarantineEntry {
  readonly id: string;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: string };
  /** By name, the values in base64. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  readonly code: string;
  readonly reason: string;
  readonly status: QuarantineStatus;
  readonly parkedAt: Date;
  readonly closedAt: Date | null;
}

/** Of what is listed. Event and practice are what the records' headers claim. */
export interface QuarantineFilter {
  readonly status?: QuarantineStatus | undefined;
  readonly code?: string | undefined;
  /** The topic that records came from. */
  readonly topic?: string | undefined;
  readonly eventId?: string | undefined;
  /** `<owner>/<uuid>`. */
  readonly practice?: string | undefined;
  /** Parked at this time or later. */
  readonly since?: Date | undefined;
  /** Parked before this time. */
  readonly until?: Date | undefined;
}

/** Where a page ended. */
export type QuarantinePlace = readonly [parkedAt: Date | string, id: string];

export interface QuarantineCount {
  readonly code: string;
  readonly status: QuarantineStatus;
  readonly count: number;
  /** When the first of them was parked. */
  readonly oldest: Date;
}

const COLUMNS = `id, origin, headers, bytes, code, reason, status, parked_at as "parkedAt", closed_at as "closedAt"`;
const MATCHES = `($1::text is null or status = $1) and ($2::text is null or code = $2)
  and ($3::text is null or origin->>'topic' = $3) and ($4::text is null or headers->>'ce_id' = $4)
  and ($5::text is null or headers->>'ce_subject' = $5)
  and ($6::timestamptz is null or parked_at >= $6) and ($7::timestamptz is null or parked_at < $7)`;

/** Reads and closes what was parked. */
export class QuarantineStore {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** Entries in the order in which they were parked, from behind `after`. */
  list(
    filter: QuarantineFilter & { readonly after?: QuarantinePlace | undefined; readonly limit: number },
  ): Promise<QuarantineEntry[]> {
    const [at, id] = filter.after ?? [null, null];
    return this.#work.run((tx) =>
      tx.query<QuarantineEntry>(
        `select ${COLUMNS} from quarantine
         where ${MATCHES} and ($8::timestamptz is null or (parked_at, id) > ($8, $9::uuid))
         order by parked_at, id limit $10`,
        [...matching(filter), at, id, filter.limit],
      ),
    );
  }

  /** How many entries there are, by code and status. */
  async counts(filter: QuarantineFilter = {}): Promise<QuarantineCount[]> {
    const rows = await this.#work.run((tx) =>
      tx.query<Omit<QuarantineCount, 'count'> & { readonly count: string }>(
        `select code, status, count(*) as count, min(parked_at) as oldest from quarantine
         where ${MATCHES} group by code, status order by code, status`,
        matching(filter),
      ),
    );
    return rows.map((row) => ({ ...row, count: Number(row.count) }));
  }

  /** @throws HubError `QUARANTINE_NOT_FOUND` */
  async get(tx: Tx, id: string): Promise<QuarantineEntry> {
    const [entry] = await tx.query<QuarantineEntry>(`select ${COLUMNS} from quarantine where id = $1`, [id]);
    if (entry) return entry;
    throw notFound(id);
  }

  /**
   * Locks an entry for the length of the transaction, to be closed in it.
   * @throws HubError `QUARANTINE_NOT_FOUND`, `QUARANTINE_ALREADY_CLOSED`
   */
  async lock(tx: Tx, id: string): Promise<QuarantineEntry> {
    const entry = await this.lockAny(tx, id);
    if (entry.status === 'parked') return entry;
    throw new HubError('QUARANTINE_ALREADY_CLOSED', `entry ${id} is ${entry.status}`);
  }

  /** The same for an entry of any status. @throws HubError `QUARANTINE_NOT_FOUND` */
  async lockAny(tx: Tx, id: string): Promise<QuarantineEntry> {
    const [entry] = await tx.query<QuarantineEntry>(
      `select ${COLUMNS} from quarantine where id = $1 for update`,
      [id],
    );
    if (entry) return entry;
    throw notFound(id);
  }

  /** Gives a locked entry its status. */
  async mark(tx: Tx, id: string, status: QuarantineStatus, at: Date): Promise<void> {
    await tx.query('update quarantine set status = $2, closed_at = $3 where id = $1', [
      id,
      status,
      status === 'parked' ? null : at,
    ]);
  }
}

function matching(filter: QuarantineFilter): readonly unknown[] {
  const { status, code, topic, eventId, practice, since, until } = filter;
  return [status, code, topic, base64(eventId), base64(practice), since, until].map((value) => value ?? null);
}

/** Headers are kept in base64: equal texts are equal there. */
function base64(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text).toString('base64');
}

/** The record of an entry, as it came. */
export function recordOf({ origin, headers, bytes, parkedAt }: QuarantineEntry): IncomingRecord {
  const raw = Object.entries(headers).map(([name, value]) => [name, Buffer.from(value, 'base64')] as const);
  return { ...origin, key: null, value: bytes, headers: Object.fromEntries(raw), timestamp: parkedAt };
}

function notFound(id: string): HubError {
  return new HubError('QUARANTINE_NOT_FOUND', `no quarantine entry ${id}`);
}
