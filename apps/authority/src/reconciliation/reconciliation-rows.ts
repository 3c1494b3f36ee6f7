/** Reconciliations as a node keeps them: ordered, under way, and what came of them. */
import type { IpaCode } from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import type { Statement } from './statements.ts';
import type { Range } from './stored-tree.ts';

/** Before the first event of any network. */
export const BEGINNING = '1970-01-01T00:00:00.000Z';
/** Differences kept with a reconciliation; the rest are counted. */
export const KEPT_DIFFERENCES = 500;

export type Origin = 'order' | 'interval' | 'partner';
export type RunStatus = 'ordered' | 'running' | 'agreed' | 'differs' | 'failed';

/** One event that the two sides did not have alike, and what became of it. */
export interface KeptDifference {
  readonly kind: 'missing-here' | 'missing-there' | 'different';
  readonly author: string;
  readonly eventId: string;
  readonly owner: string;
  readonly practiceId: string;
  readonly position: number;
  /** Null: healed. */
  readonly code: string | null;
}

/** How many events of an author are held on either side; there null until the other side has said. */
export interface HeldCount {
  readonly author: string;
  readonly here: number;
  readonly there: number | null;
}

export interface Order extends Range {
  readonly id: string;
  readonly partner: IpaCode;
  readonly origin: Origin;
}

/** What came of a run. */
export interface Ended {
  readonly status: 'agreed' | 'differs' | 'failed';
  readonly code: string | null;
  readonly reason: string | null;
  readonly events: readonly HeldCount[];
  readonly found: number;
  readonly healed: number;
  readonly differences: readonly KeptDifference[];
  readonly own: Buffer | null;
  readonly theirs: Buffer | null;
}

export async function insertOrder(tx: Tx, { id, partner, from, to, origin }: Order, at: Date): Promise<void> {
  await tx.query(
    `insert into reconciliation (id, partner, from_time, to_time, origin, status, ordered_at)
     values ($1, $2, $3, $4, $5, 'ordered', $6)`,
    [id, partner, from, to, origin, at],
  );
}

/** The next one to be run, marked as begun; somebody's orders come before the interval's. */
export async function beginNext(tx: Tx, at: Date): Promise<Order | null> {
  const [row] = await tx.query<Omit<Order, 'from' | 'to'> & { readonly from: Date; readonly to: Date }>(
    `update reconciliation set status = 'running', started_at = $1
     where id = (select id from reconciliation where status = 'ordered'
                 order by origin = 'interval', ordered_at, id limit 1 for update skip locked)
     returning id, partner, origin, from_time as "from", to_time as "to"`,
    [at],
  );
  return row ? { ...row, from: row.from.toISOString(), to: row.to.toISOString() } : null;
}

/** Orders again what a process that died had begun. The caller is the only one that runs any. */
export async function orderAgain(tx: Tx): Promise<void> {
  await tx.query(`update reconciliation set status = 'ordered', started_at = null where status = 'running'`);
}

/** Notes how far a run has come, for whoever watches it. */
export async function noteProgress(tx: Tx, id: string, found: number, healed: number): Promise<void> {
  await tx.query('update reconciliation set found = $2, healed = $3 where id = $1', [id, found, healed]);
}

export async function endRun(tx: Tx, id: string, ended: Ended, at: Date): Promise<void> {
  await tx.query(
    `update reconciliation
     set status = $2, code = $3, reason = $4, events = $5, found = $6, healed = $7, differences = $8,
         own_statement = $9, partner_statement = $10, ended_at = $11
     where id = $1`,
    [
      id,
      ended.status,
      ended.code,
      ended.reason,
      JSON.stringify(ended.events),
      ended.found,
      ended.healed,
      JSON.stringify(ended.differences.slice(0, KEPT_DIFFERENCES)),
      ended.own,
      ended.theirs,
      at,
    ],
  );
}

interface AgreedWithPartner {
  readonly id: string;
  readonly partner: IpaCode;
  readonly ours: Statement;
  readonly theirs: Statement;
  readonly at: Date;
}

/** Keeps the certificate of a comparison that the partner has begun. */
export async function keepAgreedWithPartner(
  tx: Tx,
  { id, partner, ours, theirs, at }: AgreedWithPartner,
): Promise<void> {
  const { from, to, events } = ours.statement;
  await insertOrder(tx, { id, partner, from, to, origin: 'partner' }, at);
  await endRun(
    tx,
    id,
    {
      status: 'agreed',
      code: null,
      reason: null,
      events: events.map(({ author, count }) => ({ author, here: count, there: count })),
      found: 0,
      healed: 0,
      differences: [],
      own: ours.bytes,
      theirs: theirs.bytes,
    },
    at,
  );
}

/** Both statements of one that agreed. @throws HubError `RECONCILIATION_NOT_FOUND`, `RECONCILIATION_DISAGREES` */
export async function readStatements(tx: Tx, id: string): Promise<readonly [Buffer, Buffer]> {
  const [row] = await tx.query<{ status: RunStatus; own: Buffer | null; theirs: Buffer | null }>(
    `select status, own_statement as own, partner_statement as theirs from reconciliation where id = $1`,
    [id],
  );
  if (!row) throw new HubError('RECONCILIATION_NOT_FOUND', `this node has no reconciliation ${id}`);
  if (row.status === 'agreed' && row.own && row.theirs) return [row.own, row.theirs];
  throw new HubError('RECONCILIATION_DISAGREES', `reconciliation ${id} is ${row.status}, not agreed`);
}
