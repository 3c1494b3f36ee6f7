import { parseCui, type Cui, type IpaCode } from '#contracts';
import type { Tx } from '#persistence';

const PROGRESSIVE_DIGITS = 6;

/** The calendar that a CUI's year belongs to. */
const romeYear = new Intl.DateTimeFormat('en', { timeZone: 'Europe/Rome', year: 'numeric' });

/**
 * The next CUI of the owner in the year of `at` (Italian time): `<owner>/<year>/<progressive>`. The number belongs to
 * the transaction: if it does not commit, the next filing takes the same one, so the series has no holes.
 */
export async function mintCui(tx: Tx, owner: IpaCode, at: Date): Promise<Cui> {
  const year = Number(romeYear.format(at));
  const [row] = await tx.query<{ last: number }>(
    `insert into cui_counter (year, last) values ($1, 1)
     on conflict (year) do update set last = cui_counter.last + 1 returning last`,
    [year],
  );
  return parseCui(`${owner}/${year}/${String(row?.last ?? 1).padStart(PROGRESSIVE_DIGITS, '0')}`);
}
