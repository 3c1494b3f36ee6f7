import { HubError } from '#errors';
import type { Network } from '../network/network-file.ts';
import { table } from '../output/table.ts';
import { askEveryMember, type Unreachable } from './every-member.ts';
import { lookUpPractice } from './find-practice.ts';
import { askedText, type FoundEquivocation, type Gap } from './gap-shapes.ts';
import type { PracticeDetail } from './practice-shapes.ts';

/** One event at one authority that holds it. */
export interface TimelineRow {
  /** Whose node holds the event. */
  readonly authority: string;
  readonly event: string;
  readonly type: string;
  /** Null while the router has not placed it. */
  readonly position: number | null;
  /** When that node had it. */
  readonly at: string;
  readonly author: string;
  readonly status: string;
  readonly outOfFlow: boolean;
  /** The author's own event whose number this one took. */
  readonly replaces: string | null;
  /** The event that took this one's number. */
  readonly replacedBy: string | null;
}

/** A practice over all authorities. */
export interface PracticeStory {
  readonly cui: string;
  readonly practiceId: string;
  readonly owner: string;
  readonly procedure: string;
  readonly state: string;
  readonly eventId: string;
  readonly participants: PracticeDetail['participants'];
  readonly tasks: PracticeDetail['tasks'];
  /** How many of the practice's documents each authority has whole, and what it found of signatures in them. */
  readonly documents: readonly ({ readonly authority: string } & PracticeDetail['documents'])[];
  /** What each authority misses while later events wait there. */
  readonly waiting: readonly ({ readonly authority: string } & Gap)[];
  /** What an author of the practice has signed twice, once for each finding, with those who have the evidence. */
  readonly equivocations: readonly (FoundEquivocation & { readonly authorities: readonly string[] })[];
  /** By position (those without one last), then authority. */
  readonly timeline: readonly TimelineRow[];
  readonly unreachable: readonly Unreachable[];
}

/**
 * Asks every member for the practice. State and participants are the owner's, or those of the node that is furthest.
 * @throws HubError `PRACTICE_NOT_FOUND` when no member that answers has it, `NODE_UNREACHABLE` when none answers
 */
export async function practiceStory(network: Network, name: string): Promise<PracticeStory> {
  const { answers, unreachable } = await askEveryMember(network, (node) => lookUpPractice(node, name));
  const held = answers.flatMap(({ member, value }) =>
    value === undefined ? [] : [{ authority: member.ipa, practice: value }],
  );
  const [first] = [...held].sort(
    (one, other) =>
      Number(isOwners(other)) - Number(isOwners(one)) || other.practice.position - one.practice.position,
  );
  if (first === undefined) {
    if (answers.length === 0) throw new HubError('NODE_UNREACHABLE', 'no member of the network answers');
    throw new HubError('PRACTICE_NOT_FOUND', `no authority that answers has a practice ${name}`);
  }
  const { cui, practiceId, owner, procedure, state, eventId, participants, tasks } = first.practice;
  return {
    cui,
    practiceId,
    owner,
    procedure,
    state,
    eventId,
    participants,
    tasks,
    documents: held.map(({ authority, practice }) => ({ authority, ...practice.documents })),
    waiting: held.flatMap(({ authority, practice: { waiting } }) =>
      waiting === null ? [] : [{ authority, ...waiting }],
    ),
    equivocations: equivocationsOf(held),
    timeline: held.flatMap(({ authority, practice }) => rowsOf(authority, practice)).sort(byPosition),
    unreachable,
  };
}

interface Held {
  readonly authority: string;
  readonly practice: PracticeDetail;
}

/** One row for two signings, whichever of them an authority knew first. */
function equivocationsOf(held: readonly Held[]): PracticeStory['equivocations'] {
  const found = held.flatMap(({ authority, practice }) =>
    practice.equivocations.map((one) => ({ authority, one })),
  );
  const byPair = Map.groupBy(found, ({ one: { first, second } }) =>
    [first.digest, second.digest].sort().join(),
  );
  return [...byPair.values()].flatMap((rows) =>
    rows.slice(0, 1).map(({ one }) => ({ ...one, authorities: rows.map(({ authority }) => authority) })),
  );
}

function isOwners({ authority, practice }: Held): boolean {
  return authority.toLowerCase() === practice.owner.toLowerCase();
}

function rowsOf(authority: string, { events }: PracticeDetail): TimelineRow[] {
  return events.map(({ eventId, type, position, at, author, status, outOfFlow, replaces, replacedBy }) => ({
    authority,
    event: eventId,
    type,
    position,
    at,
    author,
    status,
    outOfFlow,
    replaces,
    replacedBy,
  }));
}

function byPosition(one: TimelineRow, other: TimelineRow): number {
  const place = (row: TimelineRow): number => row.position ?? Number.MAX_SAFE_INTEGER;
  return (
    place(one) - place(other) || compare(one.event, other.event) || compare(one.authority, other.authority)
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

type DocumentCount = PracticeDetail['documents'] | undefined;

/** How far they are: `3 of 3 complete`, `1 of 3 fetching`, `1 of 3 author away since 2026-03-04T08:00:00.000Z`, `2 of 3 lost by its disk since 2026-03-04T08:00:00.000Z`. */
function documentsText(count: DocumentCount): string {
  if (count === undefined) return '-';
  const { complete, total } = count;
  const state = count.state ?? (complete === total ? 'complete' : 'fetching');
  return total === 0 ? 'none' : `${complete} of ${total} ${saidOf(state, count)}`;
}

function saidOf(
  state: string,
  { awaySince, lostSince }: Pick<PracticeDetail['documents'], 'awaySince' | 'lostSince'>,
): string {
  if (state === 'author-away') return `author away since ${awaySince ?? '?'}`;
  return state === 'lost' ? `lost by its disk since ${lostSince ?? '?'}` : state;
}

/** What that authority's own check found; nothing is said where it found nothing. */
function signaturesText(count: DocumentCount): string {
  if (count === undefined) return '';
  const { signatures, signaturesInDoubt, unchecked } = count;
  return [
    ...(signatures === 0 ? [] : [String(signatures)]),
    ...(signaturesInDoubt === 0 ? [] : [`${signaturesInDoubt} in doubt`]),
    ...(unchecked === 0 ? [] : [`${unchecked} to check`]),
  ].join(', ');
}

function statusText({ status, outOfFlow, replaces, replacedBy }: TimelineRow): string {
  if (replacedBy !== null) return `${status}, by ${replacedBy}`;
  return [
    status,
    ...(outOfFlow ? ['out of flow'] : []),
    ...(replaces === null ? [] : [`replaces ${replaces}`]),
  ].join(', ');
}

/** The story for people: who takes part and why, then what each node holds. */
export function storyText(story: PracticeStory): string {
  const { cui, procedure, state, practiceId } = story;
  const documentsOf = new Map(story.documents.map(({ authority, ...count }) => [authority, count]));
  const participants = story.participants.map(({ ipa, part, joined, rule }) => {
    const count = documentsOf.get(ipa);
    return [ipa, part, rule, joined ? documentsText(count) : 'to be told by PEC', signaturesText(count)];
  });
  const timeline = story.timeline.map((row) => [
    row.position === null ? '-' : String(row.position),
    row.type,
    row.author,
    row.authority,
    row.at,
    statusText(row),
  ]);
  return [
    `${cui}  ${procedure}  ${state}`,
    `practice ${practiceId}`,
    '',
    table(['participant', 'part', 'by rule', 'documents', 'signatures in them'], participants),
    '',
    table(['position', 'event', 'author', 'held by', 'since', 'status'], timeline),
    ...story.waiting.map(
      ({ authority, missing, waiting, since, asked }) =>
        `${authority} misses position ${missing.from} to ${missing.to} since ${since}: ${waiting} wait; ${askedText(asked)}`,
    ),
    ...story.equivocations.map(
      ({ author, kind, first, second, authorities }) =>
        `EQUIVOCATION by ${author} (${kind}): ${first.eventId} and ${second.eventId}; evidence at ${authorities.join(', ')}`,
    ),
    ...story.unreachable.map(({ authority, code }) => `${authority} could not be asked: ${code}`),
  ].join('\n');
}
