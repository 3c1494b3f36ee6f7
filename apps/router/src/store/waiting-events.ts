/** Events behind a gap. There may be many of one practice: a batch loads those that it can do something about. */
import { parseEvent, practiceKey, type HubEvent, type IpaCode, type Sha256 } from '#contracts';
import { sliced, type Tx } from '#persistence';
import { slot, type Arrival, type Origin, type PracticeLedger } from '../routing/practice-ledger.ts';
import type { PracticeKey } from './ledger-changes.ts';

interface WaitingRow extends PracticeKey {
  readonly author: IpaCode;
  readonly number: number;
  readonly bytes: Buffer;
  readonly digest: Sha256;
  readonly signedInfoDigest: Sha256;
  readonly signer: Sha256;
  readonly origin: Origin;
}

const COLUMNS = `owner, uuid, author, number, bytes, digest, signed_info_digest as "signedInfoDigest", signer, origin`;

/**
 * Loads, of what waits in the practices of arrivals: who has their numbers, whom they replace, and all that waits behind
 * an author's last event where one of them may follow it. Call it with the heads loaded.
 * @param arrivals those in whose practices anything waits
 */
export async function loadWaiting(
  tx: Tx,
  ledgers: ReadonlyMap<string, PracticeLedger>,
  arrivals: readonly Arrival[],
): Promise<void> {
  if (arrivals.length === 0) return;
  const events = arrivals.map(({ event }) => event);
  const rows = await tx.query<WaitingRow>(
    `with arrived as (
       select * from unnest($1::text[], $2::uuid[], $3::text[], $4::int[], $5::uuid[], $6::bool[])
         as a(owner, uuid, author, number, replaces, follows)
     )
     select ${COLUMNS} from (select distinct owner, uuid, author, number from arrived) as a
       join waiting_event using (owner, uuid, author, number)
     union all
     select ${COLUMNS} from (select distinct owner, uuid, author from arrived where follows) as a
       join waiting_event using (owner, uuid, author)
     union all
     select ${COLUMNS} from (select distinct owner, uuid, author, replaces from arrived where replaces is not null) as a
       join waiting_event w using (owner, uuid, author)
     where w.event_id = a.replaces`,
    [
      events.map(({ practice }) => practice.owner),
      events.map(({ practice }) => practice.uuid),
      events.map(({ author }) => author.ipa),
      events.map(({ sequence }) => sequence.number),
      events.map(({ replaces }) => replaces),
      events.map((event) => mayFollow(event, ledgers.get(practiceKey(event.practice)))),
    ],
  );
  for (const row of rows) {
    const waiting = ledgers.get(practiceKey(row))?.waiting;
    const place = slot(row.author, row.number);
    if (waiting?.has(place) === false) waiting.set(place, { event: parseEvent(row.bytes), ...row });
  }
}

/** Whether an event has the number after its author's last one, or closes that number: what waits may pass behind it. */
function mayFollow({ author, sequence, body }: HubEvent, ledger: PracticeLedger | undefined): boolean {
  const next = (ledger?.heads.get(author.ipa)?.number ?? 0) + 1;
  return sequence.number === next || (body.type === 'event.voided' && body.number === next);
}

/** Events that wait no longer. */
export function deleteWaiting(tx: Tx, arrivals: readonly Arrival[]): void {
  if (arrivals.length === 0) return;
  tx.write(
    `delete from waiting_event w
     using unnest($1::text[], $2::uuid[], $3::text[], $4::int[], $5::uuid[]) as c(owner, uuid, author, number, event_id)
     where w.owner = c.owner and w.uuid = c.uuid and w.author = c.author and w.number = c.number
       and w.event_id = c.event_id`,
    placesOf(arrivals),
  );
}

/** Events that wait from now on. */
export function insertWaiting(tx: Tx, arrivals: readonly Arrival[]): void {
  if (arrivals.length === 0) return;
  const bytes = sliced(arrivals.map((arrival) => arrival.bytes));
  tx.write(
    `insert into waiting_event (owner, uuid, author, number, event_id, digest, signed_info_digest, signer, origin, bytes)
     select r.owner, r.uuid, r.author, r.number, r.event_id, r.digest, r.signed_info_digest, r.signer, r.origin::jsonb,
       substring($12::bytea from r.start for r.size)
     from unnest($1::text[], $2::uuid[], $3::text[], $4::int[], $5::uuid[], $6::text[], $7::text[], $8::text[],
         $9::text[], $10::int[], $11::int[])
       as r(owner, uuid, author, number, event_id, digest, signed_info_digest, signer, origin, start, size)
     on conflict do nothing`,
    [
      ...placesOf(arrivals),
      arrivals.map(({ digest }) => digest),
      arrivals.map(({ signedInfoDigest }) => signedInfoDigest),
      arrivals.map(({ signer }) => signer),
      arrivals.map(({ origin }) => JSON.stringify(origin)),
      bytes.starts,
      bytes.sizes,
      bytes.whole,
    ],
  );
}

/** Owner, uuid, author, number and event id, a column each. */
function placesOf(arrivals: readonly Arrival[]): readonly (readonly unknown[])[] {
  const events = arrivals.map(({ event }) => event);
  return [
    events.map(({ practice }) => practice.owner),
    events.map(({ practice }) => practice.uuid),
    events.map(({ author }) => author.ipa),
    events.map(({ sequence }) => sequence.number),
    events.map(({ id }) => id),
  ];
}
