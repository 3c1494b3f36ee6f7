/** Loads and saves the ledgers of practices, under a lock on each practice for the length of the transaction. */
import {
  parseEvent,
  practiceKey,
  type Cui,
  type IpaCode,
  type Participant,
  type PracticeId,
  type Sha256,
} from '#contracts';
import type { Tx } from '#persistence';
import {
  emptyLedger,
  slot,
  type Arrival,
  type Origin,
  type PracticeLedger,
} from '../routing/practice-ledger.ts';
import { loadClosedNumbers, saveClosedNumbers } from './closed-numbers.ts';

/** A practice's identity in the router's tables. */
export interface PracticeKey {
  readonly owner: IpaCode;
  readonly uuid: PracticeId;
}

/** Namespace of the advisory locks that stand for practices, known or not yet. */
const PRACTICE_LOCK = 7_220_201;

/**
 * Locks the practices, in one order for everyone, and loads their ledgers. A practice of which nothing is known yet has
 * no row to lock: the lock is an advisory one on its identity, held until the transaction ends.
 */
export async function loadLedgers(
  tx: Tx,
  practices: readonly PracticeKey[],
): Promise<Map<string, PracticeLedger>> {
  const wanted = new Map(practices.map((practice) => [practiceKey(practice), practice]));
  const keys = [...wanted.keys()].sort();
  if (keys.length === 0) return new Map();
  await tx.query(
    `select pg_advisory_xact_lock($2, k.lock)
     from (select distinct hashtext(key) as lock from unnest($1::text[]) as t(key) order by lock) k`,
    [keys, PRACTICE_LOCK],
  );
  const ledgers = new Map(keys.map((key) => [key, emptyLedger()]));
  const owners = keys.map((key) => wanted.get(key)?.owner);
  const uuids = keys.map((key) => wanted.get(key)?.uuid);
  await loadPractices(tx, ledgers, owners, uuids);
  await loadHeads(tx, ledgers, owners, uuids);
  await loadClosedNumbers(tx, ledgers, owners, uuids);
  await loadWaiting(tx, ledgers, owners, uuids);
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

async function loadHeads(
  tx: Tx,
  ledgers: Map<string, PracticeLedger>,
  owners: Column,
  uuids: Column,
): Promise<void> {
  const heads = await tx.query<PracticeKey & { author: IpaCode; number: number; digest: Sha256 }>(
    `select owner, uuid, author, number, digest from ${CHOSEN} join author_head using (owner, uuid)`,
    [owners, uuids],
  );
  for (const head of heads)
    ledgers.get(practiceKey(head))?.heads.set(head.author, { number: head.number, digest: head.digest });
}

async function loadWaiting(
  tx: Tx,
  ledgers: Map<string, PracticeLedger>,
  owners: Column,
  uuids: Column,
): Promise<void> {
  const rows = await tx.query<
    PracticeKey & {
      author: IpaCode;
      number: number;
      bytes: Buffer;
      digest: Sha256;
      signedInfoDigest: Sha256;
      signer: Sha256;
      origin: Origin;
    }
  >(
    `select owner, uuid, author, number, bytes, digest, signed_info_digest as "signedInfoDigest", signer, origin
     from ${CHOSEN} join waiting_event using (owner, uuid)`,
    [owners, uuids],
  );
  for (const row of rows) {
    const arrival: Arrival = { event: parseEvent(row.bytes), ...row };
    ledgers.get(practiceKey(row))?.waiting.set(slot(row.author, row.number), arrival);
  }
}

/** Writes ledgers back: the practice's row, the authors' heads, closed numbers and what waits. */
export async function saveLedgers(
  tx: Tx,
  ledgers: readonly (readonly [PracticeKey, PracticeLedger])[],
): Promise<void> {
  if (ledgers.length === 0) return;
  await savePractices(tx, ledgers);
  await saveHeads(tx, ledgers);
  await saveClosedNumbers(tx, ledgers);
  await saveWaiting(tx, ledgers);
}

type Kept = readonly (readonly [PracticeKey, PracticeLedger])[];

async function savePractices(tx: Tx, ledgers: Kept): Promise<void> {
  const rows = ledgers.flatMap(([{ owner, uuid }, { practice, lastPosition }]) =>
    practice === null ? [] : [{ owner, uuid, ...practice, lastPosition }],
  );
  await tx.query(
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

async function saveHeads(tx: Tx, ledgers: Kept): Promise<void> {
  const rows = ledgers.flatMap(([{ owner, uuid }, { heads }]) =>
    [...heads].map(([author, head]) => ({ owner, uuid, author, ...head })),
  );
  await tx.query(
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

/** What no longer waits goes, what has come to wait stays as it came. Gaps are rare: a row at a time will do. */
async function saveWaiting(tx: Tx, ledgers: Kept): Promise<void> {
  const waiting = ledgers.flatMap(([, ledger]) => [...ledger.waiting.values()].map(({ event }) => event));
  await tx.query(
    `delete from waiting_event w using unnest($1::text[], $2::uuid[]) as c(owner, uuid)
     where w.owner = c.owner and w.uuid = c.uuid and (w.owner, w.uuid, w.author, w.number, w.event_id) not in (
       select * from unnest($3::text[], $4::uuid[], $5::text[], $6::int[], $7::uuid[]))`,
    [
      ledgers.map(([{ owner }]) => owner),
      ledgers.map(([{ uuid }]) => uuid),
      waiting.map(({ practice }) => practice.owner),
      waiting.map(({ practice }) => practice.uuid),
      waiting.map(({ author }) => author.ipa),
      waiting.map(({ sequence }) => sequence.number),
      waiting.map(({ id }) => id),
    ],
  );
  for (const { event, bytes, digest, signedInfoDigest, signer, origin } of ledgers.flatMap(([, ledger]) => [
    ...ledger.waiting.values(),
  ])) {
    const { owner, uuid } = event.practice;
    await tx.query(
      `insert into waiting_event (owner, uuid, author, number, event_id, bytes, digest, signed_info_digest, signer,
                                  origin)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
      [
        owner,
        uuid,
        event.author.ipa,
        event.sequence.number,
        event.id,
        bytes,
        digest,
        signedInfoDigest,
        signer,
        JSON.stringify(origin),
      ],
    );
  }
}
