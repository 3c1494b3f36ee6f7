/** What a node does with a manifest that it has fetched: what it lists becomes documents to fetch, or an alarm. */
import { buffer } from 'node:stream/consumers';
import { MAX_BYTES, type DocumentRef } from '#contracts';
import type { DocumentKey, StoredDocument } from '#documents';
import { HubError } from '#errors';
import { verifyManifest } from '#evidence';
import type { Tx } from '#persistence';
import { BatchChanges } from '../inbox/batch-changes.ts';
import { noteParked, recordOf } from '../inbox/park-received.ts';
import { saveChanges } from '../inbox/save-changes.ts';
import type { Received } from '../inbox/screen-event.ts';
import type { NodeParts } from '../node-parts.ts';
import { insertDueDocuments } from './document-rows.ts';

/** Where an entry of the quarantine comes from when it is a manifest, and no record of a topic. */
export const MANIFEST_ORIGIN = 'documents';

/**
 * How long after its event a manifest may wait for what this node may not have heard of yet (a certificate), in
 * milliseconds; beyond this, what it needs does not exist.
 */
const REGISTRY_WAIT_MS = 15 * 60_000;

/** What a manifest lists, or why it cannot be accepted. */
export type Judged = { readonly listed: readonly DocumentRef[] } | { readonly refused: HubError };

/**
 * Judges a manifest that is in the store: signed by the author of the event that names it, for that event. Its
 * certificate is judged at the time of the decision, the first proof of the event and of the digests that it names.
 * @throws HubError whose disposition is not `park`: it cannot be judged yet
 */
export async function judgeManifest(
  parts: NodeParts,
  { event, decision }: Received,
  key: DocumentKey,
): Promise<Judged> {
  const decidedAt = new Date(decision.time);
  try {
    const bytes = await readManifest(parts, key);
    return { listed: verifyManifest(bytes, parts.registry, decidedAt, event).manifest.documents };
  } catch (error) {
    if (!(error instanceof HubError) || isEarly(parts, error, decidedAt)) throw error;
    return { refused: refusal(key, error) };
  }
}

async function readManifest({ documents }: NodeParts, key: DocumentKey): Promise<Buffer> {
  const { size } = await documents.stat(key);
  if (size > MAX_BYTES.manifest) {
    throw new HubError('XML_TOO_LARGE', `the manifest has ${size} bytes, ${MAX_BYTES.manifest} are allowed`);
  }
  return buffer(documents.open(key));
}

/** True for what time may mend: a fault of the disk, a certificate that the registry has yet to bring. */
function isEarly({ clock, registry }: NodeParts, error: HubError, decidedAt: Date): boolean {
  if (error.policy.disposition === 'park') return false;
  if (error.code !== 'CERTIFICATE_UNKNOWN') return true;
  const isRecent = clock.now().getTime() - decidedAt.getTime() < REGISTRY_WAIT_MS;
  return isRecent || !registry.status().caughtUp;
}

function refusal({ document }: DocumentKey, cause: HubError): HubError {
  return new HubError('MANIFEST_REFUSED', `manifest ${document}: ${cause.code}: ${cause.message}`, { cause });
}

/**
 * Writes what was judged, in the transaction that marks the manifest. The caller holds the event's lock. A refused
 * manifest stays in sight: its document is `refused`, so that nobody says "documents complete" of the event, an entry
 * goes to the quarantine, and the author is told.
 * @returns why it was refused, if it was
 */
export async function recordManifest(
  tx: Tx,
  parts: NodeParts,
  received: Received,
  manifest: { readonly key: DocumentKey; readonly stored: StoredDocument; readonly judged: Judged },
  now: Date,
): Promise<HubError | undefined> {
  const { key, stored } = manifest;
  const judged = await withoutTaken(tx, key, manifest.judged);
  await tx.query(
    `update document set status = $4, sha256 = $5, file_name = $6, next_attempt_at = null, away_since = null
     where owner = $1 and uuid = $2 and document_id = $3`,
    [
      key.owner,
      key.practice,
      key.document,
      'listed' in judged ? 'complete' : 'refused',
      stored.sha256,
      stored.name,
    ],
  );
  if ('listed' in judged) {
    insertDueDocuments(tx, [{ event: received.event, documents: judged.listed }], now);
    return undefined;
  }
  const record = {
    ...recordOf(parts, received, now),
    topic: MANIFEST_ORIGIN,
    offset: `${key.owner}/${key.practice}/${key.document}`,
  };
  const changes = new BatchChanges();
  noteParked(changes, parts, { received, record, claimed: false }, judged.refused, now);
  await saveChanges(tx, parts, changes, now);
  return judged.refused;
}

/** A document belongs to one event: a manifest cannot claim what an event already names. */
async function withoutTaken(tx: Tx, key: DocumentKey, judged: Judged): Promise<Judged> {
  if ('refused' in judged) return judged;
  const [taken] = await tx.query<{ id: string }>(
    'select document_id as id from document where owner = $1 and uuid = $2 and document_id = any($3::uuid[]) limit 1',
    [key.owner, key.practice, judged.listed.map(({ id }) => id)],
  );
  if (!taken) return judged;
  const cause = new HubError('DOCUMENT_EXISTS', `it lists ${taken.id}, which an event names already`);
  return { refused: refusal(key, cause) };
}
