/** The practices that a batch touches, as this node holds them, and the fold of received events into them. Pure. */
import {
  foldingProcedure,
  foldPractice,
  practiceKey,
  type Act,
  type HubEvent,
  type PracticeState,
} from '#contracts';
import { HubError } from '#errors';
import type { FeedItem } from '../feed/append-feed.ts';
import type { NodeParts } from '../node-parts.ts';
import type { BatchChanges } from './batch-changes.ts';
import { eventKeyOf } from './event-key.ts';
import { noteParked, recordOf } from './park-received.ts';
import { receiptOf } from './receipts.ts';
import type { Received } from './screen-event.ts';

/** What became of a received event: folded (and what had waited for it), or waiting for an earlier position. */
export type Folded = 'folded' | 'waiting';

export interface HeldPractice {
  /** The folded state; null while no event of the practice has its position here. */
  state: PracticeState | null;
  /** Of the positions that the batch asks for, those that an event has: its key (`eventKeyOf`). */
  readonly places: Map<number, string>;
  /** Of the authors' numbers that the batch asks for (`numberKey`), those that an event has: its key. */
  readonly numbers: Map<string, string>;
  /** Whether events wait for their turn, as far as the batch has asked. */
  waits: boolean;
  /** Those of them that were loaded, by position. */
  readonly waiting: Map<number, Received>;
}

/** By `practiceKey`. */
export type HeldPractices = ReadonlyMap<string, HeldPractice>;

type BookParts = Pick<NodeParts, 'ipa' | 'registry' | 'ids'>;

/**
 * Folds received events into their practices, in position order. What comes early waits, that practice only; what it
 * was waited for follows at once. The caller holds the practices' locks and saves the changes.
 */
export class PracticeBook {
  readonly #parts: BookParts;
  readonly #held: HeldPractices;
  readonly #changes: BatchChanges;
  readonly #at: Date;

  constructor(parts: BookParts, held: HeldPractices, changes: BatchChanges, at: Date) {
    this.#parts = parts;
    this.#held = held;
    this.#changes = changes;
    this.#at = at;
  }

  /**
   * Nothing is changed before it is sure that the event fits.
   * @throws HubError `EQUIVOCATION` if its author has signed another with this number, `POSITION_TAKEN` if the position is another event's, `PROCEDURE_UNKNOWN`, `DECISION_MISMATCH`
   */
  fold(received: Received): Folded {
    const held = this.#practice(received);
    checkNumberFree(held, received);
    checkPositionFree(held, received);
    const folded = this.#place(held, received);
    held.places.set(received.decision.position, eventKeyOf(received.event));
    held.numbers.set(numberKey(received.event), eventKeyOf(received.event));
    return folded;
  }

  /** Folds what waits and whose turn has come. One that turns out not to fit is parked; those behind it go on waiting. */
  foldWaiting(held: HeldPractice): void {
    for (;;) {
      const next = held.waiting.get(nextOf(held));
      if (next === undefined) return;
      held.waiting.delete(next.decision.position);
      try {
        this.#apply(held, next);
      } catch (error) {
        if (!(error instanceof HubError) || error.policy.disposition !== 'park') throw error;
        this.#parkWaiting(held, next, error);
      }
    }
  }

  #practice({ event }: Received): HeldPractice {
    const held = this.#held.get(practiceKey(event.practice));
    if (held === undefined) throw new RangeError(`practice ${practiceKey(event.practice)} was not loaded`);
    return held;
  }

  #place(held: HeldPractice, received: Received): Folded {
    const { position } = received.decision;
    if (position > nextOf(held)) return this.#wait(held, received);
    const act = position < nextOf(held) ? actOf(held, received) : undefined;
    return act === undefined ? this.#follow(held, received) : this.#restore(received, act);
  }

  /** The practice was folded with this very event: a row that was lost here comes back, and nothing else happens. */
  #restore(received: Received, { outOfFlow }: Act): Folded {
    this.#changes.event({ received, status: 'accepted', outOfFlow, restored: true });
    return 'folded';
  }

  #wait(held: HeldPractice, received: Received): Folded {
    held.waiting.set(received.decision.position, received);
    this.#changes.event({ received, status: 'waiting', outOfFlow: false });
    if (!this.#isOwn(received)) {
      const receipt = receiptOf(received, this.#parts.ipa, 'held', this.#at, 'POSITION_UNEXPECTED');
      this.#changes.tell({ receipt });
    }
    return 'waiting';
  }

  #follow(held: HeldPractice, received: Received): Folded {
    this.#apply(held, received);
    this.foldWaiting(held);
    return 'folded';
  }

  #apply(held: HeldPractice, received: Received): void {
    const { event, decision, digest } = received;
    const procedure = foldingProcedure(held.state, received, this.#parts.registry);
    const state = foldPractice(held.state, { event, eventDigest: digest, decision }, procedure);
    const part = decision.participants.find(({ ipa }) => ipa === this.#parts.ipa)?.part ?? 'informed';
    held.state = state;
    this.#changes.practice(received, state, part);
    this.#changes.event({
      received,
      status: 'accepted',
      outOfFlow: state.acts.at(-1)?.outOfFlow ?? false,
    });
    if (!this.#isOwn(received))
      this.#changes.tell({ receipt: receiptOf(received, this.#parts.ipa, 'received', this.#at) });
    this.#changes.tell({ feed: feedItemOf(received) });
  }

  #parkWaiting(held: HeldPractice, received: Received, error: HubError): void {
    held.places.delete(received.decision.position);
    held.numbers.delete(numberKey(received.event));
    this.#changes.drop(received.event);
    const record = recordOf(this.#parts, received, this.#at);
    noteParked(this.#changes, this.#parts, { received, record, claimed: true }, error, this.#at);
  }

  #isOwn({ event }: Received): boolean {
    return event.author.ipa === this.#parts.ipa;
  }
}

function nextOf({ state }: HeldPractice): number {
  return (state?.position ?? 0) + 1;
}

/** The act that this event became when it was folded; undefined if another stands there. */
function actOf({ state }: HeldPractice, { event, digest, decision }: Received): Act | undefined {
  const act = state?.acts.find(({ position }) => position === decision.position);
  return act?.id === event.id && act.digest === digest ? act : undefined;
}

/** Key of an author's number in a practice. */
export function numberKey({ author, sequence }: Pick<HubEvent, 'author' | 'sequence'>): string {
  return `${author.ipa}#${sequence.number}`;
}

function checkNumberFree({ numbers }: HeldPractice, { event }: Received): void {
  const holder = numbers.get(numberKey(event));
  if (holder === undefined || holder === eventKeyOf(event)) return;
  throw new HubError(
    'EQUIVOCATION',
    `${event.author.ipa} has signed another event with number ${event.sequence.number} of ${practiceKey(event.practice)}`,
  );
}

function checkPositionFree({ places }: HeldPractice, { event, decision }: Received): void {
  const holder = places.get(decision.position);
  if (holder === undefined || holder === eventKeyOf(event)) return;
  throw new HubError(
    'POSITION_TAKEN',
    `position ${decision.position} of ${practiceKey(event.practice)} is another event's`,
  );
}

function feedItemOf({ event, decision }: Received): FeedItem {
  const { owner, uuid } = event.practice;
  const { position } = decision;
  return {
    kind: 'event',
    owner,
    uuid,
    author: event.author.ipa,
    eventId: event.id,
    type: event.type,
    position,
  };
}
