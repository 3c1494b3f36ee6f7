import { parseEvent, topics } from '#contracts';
import { HubError } from '#errors';
import type { SignedBytes } from '#equivocations';
import { verifyEvent } from '#evidence';
import type { Tx } from '#persistence';
import type { RouterRegistry } from '../router-registry.ts';
import type { Arrival } from '../routing/practice-ledger.ts';

/** The event that an arrival contradicts, with the decision that placed it, if one did. */
export interface First extends SignedBytes {
  readonly decisionBytes: Buffer | null;
}

interface Row {
  readonly bytes: Buffer;
  readonly digest: SignedBytes['digest'];
  readonly signedInfoDigest: SignedBytes['signedInfoDigest'];
  readonly decisionBytes: Buffer | null;
}

/**
 * What this router knows under an arrival's id, or under its number of the practice: placed, waiting, or parked. What
 * was placed or waits was verified when it came; what was parked is verified anew, for its entry in the quarantine is
 * found by a header.
 */
export async function findFirsts(
  tx: Tx,
  { event }: Arrival,
  registry: RouterRegistry,
  now: Date,
): Promise<readonly First[]> {
  const { owner, uuid } = event.practice;
  const rows = await tx.query<Row>(
    `select e.bytes, e.digest, e.decision as "decisionBytes",
            encode(s.signed_info_digest, 'hex') as "signedInfoDigest"
     from routed_event e join seen s using (author, event_id)
     where e.author = $1 and (e.event_id = $2 or e.owner = $3 and e.uuid = $4 and e.number = $5)
     union all
     select bytes, digest, null, signed_info_digest from waiting_event
     where owner = $3 and uuid = $4 and author = $1 and number = $5`,
    [event.author.ipa, event.id, owner, uuid, event.sequence.number],
  );
  const known = rows.map((row) => ({ ...row, event: parseEvent(row.bytes) }));
  return [...known, ...(await parkedOnes(tx, event, registry, now))];
}

/**
 * An entry `q` of the quarantine that the router may need to show what an author signed first under a number: one that
 * the author settled otherwise, and whose number is still known to have been parked.
 */
export const IS_EVIDENCE = `q.status = 'superseded' and exists (select from parked_number p
  where q.headers->>'ce_id' = encode(convert_to(p.event_id::text, 'UTF8'), 'base64'))`;

async function parkedOnes(
  tx: Tx,
  { author, practice, sequence }: Arrival['event'],
  registry: RouterRegistry,
  now: Date,
): Promise<readonly First[]> {
  const rows = await tx.query<{ bytes: Buffer; signedInfoDigest: string }>(
    `select q.bytes, p.signed_info_digest as "signedInfoDigest" from parked_number p
       join quarantine q on q.origin->>'topic' = $5
         and q.headers->>'ce_id' = encode(convert_to(p.event_id::text, 'UTF8'), 'base64')
     where p.owner = $1 and p.uuid = $2 and p.author = $3 and p.number = $4`,
    [practice.owner, practice.uuid, author.ipa, sequence.number, topics.outbox(author.ipa)],
  );
  return rows.flatMap(({ bytes, signedInfoDigest: claimed }) => {
    try {
      const { event, digest, signedInfoDigest } = verifyEvent(bytes, registry, now);
      return signedInfoDigest === claimed
        ? [{ event, bytes, digest, signedInfoDigest, decisionBytes: null }]
        : [];
    } catch (error) {
      if (error instanceof HubError) return [];
      throw error;
    }
  });
}
