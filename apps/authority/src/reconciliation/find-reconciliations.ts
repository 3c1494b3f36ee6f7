import { DOCUMENT_VERSION, serializeReconciliationCertificate } from '#contracts';
import { HubError } from '#errors';
import type { UnitOfWork } from '#persistence';
import { readPageCursor, writePageCursor } from '#platform';
import { z } from 'zod';
import { readStatements, type HeldCount, type KeptDifference } from './reconciliation-rows.ts';

/** What a caller is told of a reconciliation. */
export interface ReconciliationView {
  readonly id: string;
  readonly partner: string;
  readonly from: string;
  readonly to: string;
  readonly origin: string;
  readonly status: string;
  readonly code: string | null;
  readonly reason: string | null;
  readonly orderedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly events: readonly HeldCount[];
  readonly found: number;
  readonly healed: number;
  /** Path of the certificate; null while there is none. */
  readonly certificate: string | null;
}

export interface ReconciliationDetail extends ReconciliationView {
  readonly differences: readonly KeptDifference[];
}

interface Row {
  readonly id: string;
  readonly partner: string;
  readonly from: Date;
  readonly to: Date;
  readonly origin: string;
  readonly status: string;
  readonly code: string | null;
  readonly reason: string | null;
  readonly orderedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly events: readonly HeldCount[];
  readonly found: number;
  readonly healed: number;
}

const COLUMNS = `id, partner, from_time as "from", to_time as "to", origin, status, code, reason,
  ordered_at as "orderedAt", started_at as "startedAt", ended_at as "endedAt", events, found, healed`;

export interface ReconciliationQuery {
  readonly partner?: string | undefined;
  readonly status?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

const place = z.tuple([z.iso.datetime(), z.uuid()]);

/** Finds reconciliations, and gives their certificates. */
export class FindReconciliations {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** Newest first. @throws HubError `CURSOR_INVALID` */
  async page({ partner, status, after, limit }: ReconciliationQuery): Promise<{
    readonly reconciliations: readonly ReconciliationView[];
    readonly next: string | null;
  }> {
    const [orderedAt, id] = after === undefined ? [null, null] : readPageCursor(place, after);
    const rows = await this.#work.run((tx) =>
      tx.query<Row>(
        `select ${COLUMNS} from reconciliation
         where ($1::text is null or lower(partner) = lower($1)) and ($2::text is null or status = $2)
           and ($3::timestamptz is null or (ordered_at, id) < ($3, $4::uuid))
         order by ordered_at desc, id desc limit $5`,
        [partner ?? null, status ?? null, orderedAt, id, limit],
      ),
    );
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return {
      reconciliations: rows.map(viewOf),
      next: last === undefined ? null : writePageCursor([last.orderedAt.toISOString(), last.id]),
    };
  }

  /** @throws HubError `RECONCILIATION_NOT_FOUND` */
  async one(id: string): Promise<ReconciliationDetail> {
    const [row] = await this.#work.run((tx) =>
      tx.query<Row & { readonly differences: readonly KeptDifference[] }>(
        `select ${COLUMNS}, differences from reconciliation where id = $1`,
        [id],
      ),
    );
    if (row) return { ...viewOf(row), differences: row.differences };
    throw new HubError('RECONCILIATION_NOT_FOUND', `this node has no reconciliation ${id}`);
  }

  /** The certificate: both signed statements. @throws HubError `RECONCILIATION_NOT_FOUND`, `RECONCILIATION_DISAGREES` */
  async certificate(id: string): Promise<Buffer> {
    const statements = await this.#work.run((tx) => readStatements(tx, id));
    return serializeReconciliationCertificate({ version: DOCUMENT_VERSION, statements });
  }
}

function viewOf(row: Row): ReconciliationView {
  return {
    id: row.id,
    partner: row.partner,
    from: row.from.toISOString(),
    to: row.to.toISOString(),
    origin: row.origin,
    status: row.status,
    code: row.code,
    reason: row.reason,
    orderedAt: row.orderedAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    events: row.events,
    found: row.found,
    healed: row.healed,
    certificate: row.status === 'agreed' ? `/v1/reconciliations/${row.id}/certificate` : null,
  };
}
