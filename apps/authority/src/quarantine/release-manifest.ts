import { parseDocumentId, parseIpaCode, parsePracticeId } from '#contracts';
import type { DocumentKey } from '#documents';
import { HubError } from '#errors';
import { done, park, retry, type Outcome } from '#messaging';
import type { Tx } from '#persistence';
import { judgeManifest, recordManifest } from '../documents/take-manifest.ts';
import { readAccepted } from '../inbox/practice-store.ts';
import type { NodeParts } from '../node-parts.ts';

/** Pause after which a manifest that cannot be judged yet is worth another try, in milliseconds. */
const RETRY_MS = 500;

/**
 * Judges a refused manifest again, by the same checks, in the caller's transaction.
 * @param place `<owner>/<practice>/<document>`, as its entry in the quarantine has it
 */
export async function releaseManifest(tx: Tx, parts: NodeParts, place: string): Promise<Outcome> {
  const key = keyAt(place);
  const [row] = await tx.query<{ author: string; eventId: string }>(
    `select d.author, d.event_id as "eventId" from document d join event e using (author, event_id)
     where d.owner = $1 and d.uuid = $2 and d.document_id = $3 and d.status = 'refused' for update`,
    [key.owner, key.practice, key.document],
  );
  if (!row) return done();
  const received = await readAccepted(tx, row.author, row.eventId);
  try {
    const judged = await judgeManifest(parts, received, key);
    const stored = await parts.documents.stat(key);
    const refused = await recordManifest(tx, parts, received, { key, stored, judged }, parts.clock.now());
    return refused ? park(refused.code) : done();
  } catch (error) {
    if (error instanceof HubError && error.policy.disposition === 'retry') return retry(RETRY_MS);
    throw error;
  }
}

function keyAt(place: string): DocumentKey {
  const [owner = '', practice = '', document = ''] = place.split('/');
  return {
    owner: parseIpaCode(owner),
    practice: parsePracticeId(practice),
    document: parseDocumentId(document),
  };
}
