/**
 * What the router knows of one practice while it holds the row lock: the place of the last accepted event, each
 * author's own numbering, and the events that wait behind a gap. Pure: the store loads and saves it.
 */
import type { EventId, HubEvent, IpaCode, Participant, SettledPractice, Sha256 } from '#contracts';
import { HubError } from '#errors';

/** An event that has passed every check that needs no knowledge of the practice. */
export interface Arrival {
  readonly event: HubEvent;
  /** The signed bytes, as they came. */
  readonly bytes: Buffer;
  /** SHA-256 of the signed bytes. */
  readonly digest: Sha256;
  /** SHA-256 of the canonical SignedInfo. */
  readonly signedInfoDigest: Sha256;
  /** SHA-256 of the certificate that signed it. */
  readonly signer: Sha256;
  /** Where it was read, for the quarantine. */
  readonly origin: Origin;
}

export interface Origin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

export interface AuthorHead {
  readonly number: number;
  readonly digest: Sha256 | null;
}

export interface PracticeLedger {
  /** What the first accepted event settled; null until then. */
  practice: SettledPractice | null;
  lastPosition: number;
  readonly heads: Map<IpaCode, AuthorHead>;
  /** Events behind a gap, by author and number. */
  readonly waiting: Map<string, Arrival>;
  /** Numbers that their author has closed: an event that turns up with one of them can never pass. */
  readonly voided: Set<string>;
  /** By author and number, the event that verified and was parked: another one of that number has to say so. */
  readonly parked: Map<string, Claim>;
  /** Events that their author has replaced, by author and id. */
  readonly replaced: Map<string, Replaced>;
}

/** An event's claim to its author's number. */
export interface Claim {
  readonly author: IpaCode;
  readonly number: number;
  readonly eventId: EventId;
  readonly signedInfoDigest: Sha256;
}

export type Replaced = Pick<Claim, 'author' | 'number' | 'eventId'>;

/** A practice of which nothing is known yet. */
export function emptyLedger(): PracticeLedger {
  return {
    practice: null,
    lastPosition: 0,
    heads: new Map(),
    waiting: new Map(),
    voided: new Set(),
    parked: new Map(),
    replaced: new Map(),
  };
}

export function slot(author: IpaCode, number: number): string {
  return `${author}#${number}`;
}

/** Key of `replaced`. */
export function eventKey(author: IpaCode, id: EventId): string {
  return `${author}/${id}`;
}

/** What became of an arrival. `held` stays in `ledger.waiting`. */
export type Placement =
  | { readonly kind: 'placed'; readonly arrival: Arrival; readonly position: number }
  | { readonly kind: 'parked'; readonly arrival: Arrival; readonly error: HubError };

/** Judges one event whose turn it is, and says who takes part. Throws to park it. */
export type Admission = (arrival: Arrival, ledger: PracticeLedger) => readonly Participant[];

/**
 * Takes an arrival in, then places everything whose turn has come: the number that follows its author's last one,
 * naming its digest. A number that its author voids is skipped. What is not placed or parked waits. An event that its
 * author has replaced gives way: if it waits it is parked, and it can never be placed from then on.
 *
 * @returns what was placed and parked, in order; the ledger is advanced in place
 */
export function takeIn(ledger: PracticeLedger, arrival: Arrival, admit: Admission): Placement[] {
  const { author, sequence, replaces } = arrival.event;
  const refusal = refuseAtOnce(ledger, arrival);
  if (refusal) return [{ kind: 'parked', arrival, error: refusal }];
  const place = slot(author.ipa, sequence.number);
  const waiting = ledger.waiting.get(place);
  const gaveWay = waiting?.event.id === replaces ? [replacedPlacement(waiting)] : [];
  // Of two copies of one event, the first stays.
  if (waiting === undefined || gaveWay.length > 0) ledger.waiting.set(place, arrival);
  if (replaces !== null)
    noteReplaced(ledger, { author: author.ipa, number: sequence.number, eventId: replaces });
  return [...gaveWay, ...settle(ledger, author.ipa, admit)];
}

function noteReplaced(ledger: PracticeLedger, replaced: Replaced): void {
  ledger.replaced.set(eventKey(replaced.author, replaced.eventId), replaced);
}

function replacedPlacement(arrival: Arrival): Placement {
  const { author, id } = arrival.event;
  const error = new HubError('EVENT_REPLACED', `${author.ipa} has replaced its event ${id}`);
  return { kind: 'parked', arrival, error };
}

/**
 * A number that is already taken, or already claimed by another event of its author (waiting, or parked), is
 * equivocation (architecture, rule 5), unless the author itself says that this event replaces that one.
 */
function refuseAtOnce(ledger: PracticeLedger, arrival: Arrival): HubError | null {
  const { author, sequence, id, replaces } = arrival.event;
  const place = slot(author.ipa, sequence.number);
  if (ledger.voided.has(place)) {
    return new HubError(
      'EVENT_VOIDED',
      `number ${sequence.number} of ${author.ipa} was voided by its author`,
    );
  }
  if (ledger.replaced.has(eventKey(author.ipa, id))) {
    return new HubError('EVENT_REPLACED', `${author.ipa} has replaced its event ${id}`);
  }
  const claimed =
    replaces === null ? null : (numberClaimedBy(ledger, author.ipa, replaces) ?? sequence.number);
  if (claimed !== null && (claimed !== sequence.number || replaces === id)) {
    return new HubError(
      'REPLACEMENT_MISMATCH',
      `event ${id} has number ${sequence.number}, and ${replaces} that it replaces number ${claimed}`,
    );
  }
  if (sequence.number <= headOf(ledger, author.ipa).number || isForked(ledger, arrival)) {
    return new HubError(
      'EQUIVOCATION',
      `${author.ipa} has signed another event with number ${sequence.number} of this practice; this one is ${id}`,
    );
  }
  return null;
}

/** Whether another event claims the number, and this one does not say that it replaces that one. */
function isForked(ledger: PracticeLedger, { event, signedInfoDigest }: Arrival): boolean {
  const place = slot(event.author.ipa, event.sequence.number);
  const waiting = ledger.waiting.get(place);
  const first = waiting === undefined ? ledger.parked.get(place) : claimOf(waiting);
  if (first === undefined || first.signedInfoDigest === signedInfoDigest) return false;
  return first.eventId !== event.replaces;
}

/** The number under which an event of the author is known here without having been placed. */
function numberClaimedBy(ledger: PracticeLedger, author: IpaCode, id: EventId): number | undefined {
  const claims = [...[...ledger.waiting.values()].map(claimOf), ...ledger.parked.values()];
  return claims.find((claim) => claim.author === author && claim.eventId === id)?.number;
}

function claimOf({ event, signedInfoDigest }: Arrival): Claim {
  return { author: event.author.ipa, number: event.sequence.number, eventId: event.id, signedInfoDigest };
}

function settle(ledger: PracticeLedger, author: IpaCode, admit: Admission): Placement[] {
  const placements: Placement[] = [];
  for (;;) {
    if (closeVoided(ledger, author)) continue;
    const head = headOf(ledger, author);
    const next = ledger.waiting.get(slot(author, head.number + 1));
    if (!next) return placements;
    ledger.waiting.delete(slot(author, head.number + 1));
    const placement = judge(ledger, next, head, admit);
    placements.push(placement);
    // A parked event leaves its number open, and claimed: what follows waits until its author voids or replaces it.
    if (placement.kind === 'parked') {
      ledger.parked.set(slot(author, head.number + 1), claimOf(next));
      return placements;
    }
  }
}

/** Skips the next number if a waiting `event.voided` of the same author names it. */
function closeVoided(ledger: PracticeLedger, author: IpaCode): boolean {
  const missing = headOf(ledger, author).number + 1;
  for (const { event } of ledger.waiting.values()) {
    if (event.author.ipa !== author || event.body.type !== 'event.voided') continue;
    if (event.body.number !== missing || event.sequence.number === missing) continue;
    ledger.heads.set(author, { number: missing, digest: event.body.digest });
    ledger.voided.add(slot(author, missing));
    ledger.waiting.delete(slot(author, missing));
    return true;
  }
  return false;
}

function judge(ledger: PracticeLedger, arrival: Arrival, head: AuthorHead, admit: Admission): Placement {
  const { event } = arrival;
  try {
    if (event.sequence.previous !== head.digest) {
      throw new HubError(
        'PREVIOUS_DIGEST_MISMATCH',
        `event ${event.id} names ${event.sequence.previous ?? 'no predecessor'}, but ${event.author.ipa}'s last event is ${head.digest ?? 'none'}`,
      );
    }
    const participants = admit(arrival, ledger);
    ledger.practice ??= { practice: event.practice, procedure: event.procedure, participants };
  } catch (error) {
    if (error instanceof HubError && error.policy.disposition === 'park') {
      return { kind: 'parked', arrival, error };
    }
    throw error;
  }
  ledger.lastPosition += 1;
  ledger.heads.set(event.author.ipa, { number: event.sequence.number, digest: arrival.digest });
  return { kind: 'placed', arrival, position: ledger.lastPosition };
}

function headOf(ledger: PracticeLedger, author: IpaCode): AuthorHead {
  return ledger.heads.get(author) ?? { number: 0, digest: null };
}
