/** What a batch of the inbox is going to change: collected while its records are judged in memory, written at the end. */
import { practiceKey, type HubEvent, type Part, type PracticeState, type Receipt } from '#contracts';
import type { HubError } from '#errors';
import type { IncomingRecord } from '#messaging';
import type { FeedItem } from '../feed/append-feed.ts';
import type { HeldReceipt, ParkedNotice } from './arrived.ts';
import { eventKeyOf, type EventKey } from './event-key.ts';
import type { Received } from './screen-event.ts';

/** A practice after the batch. */
export interface ChangedPractice {
  /** The first event of the batch that was folded into it: a new row takes from it what stays. */
  readonly first: Received;
  /** The last one: the participants are those of its decision. */
  readonly last: Received;
  readonly state: PracticeState;
  /** This node's part. */
  readonly part: Part;
}

/** An event with its place, or waiting for its turn. */
export interface ChangedEvent {
  readonly received: Received;
  readonly status: 'accepted' | 'waiting';
  readonly outOfFlow: boolean;
  /** The practice has it already: only its row was missing here. */
  readonly restored?: boolean;
}

/** A record that did not pass. */
export interface Parking {
  readonly record: IncomingRecord;
  readonly error: HubError;
}

/** Something to tell, in the order of the batch: to the partner's system, or to the author and the log. */
interface Saying {
  readonly feed?: FeedItem;
  readonly receipt?: Receipt;
  /** Only told if this was not kept before. */
  readonly ifNew?: Parking | HeldReceipt;
}

export class BatchChanges {
  /** By `practiceKey`. */
  readonly practices = new Map<string, ChangedPractice>();
  /** By `eventKeyOf`. */
  readonly events = new Map<string, ChangedEvent>();
  /** Events that waited, and leave: they were parked when their turn came. By `eventKeyOf`. */
  readonly dropped = new Map<string, EventKey>();
  /** Events that count as not seen: they were parked, and a release is to find them new. */
  readonly #unclaimed = new Map<string, EventKey>();
  readonly parkings: Parking[] = [];
  /** Events that contradict another of their author. */
  readonly forks: Received[] = [];
  /** Events that this node has: delivered again, or copies with other bytes. */
  readonly repeated: Received[] = [];
  readonly receipts: HeldReceipt[] = [];
  /** The router's notices that hold, by the id of the event. */
  readonly notices = new Map<string, ParkedNotice>();
  readonly #said: Saying[] = [];

  /** The practice after one more event. */
  practice(received: Received, state: PracticeState, part: Part): void {
    const key = practiceKey(received.event.practice);
    const { first, part: firstPart } = this.practices.get(key) ?? { first: received, part };
    this.practices.set(key, { first, last: received, state, part: firstPart });
  }

  event(changed: ChangedEvent): void {
    this.events.set(eventKeyOf(changed.received.event), changed);
  }

  get unclaimed(): readonly EventKey[] {
    return [...this.#unclaimed.values()];
  }

  unclaim(event: EventKey): void {
    this.#unclaimed.set(eventKeyOf(event), event);
  }

  /** True for an event that was parked in this batch: delivered once more behind that, it is judged anew, and counts as seen. */
  claimAgain(event: EventKey): boolean {
    return this.#unclaimed.delete(eventKeyOf(event));
  }

  /** A waiting event leaves the practice. */
  drop(event: HubEvent): void {
    const key = eventKeyOf(event);
    this.events.delete(key);
    this.dropped.set(key, event);
  }

  tell(saying: Saying): void {
    this.#said.push(saying);
  }

  /** What is to be told, once it is known what was new. */
  said(news: ReadonlySet<object>): {
    readonly feed: readonly FeedItem[];
    readonly receipts: readonly Receipt[];
  } {
    const said = this.#said.filter(({ ifNew }) => ifNew === undefined || news.has(ifNew));
    return {
      feed: said.flatMap(({ feed }) => feed ?? []),
      receipts: said.flatMap(({ receipt }) => receipt ?? []),
    };
  }
}
