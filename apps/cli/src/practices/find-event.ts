import { HubError } from '#errors';
import type { Member, Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import type { RestClient } from '../rest/rest-client.ts';
import { z } from 'zod';
import { askEveryMember } from './every-member.ts';
import { practiceDetail, practicePage, type PracticeSummary } from './practice-shapes.ts';

/** Where an event was found. */
export interface FoundEvent {
  readonly at: string;
  readonly owner: string;
  readonly practiceId: string;
  readonly cui: string;
  readonly author: string;
  readonly type: string;
  /** The signed bytes. */
  readonly bytes: Buffer;
}

const feedPage = z.object({
  items: z.array(
    z.object({
      kind: z.string(),
      owner: z.string().nullable(),
      uuid: z.string().nullable(),
      eventId: z.string().nullable(),
    }),
  ),
  next: z.string(),
});
/** The most that a node gives at once. */
const FEED_LIMIT = 1_000;

/**
 * Finds an event by its id, at one member or at whichever has it.
 * @throws HubError `EVENT_NOT_FOUND`, `NODE_UNREACHABLE` when no member answers
 */
export async function findEvent(
  network: Network,
  eventId: string,
  at: Member | undefined,
): Promise<FoundEvent> {
  if (at !== undefined) {
    const found = await eventAt(clientOf(at), at, eventId);
    if (found !== undefined) return found;
    throw new HubError('EVENT_NOT_FOUND', `${at.ipa} has no event ${eventId}`);
  }
  const { answers } = await askEveryMember(network, (node, member) => eventAt(node, member, eventId));
  if (answers.length === 0) throw new HubError('NODE_UNREACHABLE', 'no member of the network answers');
  const found = answers.find(({ value }) => value !== undefined)?.value;
  if (found !== undefined) return found;
  throw new HubError('EVENT_NOT_FOUND', `no authority that answers has an event ${eventId}`);
}

async function eventAt(node: RestClient, { ipa }: Member, eventId: string): Promise<FoundEvent | undefined> {
  const practice = (await inNewestPractices(node, eventId)) ?? (await inFeed(node, eventId));
  if (practice === undefined) return undefined;
  const { practiceId, owner } = practice;
  const { cui, events } = await node.get(`/v1/practices/${practiceId}`, practiceDetail, { owner });
  const event = events.find((each) => each.eventId === eventId);
  if (event === undefined) return undefined;
  const bytes = await node.bytes(`/v1/practices/${practiceId}/events/${eventId}`, { owner });
  return { at: ipa, owner, practiceId, cui, author: event.author, type: event.type, bytes };
}

type PracticeName = Pick<PracticeSummary, 'practiceId' | 'owner'>;

/** Most ids that people ask for are of a recent filing. */
async function inNewestPractices(node: RestClient, eventId: string): Promise<PracticeName | undefined> {
  const { practices } = await node.get('/v1/practices', practicePage, { limit: 200 });
  return practices.find((practice) => practice.eventId === eventId);
}

/** The feed names every event that the node has, and those of its own that the router parked. */
async function inFeed(node: RestClient, eventId: string): Promise<PracticeName | undefined> {
  let after: string | undefined;
  for (;;) {
    const { items, next } = await node.get('/v1/feed', feedPage, { after, limit: FEED_LIMIT });
    const { owner = null, uuid = null } = items.find((item) => isEvent(item, eventId)) ?? {};
    if (owner !== null && uuid !== null) return { owner, practiceId: uuid };
    if (items.length < FEED_LIMIT) return undefined;
    after = next;
  }
}

function isEvent(item: z.output<typeof feedPage>['items'][number], eventId: string): boolean {
  return (item.kind === 'event' || item.kind === 'parked') && item.eventId === eventId;
}
