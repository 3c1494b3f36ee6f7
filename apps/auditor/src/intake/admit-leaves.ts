import { boolArray, CommitBell, intArray, textArray, uuidArray, type Tx } from '#persistence';
import { LOG_CHANNEL } from '../log/log-channel.ts';
import type { LeafCandidate } from './leaf-candidate.ts';
import { SpareBuffers } from './spare-buffers.ts';

/**
 * `new`: it is in the log from this transaction on, and waits for its index. `again`: the log has it. `contradiction`:
 * the log has another document under the same kind, author, event id (and speaker and kind of receipt).
 */
export type Admission = 'new' | 'again' | 'contradiction';

/** What became of a batch of candidates. */
interface Admitted {
  /** One for each, in their order. */
  readonly admissions: readonly Admission[];
  /** Whether any record is among the refused that may pass yet: while there is none, none has to be looked for. */
  readonly anyRefused: boolean;
}

interface LeafKey {
  readonly kind: string;
  readonly author: string;
  readonly eventId: string;
  readonly speaker: string;
  readonly receiptKind: string;
}

/** What the log holds under a key. */
interface Known {
  /** 64-bit number as text. */
  readonly id: string;
  /** Of the content, as hex. */
  readonly digest: string;
}

/** Equal for what the table's unique indexes hold equal: of the registry there is one entry of a number, whoever signed. */
function keyOf({ kind, author, eventId, speaker, receiptKind }: LeafKey): string {
  const by = kind === 'registry' ? '' : author.toLowerCase();
  return [kind, by, eventId, speaker.toLowerCase(), receiptKind].join(' ');
}

/**
 * Puts leaves into the log in the order given, with their bytes into the archive, each once: whoever else admits the
 * same at the same moment is waited for. Wakes the writer when the transaction commits.
 */
export async function admitLeaves(tx: Tx, candidates: readonly LeafCandidate[]): Promise<Admitted> {
  if (candidates.length === 0) return { admissions: [], anyRefused: false };
  const { ids, anyRefused } = await insertLeaves(tx, candidates);
  if (ids === null || ids.length > 0) CommitBell.of(tx.source, LOG_CHANNEL).ringAfter(tx);
  if (ids === null) return { admissions: candidates.map(() => 'new'), anyRefused };
  const fresh = new Set(ids);
  const known = await knownLeaves(tx, candidates);
  const admissions = candidates.map((candidate): Admission => {
    const found = known.get(keyOf(candidate));
    if (found?.digest !== candidate.contentDigest) return 'contradiction';
    return fresh.delete(found.id) ? 'new' : 'again';
  });
  return { admissions, anyRefused };
}

/** What the one statement of a batch tells. */
interface Inserted {
  /** Of the entries that are new, 64-bit numbers as text; null if all of them are. */
  readonly ids: readonly string[] | null;
  readonly anyRefused: boolean;
}

const DIGEST_BYTES = 32;
/** Of the content, of the bytes, of the event decided about, and of the batch; zeros for what there is not. */
const DIGESTS_BYTES = 4 * DIGEST_BYTES;

/** What a process needs at a time: it admits from a few streams, a megabyte each. */
const SPARE = new SpareBuffers(4);

/** Candidates and their batches behind each other in one Buffer, with where each begins, counted from 1 as SQL does. */
interface Packed {
  readonly whole: Buffer<ArrayBuffer>;
  /** Of each candidate: its digests, its entry, its bytes up to its batch and those behind it. */
  readonly starts: readonly number[];
  /** Of each batch, once: its digest and its text. */
  readonly batchStarts: readonly number[];
  readonly batchSizes: readonly number[];
}

/**
 * Each byte is copied once: an array of bytea would be sent as hexadecimal text, and a Buffer for each part costs more than
 * its copy.
 */
function packed(candidates: readonly LeafCandidate[]): Packed {
  const batches = batchesOf(candidates);
  let total = 0;
  for (const one of candidates) total += DIGESTS_BYTES + one.entry.length + sizeWithoutBatch(one);
  for (const { text } of batches) total += DIGEST_BYTES + text.length;
  const whole = SPARE.take(total);
  let at = 0;
  const starts = candidates.map((candidate) => {
    const start = at + 1;
    at = writeCandidate(whole, candidate, at);
    return start;
  });
  const batchStarts = batches.map(({ digest, text }) => {
    const start = at + 1;
    at += whole.write(digest, at, 'hex');
    at += text.copy(whole, at);
    return start;
  });
  return { whole, starts, batchStarts, batchSizes: batches.map(({ text }) => DIGEST_BYTES + text.length) };
}

/** @returns where the next one begins */
function writeCandidate(whole: Buffer, candidate: LeafCandidate, from: number): number {
  const { contentDigest, sha256, decided, batch, entry, bytes } = candidate;
  let at = from;
  for (const digest of [contentDigest, sha256, decided, batch?.digest]) {
    if (digest) whole.write(digest, at, 'hex');
    else whole.fill(0, at, at + DIGEST_BYTES);
    at += DIGEST_BYTES;
  }
  at += entry.copy(whole, at);
  at += bytes.copy(whole, at, 0, batch?.start);
  return batch === null ? at : at + bytes.copy(whole, at, batch.end);
}

/** Each batch once. In one order for everyone who writes the same ones. */
function batchesOf(
  candidates: readonly LeafCandidate[],
): { readonly digest: string; readonly text: Buffer }[] {
  const texts = new Map<string, Buffer>();
  for (const { bytes, batch } of candidates) {
    if (batch !== null) texts.set(batch.digest, bytes.subarray(batch.start, batch.end));
  }
  return [...texts]
    .map(([digest, text]) => ({ digest, text }))
    .sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

function sizeWithoutBatch({ bytes, batch }: LeafCandidate): number {
  return batch === null ? bytes.length : bytes.length - (batch.end - batch.start);
}

/**
 * One statement for a batch: the entries that are new, each with a place among those that wait, and their bytes; the
 * signed batches that many items have in common once.
 */
async function insertLeaves(tx: Tx, candidates: readonly LeafCandidate[]): Promise<Inserted> {
  const bytes = packed(candidates);
  try {
    return await insertPacked(tx, candidates, bytes);
  } finally {
    // It was sent, or never will be.
    SPARE.give(bytes.whole);
  }
}

async function insertPacked(
  tx: Tx,
  candidates: readonly LeafCandidate[],
  { whole, starts, batchStarts, batchSizes }: Packed,
): Promise<Inserted> {
  const [inserted] = await tx.prepared<Inserted>(
    `with given as (
       select c.*, substring($15::bytea from c.start for 32) as content_digest,
         substring($15::bytea from c.start + 32 for 32) as sha256,
         case when c.is_decision then substring($15::bytea from c.start + 64 for 32) end as decided,
         case when c.batch_at is not null then substring($15::bytea from c.start + 96 for 32) end as batch
       from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::bool[],
           $9::int[], $10::int[], $11::int[], $12::int[])
         with ordinality as c(kind, author, event_id, speaker, receipt_kind, owner, uuid, is_decision, start,
           entry_size, size, batch_at, n)
     ), fresh as (
       insert into log_entry
         (kind, author, event_id, speaker, receipt_kind, owner, uuid, content_digest, sha256, decided, entry)
       select kind, author, event_id, speaker, receipt_kind, owner, uuid, content_digest, sha256, decided,
         substring($15::bytea from start + ${DIGESTS_BYTES} for entry_size)
       from given order by n
       on conflict do nothing
       returning id, kind, author, sha256, entry
     ), waiting as (
       insert into log_waiting (entry, hash, author)
       select id, sha256('\\x00'::bytea || entry), case when kind = 'event' then lower(author) end from fresh
     ), kept as (
       insert into archive (sha256, entry, bytes, batch, batch_at)
       select f.sha256, f.id, substring($15::bytea from g.start + ${DIGESTS_BYTES} + g.entry_size for g.size), g.batch,
         g.batch_at
       from fresh f join given g using (sha256)
       on conflict do nothing
     ), batches as (
       insert into archive_batch (digest, text)
       select b.digest, substring($15::bytea from b.start + 32 for b.size - 32)
       from (select substring($15::bytea from start for 32) as digest, start, size
             from unnest($13::int[], $14::int[]) as b(start, size)) as b
       where b.digest in (select g.batch from given g where g.sha256 in (select sha256 from fresh))
       order by b.digest
       -- One that is there is locked, not written: it must not be taken away before this item needs it (\`PackArchive\`).
       on conflict (digest) do update set digest = excluded.digest where false
     )
     select case when (select count(*) from fresh) < cardinality($1::text[]) then array(select id from fresh) end as ids,
       exists (select 1 from refused where passed_at is null) as "anyRefused"`,
    [
      textArray(candidates.map(({ kind }) => kind)),
      textArray(candidates.map(({ author }) => author)),
      uuidArray(candidates.map(({ eventId }) => eventId)),
      textArray(candidates.map(({ speaker }) => speaker)),
      textArray(candidates.map(({ receiptKind }) => receiptKind)),
      textArray(candidates.map(({ practice }) => practice?.owner ?? null)),
      uuidArray(candidates.map(({ practice }) => practice?.uuid ?? null)),
      boolArray(candidates.map(({ decided }) => decided !== null)),
      intArray(starts),
      intArray(candidates.map(({ entry }) => entry.length)),
      intArray(candidates.map(sizeWithoutBatch)),
      intArray(candidates.map(({ batch }) => batch?.start ?? null)),
      intArray(batchStarts),
      intArray(batchSizes),
      whole,
    ],
  );
  return inserted ?? { ids: [], anyRefused: true };
}

/** What the log holds under each candidate's key. */
async function knownLeaves(tx: Tx, candidates: readonly LeafCandidate[]): Promise<Map<string, Known>> {
  const rows = await tx.query<LeafKey & Known>(
    `select e.id, e.kind, e.author, e.event_id as "eventId", e.speaker, e.receipt_kind as "receiptKind",
       encode(e.content_digest, 'hex') as digest
     from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::text[])
       as c(kind, author, event_id, speaker, receipt_kind)
     join log_entry e on e.kind = c.kind and (lower(e.author) = lower(c.author) or c.kind = 'registry') and e.event_id = c.event_id
       and lower(e.speaker) = lower(c.speaker) and e.receipt_kind = c.receipt_kind`,
    [
      candidates.map(({ kind }) => kind),
      candidates.map(({ author }) => author),
      candidates.map(({ eventId }) => eventId),
      candidates.map(({ speaker }) => speaker),
      candidates.map(({ receiptKind }) => receiptKind),
    ],
  );
  return new Map(rows.map((row) => [keyOf(row), row]));
}
