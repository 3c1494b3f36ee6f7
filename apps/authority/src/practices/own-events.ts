/** How a node writes an event of its own: numbered, chained, signed once, and committed with its outbox row. */
import {
  cloudEventHeaders,
  parseEventId,
  practiceKey,
  topics,
  type EventBody,
  type EventId,
  type HubEvent,
  type PracticeRef,
  type Sha256,
} from '#contracts';
import { signEvent, verifyEvent, type VerifiedEvent } from '#evidence';
import { appendOutbox, type Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';

/** The version of `contracts/xsd/event-1.xsd` that this node writes. */
export const EVENT_VERSION = '1.0';

/** What an act says, before it has a number and a signature. Its id is `newEventId`'s. */
export type EventDraft = Pick<
  HubEvent,
  'id' | 'practice' | 'cause' | 'procedure' | 'territory' | 'facts' | 'documents'
> & {
  readonly body: EventBody;
  readonly office: string;
};

interface OwnHead {
  readonly number: number;
  readonly digest: Sha256 | null;
}

/**
 * The author's own last event of a practice. The caller holds the practice's row lock, so nobody else takes the number.
 * An event that the router parked keeps its number: the author closes it with `event.voided`, or issues it again.
 */
async function ownHead(tx: Tx, parts: NodeParts, practice: PracticeRef): Promise<OwnHead> {
  const [last] = await tx.query<{ number: number; digest: Sha256 }>(
    `select number, digest from event where owner = $1 and uuid = $2 and author = $3 and status <> 'replaced'
     order by number desc, (status in ('accepted', 'waiting')) desc, received_at desc limit 1`,
    [practice.owner, practice.uuid, parts.ipa],
  );
  return last ?? { number: 0, digest: null };
}

/** The id of an event to be. */
export function newEventId(parts: NodeParts): EventId {
  return parseEventId(parts.ids.uuidv7());
}

/** Gives a draft its place in the author's chain. */
export async function composeEvent(tx: Tx, parts: NodeParts, draft: EventDraft, at: Date): Promise<HubEvent> {
  const head = await ownHead(tx, parts, draft.practice);
  return {
    id: draft.id,
    replaces: null,
    type: draft.body.type,
    version: EVENT_VERSION,
    time: at.toISOString(),
    author: { ipa: parts.ipa, office: draft.office },
    practice: draft.practice,
    sequence: { number: head.number + 1, previous: head.digest },
    cause: draft.cause,
    registry: parts.registry.current(),
    procedure: draft.procedure,
    territory: draft.territory,
    facts: draft.facts,
    body: draft.body,
    documents: draft.documents,
  };
}

/**
 * Signs an event, once, and stores it as provisional with the record that carries it to the router.
 * @throws HubError `XML_TOO_LARGE`, `XSD_INVALID`, `KEY_REVOKED_BEFORE_ARRIVAL` and the other codes of `verifyEvent`
 */
export async function appendOwnEvent(
  tx: Tx,
  parts: NodeParts,
  event: HubEvent,
  at: Date,
): Promise<VerifiedEvent> {
  // Verified by the function that everyone else applies: what cannot pass there is refused here, before it is stored.
  const signed = verifyEvent(await signEvent(event, parts.signer, at), parts.registry, at);
  await tx.query(
    `insert into event (author, event_id, owner, uuid, number, type, time, bytes, digest, signed_info_digest, status, received_at,
                        replaces)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'provisional', $11, $12)`,
    [
      event.author.ipa,
      event.id,
      event.practice.owner,
      event.practice.uuid,
      event.sequence.number,
      event.type,
      event.time,
      signed.bytes,
      signed.digest,
      signed.signedInfoDigest,
      at,
      event.replaces,
    ],
  );
  await appendOutbox(tx, [
    {
      topics: [topics.outbox(parts.ipa)],
      key: practiceKey(event.practice),
      value: signed.bytes,
      headers: cloudEventHeaders(event),
    },
  ]);
  return signed;
}
