import { equivocationOf, type EquivocationKind, type HubEvent, type Sha256 } from '#contracts';
import type { Tx } from '#persistence';

/** A verified event with its bytes. */
export interface SignedBytes {
  readonly event: HubEvent;
  readonly bytes: Buffer;
  /** SHA-256 of the signed bytes. */
  readonly digest: Sha256;
  /** SHA-256 of the canonical SignedInfo. */
  readonly signedInfoDigest: Sha256;
}

/** What was found: the event that this node knew, and the one that contradicts it. */
export interface Equivocation {
  readonly kind: EquivocationKind;
  readonly first: SignedBytes;
  readonly second: SignedBytes;
}

/** The contradiction between two verified events of one author; null if there is none. */
export function contradiction(first: SignedBytes, second: SignedBytes): Equivocation | null {
  const kind = equivocationOf(first, second);
  return kind === null ? null : { kind, first, second };
}

/**
 * Keeps both events as evidence.
 * @returns whether it is news: the same two signings are one finding, whoever brings them and however often
 */
export async function keepEquivocation(
  tx: Tx,
  { kind, first, second }: Equivocation,
  { id, now }: { readonly id: string; readonly now: Date },
): Promise<boolean> {
  const rows = await tx.query(
    `insert into equivocation
       (id, kind, author, found_at,
        first_event, first_owner, first_uuid, first_digest, first_signed_info, first_bytes,
        second_event, second_owner, second_uuid, second_digest, second_signed_info, second_bytes)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
     on conflict do nothing returning id`,
    [id, kind, second.event.author.ipa, now, ...columnsOf(first), ...columnsOf(second)],
  );
  return rows.length > 0;
}

function columnsOf({ event, bytes, digest, signedInfoDigest }: SignedBytes): unknown[] {
  return [event.id, event.practice.owner, event.practice.uuid, digest, signedInfoDigest, bytes];
}

/** Counts copies whose bytes are not those of the event that is kept: a copy of the kept bytes must not be among them. */
export async function noteCopies(
  tx: Tx,
  copies: readonly Pick<SignedBytes, 'event' | 'digest'>[],
  now: Date,
): Promise<void> {
  if (copies.length === 0) return;
  await tx.query(
    `insert into malleated_copy (author, event_id, digest, found_at)
     select author, event_id, digest, $4 from unnest($1::text[], $2::uuid[], $3::text[]) as c(author, event_id, digest)
     on conflict do nothing`,
    [
      copies.map(({ event }) => event.author.ipa),
      copies.map(({ event }) => event.id),
      copies.map(({ digest }) => digest),
      now,
    ],
  );
}
