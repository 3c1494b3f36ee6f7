/** The effect of each record of a batch, in order, on what this node holds. Pure: it is loaded before, and saved after. */
import { HubError } from '#errors';
import { done, hold, park, retry, type IncomingRecord, type Outcome } from '#messaging';
import type { SeenResult } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import type { BatchChanges } from './batch-changes.ts';
import { markParked, type OwnUnplaced } from './mark-parked.ts';
import { noteParked, noteUnfit } from './park-received.ts';
import type { PracticeBook } from './practice-book.ts';
import type { Screened } from './screen-batch.ts';
import type { Received } from './screen-event.ts';
import { takeReceipt } from './store-receipt.ts';

/** Pause before a record that this node cannot judge yet is read again, in milliseconds. */
export const RETRY_MS = 500;
/**
 * How long a record waits for what this node may not have heard of yet (a registry version, a certificate), once the
 * registry has been read to its end, in milliseconds: beyond this, it does not exist, and the record is parked.
 */
const REGISTRY_WAIT_MS = 15 * 60_000;

/** What this node knows already of what the batch brings. */
export interface Known {
  readonly seen: ReadonlyMap<Received, SeenResult>;
  /** The node's own events that have no place, for the router's notices. */
  readonly unplaced: OwnUnplaced;
  /** Refused records that this node accepted before. */
  readonly accepted: ReadonlySet<IncomingRecord>;
}

export class TakeIn {
  readonly #parts: Pick<NodeParts, 'ipa' | 'registry'>;
  readonly #known: Known;
  readonly #book: PracticeBook;
  readonly #changes: BatchChanges;
  readonly #now: Date;

  constructor(
    parts: Pick<NodeParts, 'ipa' | 'registry'>,
    known: Known,
    { book, changes }: { readonly book: PracticeBook; readonly changes: BatchChanges },
    now: Date,
  ) {
    this.#parts = parts;
    this.#known = known;
    this.#book = book;
    this.#changes = changes;
    this.#now = now;
  }

  /** What is proved of an author is looked up, and so not judged here. */
  record(one: Exclude<Screened, { readonly kind: 'equivocation' }>): Outcome {
    switch (one.kind) {
      case 'refused':
        return this.refuse(one.record, one.error);
      case 'receipt':
        takeReceipt(this.#changes, one.receipt);
        return done();
      case 'parked':
        markParked(this.#changes, this.#parts, this.#known.unplaced, one.notice);
        return done();
      case 'event':
        return this.#event(one.record, one.received);
    }
  }

  #event(record: IncomingRecord, received: Received): Outcome {
    const known = this.#known.seen.get(received);
    const seen = known === 'again' && this.#changes.claimAgain(received.event) ? 'new' : known;
    if (seen === 'again') {
      this.#changes.repeated.push(received);
      return done();
    }
    try {
      if (seen === 'equivocation') {
        throw new HubError(
          'EQUIVOCATION',
          `${received.event.author.ipa} has signed another event with id ${received.event.id}`,
        );
      }
      return this.#book.fold(received) === 'folded' ? done() : hold('POSITION_UNEXPECTED');
    } catch (error) {
      if (!(error instanceof HubError) || error.policy.disposition !== 'park') throw error;
      const refused = { received, record, claimed: seen === 'new' };
      noteParked(this.#changes, this.#parts, refused, error, this.#now);
      if (error.code === 'EQUIVOCATION') this.#changes.forks.push(received);
      return park(error.code);
    }
  }

  /** A record that did not pass waits, if this node may be what is late, or is parked. */
  refuse(record: IncomingRecord, error: HubError): Outcome {
    if (this.#known.accepted.has(record)) return done();
    if (error.policy.disposition !== 'park' && this.#isEarly(record)) return retry(RETRY_MS);
    noteUnfit(this.#changes, record, error);
    return park(error.code);
  }

  /** True while the node itself may be what is late. */
  #isEarly(record: IncomingRecord): boolean {
    // A time stamp that lies ahead earns no more patience than one that lies back.
    const isRecent = Math.abs(this.#now.getTime() - record.timestamp.getTime()) < REGISTRY_WAIT_MS;
    return isRecent || !this.#parts.registry.status().caughtUp;
  }
}
