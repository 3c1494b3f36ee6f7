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
import { appendOutbox, forEach, sliced, type Tx } from '#persistence';
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

/** Where an author stands in a practice. */
interface OwnHead {
  readonly number: number;
  readonly digest: Sha256 | null;
}

const BEFORE_THE_FIRST: OwnHead = { number: 0, digest: null };

/**
 * The author's own last event of a practice. The caller holds the practice's row lock, so nobody else takes the number.
 * An event that the router parked keeps its number: the author closes it with `event.voided`, or issues it again.
 */
async function ownHead(tx: Tx, parts: NodeParts, practice: PracticeRef): Promise<OwnHead> {
  const [last] = await tx.query<OwnHead>(
    `select number, digest from event where owner = $1 and uuid = $2 and author = $3 and status <> 'replaced'
     order by number desc, (status in ('accepted', 'waiting')) desc, received_at desc limit 1`,
    [practice.owner, practice.uuid, parts.ipa],
  );
  return last ?? BEFORE_THE_FIRST;
}

/** The id of an event to be. */
export function newEventId(parts: NodeParts): EventId {
  return parseEventId(parts.ids.uuidv7());
}

/** Gives a draft its place in the author's chain. */
export async function composeEvent(tx: Tx, parts: NodeParts, draft: EventDraft, at: Date): Promise<HubEvent> {
  return behind(await ownHead(tx, parts, draft.practice), parts, draft, at);
}

/** The author's first event of a practice that is new. */
export function composeFirst(parts: NodeParts, draft: EventDraft, at: Date): HubEvent {
  return behind(BEFORE_THE_FIRST, parts, draft, at);
}

function behind(head: OwnHead, parts: NodeParts, draft: EventDraft, at: Date): HubEvent {
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
  const signed = await signOwn(parts, event, at);
  await insertOwnEvents(tx, parts, [signed], at);
  return signed;
}

/**
 * The same for several events.
 * @throws SomeFailed with the codes of `appendOwnEvent`
 */
export async function appendOwnEvents(
  tx: Tx,
  parts: NodeParts,
  events: readonly HubEvent[],
  at: Date,
): Promise<void> {
  await insertOwnEvents(tx, parts, await forEach(events, (event) => signOwn(parts, event, at)), at);
}

/** Verified by the function that everyone else applies: what cannot pass there is refused here, before it is stored. */
async function signOwn(parts: NodeParts, event: HubEvent, at: Date): Promise<VerifiedEvent> {
  return verifyEvent(await signEvent(event, parts.signer, at), parts.registry, at);
}

async function insertOwnEvents(
  tx: Tx,
  parts: NodeParts,
  signed: readonly VerifiedEvent[],
  at: Date,
): Promise<void> {
  const { whole, starts, sizes } = sliced(signed.map(({ bytes }) => bytes));
  const events = signed.map(({ event }) => event);
  tx.write(
    `insert into event (author, event_id, owner, uuid, number, type, time, bytes, digest, signed_info_digest, status, received_at,
                        replaces)
     select $1, e.id, e.owner, e.uuid, e.number, e.type, e.time, substring($8::bytea from e.start for e.size), e.digest,
       e.signed_info_digest, 'provisional', $13, e.replaces
     from unnest($2::uuid[], $3::text[], $4::uuid[], $5::int[], $6::text[], $7::timestamptz[], $9::int[], $10::int[],
                 $11::text[], $12::text[], $14::uuid[])
       as e(id, owner, uuid, number, type, time, start, size, digest, signed_info_digest, replaces)`,
    [
      parts.ipa,
      events.map(({ id }) => id),
      events.map(({ practice }) => practice.owner),
      events.map(({ practice }) => practice.uuid),
      events.map(({ sequence }) => sequence.number),
      events.map(({ type }) => type),
      events.map(({ time }) => time),
      whole,
      starts,
      sizes,
      signed.map(({ digest }) => digest),
      signed.map(({ signedInfoDigest }) => signedInfoDigest),
      at,
      events.map(({ replaces }) => replaces),
    ],
  );
  await appendOutbox(
    tx,
    signed.map(({ event, bytes }) => ({
      topics: [topics.outbox(parts.ipa)],
      key: practiceKey(event.practice),
      value: bytes,
      headers: cloudEventHeaders(event),
    })),
  );
}
