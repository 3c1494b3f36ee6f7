import type { Tx } from '#persistence';
import { LOG_CHANNEL } from '../log/log-channel.ts';
import type { LeafCandidate } from './leaf-candidate.ts';

/**
 * `new`: it is in the log from this transaction on, and waits for its index. `again`: the log has it. `contradiction`:
 * the log has another document under the same kind, author, event id (and speaker and kind of receipt).
 */
export type Admission = 'new' | 'again' | 'contradiction';

interface LeafKey {
  readonly kind: string;
  readonly author: string;
  readonly eventId: string;
  readonly speaker: string;
  readonly receiptKind: string;
}

/** Equal for what the table's unique index holds equal. */
function keyOf({ kind, author, eventId, speaker, receiptKind }: LeafKey): string {
  return [kind, author.toLowerCase(), eventId, speaker.toLowerCase(), receiptKind].join(' ');
}

/**
 * Puts leaves into the log in the order given, with their bytes into the archive, each once: whoever else admits the
 * same at the same moment is waited for. Wakes the writer when the transaction commits.
 * @returns one result per candidate
 */
export async function admitLeaves(tx: Tx, candidates: readonly LeafCandidate[]): Promise<Admission[]> {
  if (candidates.length === 0) return [];
  const fresh = await insertEntries(tx, candidates);
  const known = fresh.size === candidates.length ? new Map<string, string>() : await digests(tx, candidates);
  const admitted = candidates.map((candidate): Admission => {
    const key = keyOf(candidate);
    const same = known.size === 0 || known.get(key) === candidate.contentDigest;
    if (!same) return 'contradiction';
    return fresh.delete(key) ? 'new' : 'again';
  });
  const kept = candidates.filter((_, index) => admitted[index] === 'new');
  if (kept.length > 0) {
    await archive(tx, kept);
    await tx.query('select pg_notify($1, $2)', [LOG_CHANNEL, '']);
  }
  return admitted;
}

async function insertEntries(tx: Tx, candidates: readonly LeafCandidate[]): Promise<Set<string>> {
  const rows = await tx.query<LeafKey>(
    `insert into log_entry
       (kind, author, event_id, speaker, receipt_kind, owner, uuid, content_digest, sha256, decided, entry)
     select c.kind, c.author, c.event_id, c.speaker, c.receipt_kind, c.owner, c.uuid,
       decode(c.content_digest, 'hex'), decode(c.sha256, 'hex'), decode(c.decided, 'hex'), convert_to(c.entry, 'UTF8')
     from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[],
       $8::text[], $9::text[], $10::text[], $11::text[])
       with ordinality as c(kind, author, event_id, speaker, receipt_kind, owner, uuid, content_digest, sha256,
         decided, entry, n)
     order by c.n
     on conflict do nothing
     returning kind, author, event_id as "eventId", speaker, receipt_kind as "receiptKind"`,
    [
      candidates.map(({ kind }) => kind),
      candidates.map(({ author }) => author),
      candidates.map(({ eventId }) => eventId),
      candidates.map(({ speaker }) => speaker),
      candidates.map(({ receiptKind }) => receiptKind),
      candidates.map(({ practice }) => practice?.owner ?? null),
      candidates.map(({ practice }) => practice?.uuid ?? null),
      candidates.map(({ contentDigest }) => contentDigest),
      candidates.map(({ sha256 }) => sha256),
      candidates.map(({ decided }) => decided),
      candidates.map(({ entry }) => entry.toString('utf8')),
    ],
  );
  return new Set(rows.map(keyOf));
}

/** The content that the log holds for each candidate's key, as hex. */
async function digests(tx: Tx, candidates: readonly LeafCandidate[]): Promise<Map<string, string>> {
  const rows = await tx.query<LeafKey & { digest: string }>(
    `select e.kind, e.author, e.event_id as "eventId", e.speaker, e.receipt_kind as "receiptKind",
       encode(e.content_digest, 'hex') as digest
     from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::text[])
       as c(kind, author, event_id, speaker, receipt_kind)
     join log_entry e on e.kind = c.kind and lower(e.author) = lower(c.author) and e.event_id = c.event_id
       and lower(e.speaker) = lower(c.speaker) and e.receipt_kind = c.receipt_kind`,
    [
      candidates.map(({ kind }) => kind),
      candidates.map(({ author }) => author),
      candidates.map(({ eventId }) => eventId),
      candidates.map(({ speaker }) => speaker),
      candidates.map(({ receiptKind }) => receiptKind),
    ],
  );
  return new Map(rows.map((row) => [keyOf(row), row.digest]));
}

async function archive(tx: Tx, leaves: readonly LeafCandidate[]): Promise<void> {
  const starts: number[] = [];
  let end = 0;
  for (const { bytes } of leaves) {
    starts.push(end + 1);
    end += bytes.length;
  }
  // The bytes travel as one Buffer: an array of bytea is sent as hexadecimal text, several times slower.
  await tx.query(
    `insert into archive (sha256, bytes)
     select decode(c.sha256, 'hex'), substring($4::bytea from c.start for c.length)
     from unnest($1::text[], $2::int[], $3::int[]) as c(sha256, start, length)
     on conflict do nothing`,
    [
      leaves.map(({ sha256 }) => sha256),
      starts,
      leaves.map(({ bytes }) => bytes.length),
      Buffer.concat(leaves.map(({ bytes }) => bytes)),
    ],
  );
}
