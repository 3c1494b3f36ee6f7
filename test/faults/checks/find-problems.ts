/** The promise, as questions to what the nodes hold. Pure: what is not as promised, in words. */
import { parseDecision, parseSignedItem, type Decision } from '#contracts';
import type { Ledger } from '../flow/partner.ts';
import type { AuthorityHolds, HeldEvent, Holdings, Leaf } from './read-databases.ts';

/** Event and decision bytes, each once, in the same place everywhere; nothing standing still. Empty: all as promised. */
export function findProblems(holdings: Holdings, ledger: Ledger): string[] {
  const placed = new Map(holdings.routed.map((event) => [keyOf(event), event]));
  return [
    ...holdings.standing,
    ...promisedAndNotPlaced(placed, ledger),
    ...placedAndNotPromised(holdings.routed, ledger),
    ...gaps(holdings.routed),
    ...holdings.routed.flatMap((event) => atParticipants(event, holdings.authorities)),
    ...holdings.authorities.flatMap((authority) => atAuthority(authority, placed)),
    ...inTheLog(holdings),
    ...otherThanItsCheckpoint(holdings),
  ];
}

function promisedAndNotPlaced(placed: ReadonlyMap<string, HeldEvent>, { promised }: Ledger): string[] {
  return promised
    .filter((event) => !placed.has(keyOf(event)))
    .map((event) => `answered 201 and without a position: event ${keyOf(event)}`);
}

/** What nobody was told of can only be what a caller without a key was not answered. */
function placedAndNotPromised(routed: readonly HeldEvent[], { promised, unknown }: Ledger): string[] {
  const known = new Set(promised.map(keyOf));
  if (known.size < promised.length) return ['two requests were answered with one event'];
  const others = new Map<string, number>();
  for (const event of routed) {
    if (known.has(keyOf(event))) continue;
    others.set(event.author, (others.get(event.author) ?? 0) + 1);
  }
  return [...others].flatMap(([author, count]) => {
    const possible = unknown.get(author) ?? 0;
    return count <= possible
      ? []
      : [
          `${author} has ${count} events that nobody was told of; ${possible} requests without a key went unanswered`,
        ];
  });
}

function gaps(routed: readonly HeldEvent[]): string[] {
  const positions = new Map<string, number[]>();
  for (const { practice, position } of routed)
    positions.set(practice, [...(positions.get(practice) ?? []), position ?? 0]);
  return [...positions].flatMap(([practice, has]) =>
    has.sort((a, b) => a - b).every((position, index) => position === index + 1)
      ? []
      : [`practice ${practice} has the positions ${has.join(', ')}`],
  );
}

function atParticipants(event: HeldEvent, authorities: readonly AuthorityHolds[]): string[] {
  const decision = decisionIn(event);
  const joined = decision.participants
    .filter((participant) => participant.joined)
    .map(({ ipa }): string => ipa);
  return authorities.flatMap((authority) => {
    const held = index(authority).events.get(keyOf(event));
    const name = `event ${keyOf(event)} at ${authority.name}`;
    if (!joined.includes(authority.name))
      return held === undefined ? [] : [`${name}, which is not concerned`];
    if (held === undefined) return [`${name}: not there`];
    return [
      ...(held.status === 'accepted' ? [] : [`${name}: ${held.status}`]),
      ...(held.position === event.position
        ? []
        : [`${name}: position ${held.position}, not ${event.position}`]),
      ...(held.bytes.equals(event.bytes) ? [] : [`${name}: other bytes than at the router`]),
      ...(held.decision !== null && event.decision !== null && held.decision.equals(event.decision)
        ? []
        : [`${name}: another decision than at the router`]),
      ...effectOnce(event, authority),
    ];
  });
}

/** The effect for the body's own system, and what the author hears of it. */
function effectOnce(event: HeldEvent, authority: AuthorityHolds): string[] {
  const { told, missing } = index(authority);
  const name = `event ${keyOf(event)} at ${authority.name}`;
  const times = told.get(keyOf(event)) ?? 0;
  return [
    ...(times === 1 ? [] : [`${name}: told ${times} times to its own system`]),
    ...(authority.seen.has(keyOf(event)) ? [] : [`${name}: not among what it has seen`]),
    ...(missing.get(event.eventId) ?? []).map((status) => `${name}: a document is ${status}`),
  ];
}

function atAuthority(authority: AuthorityHolds, placed: ReadonlyMap<string, HeldEvent>): string[] {
  return authority.events
    .filter((event) => !placed.has(keyOf(event)))
    .map(
      (event) =>
        `event ${keyOf(event)} at ${authority.name}: ${event.status}, and the router has not placed it`,
    );
}

/** Every event, every decision, and every receipt: of each participant for each event, and whatever its author holds. */
function inTheLog({ routed, authorities, leaves }: Holdings): string[] {
  const bytes = new Map(leaves.map((leaf) => [leafKey(leaf), leaf]));
  const wanted = routed.flatMap((event) => {
    const key = keyOf(event);
    const receipts = decisionIn(event)
      .participants.filter(({ ipa, joined }) => joined && ipa !== event.author)
      .flatMap(({ ipa }) => {
        const { withDocuments } = authorities.find(({ name }) => name === ipa) ?? {};
        const kinds = withDocuments?.has(key) === true ? RECEIPTS : RECEIPTS.slice(0, 1);
        return kinds.map((kind) => ({ key: `receipt ${key} ${ipa} ${kind}`, content: null }));
      });
    return [
      { key: `event ${key}`, content: event.bytes },
      { key: `decision ${key}`, content: event.decision },
      ...receipts,
    ];
  });
  const held = authorities.flatMap(({ receipts }) =>
    receipts.map((receipt) => ({
      key: `receipt ${keyOf(receipt)} ${receipt.by} ${receipt.kind}`,
      content: receipt.bytes,
    })),
  );
  const author = new Map(held.map(({ key, content }) => [key, content]));
  return [...wanted, ...held].flatMap(({ key, content }) => {
    const leaf = bytes.get(key);
    const same = content ?? author.get(key);
    if (same === undefined) return [`${key}: its author does not have it`];
    if (leaf?.bytes === undefined || leaf.bytes === null) return [`${key}: not in the log`];
    if (leaf.index === null) return [`${key}: without a place in the log`];
    return leaf.bytes.equals(same) ? [] : [`${key}: other bytes in the log`];
  });
}

/** The newest checkpoint is of the leaves that are there, from the first on. */
function otherThanItsCheckpoint({ leaves, checkpoint }: Holdings): string[] {
  const places = leaves.flatMap(({ index }) => (index === null ? [] : [index])).sort((a, b) => a - b);
  if (checkpoint === null) return [];
  const gap = places.findIndex((place, nth) => place !== nth);
  return [
    ...(gap === -1 ? [] : [`the log has no leaf ${gap}, and a leaf ${places[gap] ?? 0}`]),
    ...(places.length === checkpoint.size
      ? []
      : [`the log has ${places.length} leaves, its checkpoint says ${checkpoint.size}`]),
  ];
}

/** What a participant says of an event: of one with documents all three. */
const RECEIPTS = ['received', 'documents-complete', 'registered'];

interface Indexed {
  readonly events: ReadonlyMap<string, HeldEvent>;
  readonly told: ReadonlyMap<string, number>;
  /** States of documents that are not complete, by event. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
}

const indexes = new WeakMap<AuthorityHolds, Indexed>();

function index(authority: AuthorityHolds): Indexed {
  const known = indexes.get(authority);
  if (known !== undefined) return known;
  const missing = new Map<string, string[]>();
  for (const { eventId, status } of authority.missing)
    missing.set(eventId, [...(missing.get(eventId) ?? []), status]);
  const made = {
    events: new Map(authority.events.map((event) => [keyOf(event), event])),
    told: new Map(authority.told.map((each) => [keyOf(each), each.times])),
    missing,
  };
  indexes.set(authority, made);
  return made;
}

const decisions = new Map<string, Decision>();

function decisionIn({ decision }: HeldEvent): Decision {
  if (decision === null) throw new Error('an event that the router has placed has a decision');
  const text = decision.toString('latin1');
  const known = decisions.get(text);
  if (known !== undefined) return known;
  const read = parseDecision(parseSignedItem(decision).item);
  decisions.set(text, read);
  return read;
}

function keyOf({ author, eventId }: { readonly author: string; readonly eventId: string }): string {
  return `${author}/${eventId}`;
}

function leafKey(leaf: Leaf): string {
  const about = `${leaf.kind} ${keyOf(leaf)}`;
  return leaf.kind === 'receipt' ? `${about} ${leaf.speaker} ${leaf.receiptKind}` : about;
}
