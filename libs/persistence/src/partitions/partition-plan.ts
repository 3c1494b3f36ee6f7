/** How a table is cut by time: what is old is dropped whole, instead of deleted row by row. */
export interface PartitionPlan {
  /** The partitioned table, with a partition `<table>_default` for what has no partition yet. */
  readonly table: string;
  /** Its key, `timestamptz not null default now()`: when the row was stored, by the database's clock. */
  readonly column: string;
  readonly every: 'week' | 'month';
  /** How many partitions there are to be beyond the current one. */
  readonly ahead: number;
}

/** A stretch of time, UTC: from `from` on, before `to`. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** A Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** The week (from Monday) or month in which a moment is, and those after it. */
export function periodsFrom(at: Date, { every, ahead }: Pick<PartitionPlan, 'every' | 'ahead'>): Period[] {
  return Array.from({ length: ahead + 1 }, (_, index) => {
    return { from: startOf(at, every, index), to: startOf(at, every, index + 1) };
  });
}

function startOf(at: Date, every: PartitionPlan['every'], later: number): Date {
  if (every === 'month') return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + later, 1));
  const weeks = Math.floor((at.getTime() - FIRST_MONDAY_MS) / WEEK_MS) + later;
  return new Date(FIRST_MONDAY_MS + weeks * WEEK_MS);
}

/** `<table>_p20261123`: named after its first day. */
export function partitionName(
  { table }: Pick<PartitionPlan, 'table'>,
  { from }: Pick<Period, 'from'>,
): string {
  return `${table}_p${from.toISOString().slice(0, 10).replaceAll('-', '')}`;
}

const NAME = /_p(\d{4})(\d{2})(\d{2})$/;

/** The period that a partition's name stands for; null for the default one. */
export function periodOf(name: string, every: PartitionPlan['every']): Period | null {
  const [, year, month, day] = NAME.exec(name) ?? [];
  if (year === undefined) return null;
  const from = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return periodsFrom(from, { every, ahead: 0 })[0] ?? null;
}
