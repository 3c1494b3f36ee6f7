import { parseCui, type Cui, type IpaCode } from '#contracts';
import type { Tx } from '#persistence';

const PROGRESSIVE_DIGITS = 6;

/** The calendar that a CUI's year belongs to. */
const romeYear = new Intl.DateTimeFormat('en', { timeZone: 'Europe/Rome', year: 'numeric' });

/**
 * The next CUIs of the owner in the year of `at` (Italian time), as many as asked for: `<owner>/<year>/<progressive>`. The
 * numbers belong to the transaction: if it does not commit, the next filing takes the same ones, so the series has no holes.
 */
export async function mintCuis(tx: Tx, owner: IpaCode, at: Date, count: number): Promise<Cui[]> {
  const year = Number(romeYear.format(at));
  const [row] = await tx.prepared<{ last: number }>(
    `insert into cui_counter (year, last) values ($1, $2)
     on conflict (year) do update set last = cui_counter.last + $2 returning last`,
    [year, count],
  );
  const first = (row?.last ?? count) - count + 1;
  return Array.from({ length: count }, (_, n) =>
    parseCui(`${owner}/${year}/${String(first + n).padStart(PROGRESSIVE_DIGITS, '0')}`),
  );
}
