import { practiceKey } from '#contracts';
import { HubError } from '#errors';
import { REFUSED_BY_TIME, sha256Hex } from '#evidence';
import { done, retry, type IncomingRecord, type Outcome } from '#messaging';
import { claimSeen, type SeenResult, type Tx } from '#persistence';
import { closePassed } from '#quarantine';
import { recordNotice } from '../equivocations/record-equivocation.ts';
import type { NodeParts } from '../node-parts.ts';
import { BatchChanges, type Parking } from './batch-changes.ts';
import { heldAlready } from './held-already.ts';
import { loadPlaces, notePlaces } from './load-places.ts';
import { loadUnplaced } from './mark-parked.ts';
import { PracticeBook, type HeldPractices } from './practice-book.ts';
import { loadWaiting, lockPractices, type Advancing } from './practice-store.ts';
import { findRare } from './rare.ts';
import { saveChanges } from './save-changes.ts';
import { screenBatch, type Screened } from './screen-batch.ts';
import type { Received } from './screen-event.ts';
import { RETRY_MS, TakeIn, type Known } from './take-in.ts';

/** How much of what waits is folded at a time, bytes: a gap that closes after months does not take the memory. */
const WAITING_BYTES = 8 * 1024 * 1024;

/**
 * Takes in one batch of the node's inbox: events with their decisions, receipts for the node's own events, and notices
 * of what the router parked. One transaction: what was seen, state, documents to fetch, feed, receipts. A record that
 * does not pass is kept in the node's quarantine and holds nobody up. What the batch needs is loaded and what it
 * changes is written with one statement for each kind, however many records there are (ADR 0025).
 */
export class ReceiveBatch {
  readonly #parts: NodeParts;
  readonly #waitingBytes: number;

  constructor(parts: NodeParts, { waitingBytes = WAITING_BYTES } = {}) {
    this.#parts = parts;
    this.#waitingBytes = waitingBytes;
  }

  /** @returns one outcome per record, in order */
  async run(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    const now = this.#parts.clock.now();
    const screened = await screenBatch(records, this.#parts, now);
    return this.#parts.work.run((tx) => this.#takeIn(tx, screened, now));
  }

  /** The same for one record, in the caller's transaction. */
  async runOne(tx: Tx, record: IncomingRecord): Promise<Outcome> {
    const now = this.#parts.clock.now();
    const [outcome] = await this.#takeIn(tx, await screenBatch([record], this.#parts, now), now);
    return outcome ?? retry(RETRY_MS);
  }

  async #takeIn(tx: Tx, screened: readonly Screened[], now: Date): Promise<Outcome[]> {
    const events = screened.flatMap((one) => (one.kind === 'event' ? [one.received] : []));
    // Sent together, in this order: what is loaded is what there is once the practices are locked.
    const [held, known, places, rare] = await Promise.all([
      lockPractices(
        tx,
        events.map(({ event }) => event.practice),
      ),
      this.#load(tx, screened, events),
      loadPlaces(tx, events),
      findRare(tx),
    ]);
    notePlaces(held, places);
    const fresh = events.filter((received) => known.seen.get(received) === 'new');
    const mayBeMore = await loadWaiting(tx, held, advancedBy(fresh, held), this.#waitingBytes);
    const changes = new BatchChanges();
    const book = new PracticeBook(this.#parts, held, changes, now);
    const taking = new TakeIn(this.#parts, known, { book, changes }, now);
    const outcomes: Outcome[] = [];
    const passed: string[] = [];
    const passedAfterAll: string[] = [];
    for (const one of screened) {
      const parkedBefore = changes.parkings.length;
      const outcome =
        one.kind === 'equivocation' ? await this.#believe(tx, one, taking, now) : taking.record(one);
      outcomes.push(outcome);
      const digest = passedWith(one, outcome);
      if (digest === null) continue;
      const wasParked = changes.parkings
        .slice(0, parkedBefore)
        .some((parking) => digestOf(parking) === digest);
      (wasParked ? passedAfterAll : passed).push(digest);
    }
    // Before the changes: what passed and is parked all the same, when its turn comes in this very batch, stays parked.
    if (rare.parked) await closePassed(tx, passed, now);
    await saveChanges(tx, this.#parts, changes, now, rare);
    if (passedAfterAll.length > 0) await closePassed(tx, passedAfterAll, now);
    if (mayBeMore) await this.#foldRest(tx, held, events, now);
    return outcomes;
  }

  /** A notice is believed for what it proves, and parked if that is nothing. Such notices are rare. */
  async #believe(
    tx: Tx,
    { record, notice }: Extract<Screened, { readonly kind: 'equivocation' }>,
    taking: TakeIn,
    now: Date,
  ): Promise<Outcome> {
    try {
      await recordNotice(tx, this.#parts, notice, now);
      return done();
    } catch (error) {
      if (error instanceof HubError) return taking.refuse(record, error);
      throw error;
    }
  }

  async #load(tx: Tx, screened: readonly Screened[], events: readonly Received[]): Promise<Known> {
    const claims = events.map(({ event, signedInfoDigest }) => ({
      author: event.author.ipa,
      eventId: event.id,
      signedInfoDigest: Buffer.from(signedInfoDigest, 'hex'),
    }));
    const seen = await claimSeen(tx, claims);
    const notices = screened.flatMap((one) => (one.kind === 'parked' ? [one.notice] : []));
    const late = screened.flatMap((one) =>
      one.kind === 'refused' && REFUSED_BY_TIME.has(one.error.code) ? [one.record] : [],
    );
    return {
      seen: new Map(
        events.flatMap((received, index): [Received, SeenResult][] => {
          const result = seen[index];
          return result === undefined ? [] : [[received, result]];
        }),
      ),
      unplaced: await loadUnplaced(tx, this.#parts.ipa, notices),
      accepted: await heldAlready(tx, late),
    };
  }

  /** Folds what waits behind this batch and did not fit into memory with it, piece by piece. */
  async #foldRest(tx: Tx, held: HeldPractices, events: readonly Received[], now: Date): Promise<void> {
    const practices = new Map(events.map(({ event }) => [practiceKey(event.practice), event.practice]));
    for (let mayBeMore = true; mayBeMore;) {
      const advancing = [...practices].map(([key, practice]) => ({
        ...practice,
        position: held.get(key)?.state?.position ?? 0,
        arrived: 0,
      }));
      mayBeMore = await loadWaiting(tx, held, advancing, this.#waitingBytes);
      const changes = new BatchChanges();
      const book = new PracticeBook(this.#parts, held, changes, now);
      for (const practice of held.values()) book.foldWaiting(practice);
      await saveChanges(tx, this.#parts, changes, now);
    }
  }
}

/** SHA-256 of the bytes that passed: what was parked with them before needs nobody any more. Null if they did not. */
function passedWith(one: Screened, outcome: Outcome): string | null {
  if (outcome.kind !== 'done' && outcome.kind !== 'hold') return null;
  if (one.kind === 'event') return one.received.digest;
  return one.kind === 'receipt' ? sha256Hex(one.record.value) : null;
}

function digestOf({ record }: Parking): string {
  return sha256Hex(record.value);
}

/** The practices with waiting events that have their next one among these: what waits in others goes on waiting. */
function advancedBy(fresh: readonly Received[], held: HeldPractices): Advancing[] {
  const byPractice = Map.groupBy(fresh, ({ event }) => practiceKey(event.practice));
  return [...byPractice].flatMap(([key, arrived]) => {
    const practice = held.get(key);
    const position = practice?.state?.position ?? 0;
    const [one] = arrived;
    if (
      practice?.waits !== true ||
      one === undefined ||
      !arrived.some(({ decision }) => decision.position === position + 1)
    )
      return [];
    return [{ ...one.event.practice, position, arrived: arrived.length }];
  });
}
