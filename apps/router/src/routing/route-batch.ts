import { HubError } from '#errors';
import { signDecisions, type BatchChecks, type Checked, type Signer } from '#evidence';
import { done, hold, park, retry, type IncomingRecord, type Outcome } from '#messaging';
import { appendOutbox, claimSeen, type Tx, type UnitOfWork } from '#persistence';
import type { Clock, IdSource, Logger } from '#platform';
import { anyParked } from '#quarantine';
import { withoutFirst } from '../equivocations/lost-events.ts';
import { noteRepeated } from '../equivocations/note-repeated.ts';
import { tellEquivocations } from '../equivocations/tell-equivocations.ts';
import { settleRouted } from '../quarantine/settle-routed.ts';
import { parkRecords, type Refused } from '../quarantine/park-records.ts';
import type { RouterRegistry } from '../router-registry.ts';
import { knownEvents } from '../store/known-events.ts';
import { loadLedgers, saveLedgers } from '../store/ledger-store.ts';
import { insertRouted, type Routed } from '../store/routed-events.ts';
import { decisionRecords } from './decision-records.ts';
import { Patience } from './patience.ts';
import { withoutPlaced } from './placed-before.ts';
import { placeArrivals } from './place-arrivals.ts';
import type { Arrival, Origin } from './practice-ledger.ts';
import { finalReason, mayPassLater, screenRecord } from './screen-record.ts';

/** Pause before a record that this router cannot judge yet is read again, in milliseconds. */
const RETRY_MS = 500;

export interface RouterParts {
  /** As in the router's certificate. */
  readonly name: string;
  readonly work: UnitOfWork;
  readonly registry: RouterRegistry;
  readonly verifier: BatchChecks;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Pick<Logger, 'error'>;
}

type Screened =
  | { readonly kind: 'arrived'; readonly arrival: Arrival }
  | { readonly kind: 'refused'; readonly refused: Refused }
  | { readonly kind: 'later' };

/**
 * Routes one batch of records from the members' outboxes: verify, give each event its place, sign the decisions over
 * one Merkle root, and commit them with what is to be sent. A record that fails parks alone. Only after the commit does
 * the relay send anything, so a decision is never signed twice for one event.
 */
export class RouteBatch {
  readonly #parts: RouterParts;
  readonly #patience = new Patience();

  constructor(parts: RouterParts) {
    this.#parts = parts;
  }

  /** @returns one outcome per record, in order */
  async run(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    const now = this.#parts.clock.now();
    const screened = await this.#screenAll(records, now);
    return await this.#parts.work.run((tx) => this.#judge(tx, records, screened, now));
  }

  /** The same for one record, in the caller's transaction. */
  async runOne(tx: Tx, record: IncomingRecord): Promise<Outcome> {
    const now = this.#parts.clock.now();
    const [outcome] = await this.#judge(tx, [record], await this.#screenAll([record], now), now);
    return outcome ?? retry(RETRY_MS);
  }

  async #judge(
    tx: Tx,
    records: readonly IncomingRecord[],
    screened: readonly Screened[],
    now: Date,
  ): Promise<Outcome[]> {
    const arrivals = screened.flatMap((one) => (one.kind === 'arrived' ? [one.arrival] : []));
    const refused = await withoutPlaced(
      tx,
      screened.flatMap((one) => (one.kind === 'refused' ? [one.refused] : [])),
    );
    const stored = await this.#store(tx, arrivals, refused, now);
    return screened.map((one, index) => {
      if (one.kind === 'later') return retry(RETRY_MS);
      return stored.get(placeOf(records[index])) ?? done();
    });
  }

  /** Bytes are checked together, on worker threads; who signed each record is judged here, by its time of arrival. */
  async #screenAll(records: readonly IncomingRecord[], now: Date): Promise<readonly Screened[]> {
    const checked = await this.#parts.verifier.check('event', records, ({ value }) => value);
    return checked.map((one) => this.#screen(one, now));
  }

  #screen(checked: Checked<'event', IncomingRecord>, now: Date): Screened {
    const { registry } = this.#parts;
    const { item: record } = checked;
    try {
      return { kind: 'arrived', arrival: screenRecord(checked, registry, now) };
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (mayPassLater(error, record, registry) && this.#patience.mayWait(record, now))
        return { kind: 'later' };
      return {
        kind: 'refused',
        refused: { origin: record, bytes: record.value, headers: record.headers, error: finalReason(error) },
      };
    }
  }

  /** @returns what became of the records that were stored but not placed, by their place */
  async #store(
    tx: Tx,
    arrivals: readonly Arrival[],
    unfit: readonly Refused[],
    now: Date,
  ): Promise<ReadonlyMap<string, Outcome>> {
    // Sent together, the locks first.
    const [ledgers, known, mayBeParked] = await Promise.all([
      loadLedgers(tx, arrivals),
      knownEvents(tx, arrivals),
      anyParked(tx),
    ]);
    const waiting = [...ledgers.values()].flatMap((ledger) => [...ledger.waiting.values()]);
    known.learn(await knownEvents(tx, waiting));
    const { name: router, registry } = this.#parts;
    const placed = placeArrivals(arrivals, { router, registry, ledgers, known, now });
    saveLedgers(tx, placed.touched);
    await this.#publish(tx, placed.routed, now);
    const settled = placed.routed.map(({ arrival }) => arrival);
    if (mayBeParked) await settleRouted(tx, settled, placed.held, now);
    const judged = await withoutFirst(tx, placed.refused);
    const forks = judged.flatMap(({ arrival, error }) => (error.code === 'EQUIVOCATION' ? [arrival] : []));
    const refused = [...unfit, ...judged];
    await parkRecords(tx, refused, { now, ids: this.#parts.ids });
    await tellEquivocations(tx, forks, this.#parts);
    await noteRepeated(tx, placed.repeated, now);
    return new Map([
      ...placed.held.map(({ origin }) => [placeOf(origin), hold('EVENT_BEHIND_GAP')] as const),
      ...refused.map(({ origin, error }) => [placeOf(origin), park(error.code)] as const),
    ]);
  }

  /** Claims the events, signs their decisions over one root, stores both, and writes what the relay will send. */
  async #publish(tx: Tx, routed: readonly Routed[], now: Date): Promise<void> {
    if (routed.length === 0) return;
    const claims = routed.map(({ arrival }) => ({
      author: arrival.event.author.ipa,
      eventId: arrival.event.id,
      signedInfoDigest: Buffer.from(arrival.signedInfoDigest, 'hex'),
    }));
    const decisions = routed.map(({ decision }) => decision);
    const [claimed, { items }] = await Promise.all([
      claimSeen(tx, claims),
      signDecisions(decisions, this.#parts.signer, now),
    ]);
    if (claimed.some((one) => one !== 'new')) {
      // Only an id that another router places at this moment, in another practice; at the next try it is known.
      throw new HubError(
        'TRANSACTION_CONFLICT',
        'another router has placed an event of this batch at the same moment',
      );
    }
    insertRouted(tx, routed, items);
    await appendOutbox(tx, decisionRecords(routed, items));
  }
}

function placeOf(origin: Origin | undefined): string {
  return origin ? `${origin.topic}/${origin.partition}/${origin.offset}` : '';
}
