/**
 * What a practice's ledger remembers of its authors' numbers: where each stands, and those that were voided, parked or
 * replaced, which are rare, and only ever added to.
 */
import { practiceKey, type EventId, type IpaCode, type Sha256 } from '#contracts';
import type { Tx } from '#persistence';
import { eventKey, slot, type PracticeLedger } from '../routing/practice-ledger.ts';
import type { LedgerChanges, PracticeKey } from './ledger-changes.ts';

interface NoteRow extends PracticeKey {
  readonly what: 'head' | 'voided' | 'parked' | 'replaced' | 'waiting';
  readonly author: IpaCode;
  readonly number: number;
  readonly eventId: EventId;
  /** Of a head, of its event's bytes; of what was parked, of its SignedInfo. */
  readonly digest: Sha256;
}

/**
 * Loads all of it with one statement: it is asked of every batch.
 * @returns the practices in which events wait, by `practiceKey`
 */
export async function loadNumbers(
  tx: Tx,
  ledgers: ReadonlyMap<string, PracticeLedger>,
  owners: readonly (string | undefined)[],
  uuids: readonly (string | undefined)[],
): Promise<ReadonlySet<string>> {
  const rows = await tx.query<NoteRow>(
    `with chosen as (select * from unnest($1::text[], $2::uuid[]) as c(owner, uuid))
     select 'head' as what, owner, uuid, author, number, null as "eventId", digest
       from chosen join author_head using (owner, uuid)
     union all
     select 'voided', owner, uuid, author, number, null, null
       from chosen join voided_number using (owner, uuid)
     union all
     select 'parked', owner, uuid, author, number, event_id::text, signed_info_digest
       from chosen join parked_number using (owner, uuid)
     union all
     select 'replaced', owner, uuid, author, number, event_id::text, null
       from chosen join replaced_event using (owner, uuid)
     union all
     select 'waiting', owner, uuid, null, null, null, null
       from chosen where exists (
         select 1 from waiting_event w where w.owner = chosen.owner and w.uuid = chosen.uuid)`,
    [owners, uuids],
  );
  const waiting = new Set<string>();
  for (const row of rows) {
    const key = practiceKey(row);
    const ledger = ledgers.get(key);
    if (row.what === 'waiting') waiting.add(key);
    else if (ledger) note(ledger, row);
  }
  return waiting;
}

function note(ledger: PracticeLedger, { what, author, number, eventId, digest }: NoteRow): void {
  const place = slot(author, number);
  if (what === 'head') ledger.heads.set(author, { number, digest });
  else if (what === 'voided') ledger.voided.add(place);
  else if (what === 'parked') ledger.parked.set(place, { author, number, eventId, signedInfoDigest: digest });
  else ledger.replaced.set(eventKey(author, eventId), { author, number, eventId });
}

export function saveClosedNumbers(
  tx: Tx,
  changes: Pick<LedgerChanges, 'voided' | 'parked' | 'replaced'>,
): void {
  saveVoided(tx, changes.voided);
  saveParked(tx, changes.parked);
  saveReplaced(tx, changes.replaced);
}

function saveVoided(tx: Tx, rows: LedgerChanges['voided']): void {
  if (rows.length === 0) return;
  tx.write(
    `insert into voided_number (owner, uuid, author, number)
     select * from unnest($1::text[], $2::uuid[], $3::text[], $4::int[]) on conflict do nothing`,
    [
      rows.map((row) => row.owner),
      rows.map((row) => row.uuid),
      rows.map((row) => row.author),
      rows.map((row) => row.number),
    ],
  );
}

function saveParked(tx: Tx, rows: LedgerChanges['parked']): void {
  if (rows.length === 0) return;
  tx.write(
    `insert into parked_number (owner, uuid, author, number, event_id, signed_info_digest)
     select * from unnest($1::text[], $2::uuid[], $3::text[], $4::int[], $5::uuid[], $6::text[])
     on conflict (owner, uuid, author, number) do update
       set event_id = excluded.event_id, signed_info_digest = excluded.signed_info_digest
       where parked_number.signed_info_digest <> excluded.signed_info_digest`,
    [
      rows.map((row) => row.owner),
      rows.map((row) => row.uuid),
      rows.map((row) => row.author),
      rows.map((row) => row.number),
      rows.map((row) => row.eventId),
      rows.map((row) => row.signedInfoDigest),
    ],
  );
}

function saveReplaced(tx: Tx, rows: LedgerChanges['replaced']): void {
  if (rows.length === 0) return;
  tx.write(
    `insert into replaced_event (owner, uuid, author, event_id, number)
     select * from unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::int[]) on conflict do nothing`,
    [
      rows.map((row) => row.owner),
      rows.map((row) => row.uuid),
      rows.map((row) => row.author),
      rows.map((row) => row.eventId),
      rows.map((row) => row.number),
    ],
  );
}
