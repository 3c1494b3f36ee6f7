/** Keeps what an author has signed twice, tells the partner in the feed, and raises the alarm. */
import { parseEvent, type Sha256 } from '#contracts';
import {
  contradiction,
  keepEquivocation,
  noteCopies,
  type Equivocation,
  type SignedBytes,
} from '#equivocations';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { appendFeed } from '../feed/append-feed.ts';
import type { NodeParts } from '../node-parts.ts';
import type { EquivocationNotice } from './screen-notice.ts';

type RecordParts = Pick<NodeParts, 'ids' | 'logger'>;

/**
 * Records what a notice proves.
 * @throws HubError `EQUIVOCATION_UNPROVEN` if the two events do not contradict each other, or one is nowhere
 */
export async function recordNotice(
  tx: Tx,
  parts: RecordParts,
  { first, second }: EquivocationNotice,
  now: Date,
): Promise<void> {
  const firsts = first === null ? await contradicted(tx, second) : [first];
  const found = firsts.flatMap((one) => contradiction(one, second) ?? []);
  if (found.length === 0) {
    throw new HubError(
      'EQUIVOCATION_UNPROVEN',
      `nothing here contradicts event ${second.event.id} of ${second.event.author.ipa}`,
    );
  }
  for (const one of found) await record(tx, parts, one, now);
}

/** Records that a received event contradicts one that this node holds; nothing if it holds none. */
export async function recordFork(tx: Tx, parts: RecordParts, second: SignedBytes, now: Date): Promise<void> {
  for (const first of await contradicted(tx, second)) {
    const found = contradiction(first, second);
    if (found) await record(tx, parts, found, now);
  }
}

/** Counts those of the events that came again with other bytes than those that are kept: one signing, two signature values. */
export async function noteRepeated(
  tx: Tx,
  repeated: readonly Pick<SignedBytes, 'event' | 'digest'>[],
  now: Date,
): Promise<void> {
  if (repeated.length === 0) return;
  const kept = await tx.query<{ author: string; id: string; digest: Sha256 }>(
    `select e.author, e.event_id as id, e.digest
     from unnest($1::text[], $2::uuid[]) as c(author, event_id) join event e using (author, event_id)`,
    [repeated.map(({ event }) => event.author.ipa), repeated.map(({ event }) => event.id)],
  );
  const digests = new Map(kept.map(({ author, id, digest }) => [`${author}/${id}`, digest]));
  const copies = repeated.filter(({ event, digest }) => {
    const first = digests.get(`${event.author.ipa}/${event.id}`);
    return first !== undefined && first !== digest;
  });
  if (copies.length > 0) await noteCopies(tx, copies, now);
}

/** Events held here under the author's id, or under its number of the practice. They were verified when they came. */
async function contradicted(tx: Tx, { event }: SignedBytes): Promise<readonly SignedBytes[]> {
  const { owner, uuid } = event.practice;
  const rows = await tx.query<{ bytes: Buffer; digest: Sha256; signedInfoDigest: Sha256 }>(
    `select bytes, digest, signed_info_digest as "signedInfoDigest" from event
     where author = $1 and (event_id = $2 or owner = $3 and uuid = $4 and number = $5)`,
    [event.author.ipa, event.id, owner, uuid, event.sequence.number],
  );
  return rows.map((row) => ({ ...row, event: parseEvent(row.bytes) }));
}

async function record(tx: Tx, parts: RecordParts, found: Equivocation, now: Date): Promise<void> {
  if (!(await keepEquivocation(tx, found, { id: parts.ids.uuidv7(), now }))) return;
  const { kind, first, second } = found;
  const { author, id: eventId } = second.event;
  parts.logger.error(
    { kind, author: author.ipa, first: first.event.id, second: eventId },
    'an author has signed two events that contradict each other',
  );
  const practices = new Map(
    [first, second].map(({ event: { practice } }) => [`${practice.owner}/${practice.uuid}`, practice]),
  );
  const items = [...practices.values()].map(({ owner, uuid }) => ({
    kind: 'equivocation' as const,
    ...{ owner, uuid, author: author.ipa, eventId, type: kind, position: null },
  }));
  appendFeed(tx, items, now);
}
