import type { DocumentRef, HubEvent } from '#contracts';
import type { Tx } from '#persistence';
import { noteLost } from '../documents/lost-documents.ts';

/**
 * Records documents of an own event that are in this node's store no longer: in sight as away, and noted as lost, to be
 * fetched back from who received the event once it has its place.
 */
export async function insertMissingDocuments(
  tx: Tx,
  { author, id, practice }: HubEvent,
  missing: readonly DocumentRef[],
  now: Date,
): Promise<void> {
  for (const { id: document, role, mediaType, size, saltedDigest } of missing)
    await tx.query(
      `insert into document (owner, uuid, document_id, author, event_id, role, media_type, size, salted_digest, status,
                             away_since)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'author-away', $10) on conflict do nothing`,
      [practice.owner, practice.uuid, document, author.ipa, id, role, mediaType, size, saltedDigest, now],
    );
  const { owner, uuid } = practice;
  await noteLost(
    tx,
    missing.map(({ id: document }) => ({ owner, practice: uuid, document })),
    now,
  );
}
