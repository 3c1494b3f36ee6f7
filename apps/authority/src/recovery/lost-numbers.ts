/** Numbers of the protocol register that were given out before the database was restored, and must never be again. */
import { registrationNumber, romeTime } from '#protocollo';
import type { Registration } from '#contracts';
import type { Tx } from '#persistence';
import { lockRegister, type TakenNumber } from '../protocol/protocol-rows.ts';
import { publishedRegistration } from './published-receipts.ts';

/** A number that is known to be given out, and to which message. */
export interface GivenNumber {
  readonly register: string;
  readonly year: number;
  readonly number: number;
  readonly author: string;
  readonly eventId: string;
}

/** The number that a registration names, with the message it belongs to. */
export function givenNumber(
  { register, number, date }: Registration,
  event: { readonly author: string; readonly id: string },
): GivenNumber {
  return {
    ...{ register, number: Number(number), year: Number(date.slice(0, 4)) },
    ...{ author: event.author, eventId: event.id },
  };
}

/** Keeps numbers that have no entry, each with its message. */
export async function noteGiven(tx: Tx, given: readonly GivenNumber[], now: Date): Promise<void> {
  for (const { register, year, number, author, eventId } of given)
    await tx.query(
      `insert into protocol_lost (register, year, number, author, event_id, found_at)
       select $1, $2, $3, $4, $5, $6
       where not exists (select 1 from protocol where register = $1 and year = $2 and number = $3)
       on conflict (register, year, number) do update set author = excluded.author, event_id = excluded.event_id
         where protocol_lost.author is null`,
      [register, year, number, author, eventId, now],
    );
}

/**
 * Moves the register behind every number that is known to be given out. A number in between whose message nobody knows
 * is kept as lost, too: the series shows no gap that is not explained.
 * @param unnumbered messages that were registered in that year under numbers that nobody knows: as many are passed over
 */
export async function passOverGiven(
  tx: Tx,
  register: string,
  year: number,
  { unnumbered, now }: { readonly unnumbered: number; readonly now: Date },
): Promise<void> {
  await lockRegister(tx, register);
  const [row] = await tx.query<{ last: string; highest: string; lost: string }>(
    `select coalesce((select last from protocol_counter where register = $1 and year = $2), 0) as last,
       coalesce(max(number), 0) as highest,
       count(*) filter (where number > coalesce(
         (select last from protocol_counter where register = $1 and year = $2), 0)) as lost
     from protocol_lost where register = $1 and year = $2`,
    [register, year],
  );
  const last = Number(row?.last ?? 0);
  const next = Math.max(last, Number(row?.highest ?? 0), last + Number(row?.lost ?? 0) + unnumbered);
  if (next === last) return;
  await tx.query(
    `insert into protocol_lost (register, year, number, found_at)
     select $1, $2, n, $5 from generate_series($3::bigint + 1, $4::bigint) n on conflict do nothing`,
    [register, year, last, next, now],
  );
  await tx.query(
    `insert into protocol_counter (register, year, last) values ($1, $2, $3)
     on conflict (register, year) do update set last = excluded.last`,
    [register, year, next],
  );
}

/** Years of the register in which numbers are lost. */
export async function yearsWithLost(tx: Tx): Promise<{ register: string; year: number }[]> {
  return await tx.query('select distinct register, year from protocol_lost order by register, year');
}

/** The number under which this node has registered an event before, if it has told its author so and lost the entry. */
export async function numberTakenBefore(
  tx: Tx,
  ipa: string,
  event: { readonly author: string; readonly id: string },
): Promise<TakenNumber | undefined> {
  const before = await publishedRegistration(tx, event.author, event.id);
  if (before === undefined) return undefined;
  const { registration, time: at } = before;
  const { register, year, number } = givenNumber(registration, event);
  await lockRegister(tx, register);
  const { aoo, date } = registration;
  const id = { body: ipa, aoo, register, number: registrationNumber(number), date, time: romeTime(at).time };
  return { at, year, number, id };
}
