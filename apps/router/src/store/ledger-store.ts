/** Loads and saves the ledgers of practices, under a lock on each practice for the length of the transaction. */
import { practiceKey, type Cui, type Participant } from '#contracts';
import type { Tx } from '#persistence';
import { emptyLedger, type Arrival, type PracticeLedger } from '../routing/practice-ledger.ts';
import { loadNumbers, saveClosedNumbers } from './closed-numbers.ts';
import { changesIn, copyOf, type LedgerChanges, type PracticeKey } from './ledger-changes.ts';
import { deleteWaiting, insertWaiting, loadWaiting } from './waiting-events.ts';

export type { PracticeKey };

/** Namespace of the advisory locks that stand for practices, known or not yet. */
const PRACTICE_LOCK = 7_220_201;

/**
 * Locks the practices of arrivals, in one order for everyone, and loads their ledgers. A practice of which nothing is known
 * yet has no row to lock: the lock is an advisory one on its identity, held until the transaction ends. Of what waits,
 * only that is loaded which these arrivals may meet or let pass.
 */
export async function loadLedgers(
  tx: Tx,
  arrivals: readonly Arrival[],
): Promise<Map<string, PracticeLedger>> {
  const wanted = new Map(arrivals.map(({ event: { practice } }) => [practiceKey(practice), practice]));
  const keys = [...wanted.keys()].sort();
  if (keys.length === 0) return new Map();
  // Sent together, in this order: what is loaded is what there is once the practices are locked.
  tx.write(
    `select pg_advisory_xact_lock($2, k.lock)
     from (select distinct hashtext(key) as lock from unnest($1::text[]) as t(key) order by lock) k`,
    [keys, PRACTICE_LOCK],
  );
  const ledgers = new Map(keys.map((key) => [key, emptyLedger()]));
  const owners = keys.map((key) => wanted.get(key)?.owner);
  const uuids = keys.map((key) => wanted.get(key)?.uuid);
  const [waiting] = await Promise.all([
    loadNumbers(tx, ledgers, owners, uuids),
    loadPractices(tx, ledgers, owners, uuids),
  ]);
  await loadWaiting(
    tx,
    ledgers,
    arrivals.filter(({ event }) => waiting.has(practiceKey(event.practice))),
  );
  for (const ledger of ledgers.values()) LOADED.set(ledger, copyOf(ledger));
  return ledgers;
}

type Column = readonly (string | undefined)[];
const CHOSEN = `unnest($1::text[], $2::uuid[]) as c(owner, uuid)`;

async function loadPractices(
  tx: Tx,
  ledgers: Map<string, PracticeLedger>,
  owners: Column,
  uuids: Column,
): Promise<void> {
  const rows = await tx.query<
    PracticeKey & {
      cui: Cui;
      code: string;
      version: number;
      participants: Participant[];
      lastPosition: number;
    }
  >(
    `select owner, uuid, cui, procedure_code as code, procedure_version as version, participants, last_position as "lastPosition"
     from ${CHOSEN} join routed_practice using (owner, uuid)`,
    [owners, uuids],
  );
  for (const row of rows) {
    const ledger = ledgers.get(practiceKey(row));
    if (!ledger) continue;
    const { cui, code, version, participants } = row;
    ledger.practice = { practice: { cui }, procedure: { code, version }, participants };
    ledger.lastPosition = row.lastPosition;
  }
}

/** What each loaded ledger was, so that only what has changed is written. */
const LOADED = new WeakMap<PracticeLedger, PracticeLedger>();

/** Writes what has changed in ledgers: the practice's row, the authors' heads, closed numbers and what waits. */
export function saveLedgers(tx: Tx, ledgers: readonly (readonly [PracticeKey, PracticeLedger])[]): void {
  const changes = changesIn(
    ledgers.map(([key, now]) => ({ key, now, before: LOADED.get(now) ?? emptyLedger() })),
  );
  for (const [, ledger] of ledgers) LOADED.set(ledger, copyOf(ledger));
  savePractices(tx, changes.practices);
  saveHeads(tx, changes.heads);
  saveClosedNumbers(tx, changes);
  deleteWaiting(tx, changes.gone);
  insertWaiting(tx, changes.waiting);
}

function savePractices(tx: Tx, rows: LedgerChanges['practices']): void {
  if (rows.length === 0) return;
  tx.write(
    `insert into routed_practice (owner, uuid, cui, procedure_code, procedure_version, participants, last_position)
     select owner, uuid, cui, code, version, participants::jsonb, last_position
     from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::int[], $6::text[], $7::int[])
       as r(owner, uuid, cui, code, version, participants, last_position)
     on conflict (owner, uuid) do update set last_position = excluded.last_position`,
    [
      rows.map((row) => row.owner),
      rows.map((row) => row.uuid),
      rows.map((row) => row.practice.cui),
      rows.map((row) => row.procedure.code),
      rows.map((row) => row.procedure.version),
      rows.map((row) => JSON.stringify(row.participants)),
      rows.map((row) => row.lastPosition),
    ],
  );
}

function saveHeads(tx: Tx, rows: LedgerChanges['heads']): void {
  if (rows.length === 0) return;
  tx.write(
    `insert into author_head (owner, uuid, author, number, digest)
     select * from unnest($1::text[], $2::uuid[], $3::text[], $4::int[], $5::text[])
     on conflict (owner, uuid, author) do update set number = excluded.number, digest = excluded.digest
     where author_head.number <> excluded.number`,
    [
      rows.map((row) => row.owner),
      rows.map((row) => row.uuid),
      rows.map((row) => row.author),
      rows.map((row) => row.number),
      rows.map((row) => row.digest),
    ],
  );
}
