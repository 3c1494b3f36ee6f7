import { checkEntitlement, practiceKey, route, type Participant, type RuleEvaluation } from '#contracts';
import { HubError } from '#errors';
import { signDecisions, type Signer } from '#evidence';
import { done, park, retry, type IncomingRecord, type Outcome } from '#messaging';
import { appendOutbox, claimSeen, type Tx, type UnitOfWork } from '#persistence';
import type { Clock, IdSource } from '#platform';
import type { RegistryView } from '#registry-view';
import { parkRecords, type Refused } from '../quarantine/park-records.ts';
import type { CrashPoints } from '../crash-points.ts';
import { loadLedgers, saveLedgers, type PracticeKey } from '../store/ledger-store.ts';
import { insertRouted, type Routed } from '../store/routed-events.ts';
import { knownEvents } from '../store/known-events.ts';
import { decide } from './decide.ts';
import { decisionRecords } from './decision-records.ts';
import { takeIn, type Arrival, type PracticeLedger } from './practice-ledger.ts';
import { isEarly, screenRecord } from './screen-record.ts';

/** Pause before a record that this router cannot judge yet is read again, in milliseconds. */
const RETRY_MS = 500;

export interface RouterParts {
  /** As in the router's certificate. */
  readonly name: string;
  readonly work: UnitOfWork;
  readonly registry: RegistryView;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly crash: CrashPoints;
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

  constructor(parts: RouterParts) {
    this.#parts = parts;
  }

  /** @returns one outcome per record, in order */
  async run(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    const now = this.#parts.clock.now();
    const screened = records.map((record) => this.#screen(record, now));
    const arrivals = screened.flatMap((one) => (one.kind === 'arrived' ? [one.arrival] : []));
    const refused = screened.flatMap((one) => (one.kind === 'refused' ? [one.refused] : []));
    const parked = await this.#parts.work.run((tx) => this.#commit(tx, arrivals, refused, now));
    this.#parts.crash.reach('after-commit');
    const codes = new Map(parked.map((one) => [one.record, one.error.code]));
    return screened.map((one, index) => {
      if (one.kind === 'later') return retry(RETRY_MS);
      const code = codes.get(originOf(records[index]));
      return code === undefined ? done() : park(code);
    });
  }

  #screen(record: IncomingRecord, now: Date): Screened {
    try {
      return { kind: 'arrived', arrival: screenRecord(record, this.#parts.registry, now) };
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (error.policy.disposition !== 'park' && isEarly(record, now)) return { kind: 'later' };
      return {
        kind: 'refused',
        refused: { origin: record, bytes: record.value, headers: record.headers, error },
      };
    }
  }

  async #commit(
    tx: Tx,
    arrivals: readonly Arrival[],
    refused: readonly Refused[],
    now: Date,
  ): Promise<readonly Parked[]> {
    const ledgers = await loadLedgers(
      tx,
      arrivals.map((arrival) => arrival.event.practice),
    );
    const known = await knownEvents(tx, arrivals);
    const routed: Routed[] = [];
    const parked: Refused[] = [...refused];
    const touched = new Map<string, readonly [PracticeKey, PracticeLedger]>();
    for (const arrival of arrivals) {
      const { practice } = arrival.event;
      const ledger = ledgers.get(practiceKey(practice));
      const standing = known.meet(arrival);
      if (!ledger || standing === 'again') continue;
      if (standing === 'equivocation') {
        parked.push(
          refusal(
            arrival,
            new HubError(
              'EQUIVOCATION',
              `${arrival.event.author.ipa} has signed another event with id ${arrival.event.id}`,
            ),
          ),
        );
        continue;
      }
      touched.set(practiceKey(practice), [practice, ledger]);
      const evaluations = new Map<Arrival, readonly RuleEvaluation[]>();
      for (const placement of takeIn(ledger, arrival, (one, state) => this.#admit(one, state, evaluations))) {
        if (placement.kind === 'parked') parked.push(refusal(placement.arrival, placement.error));
        else routed.push(this.#decide(placement.arrival, placement.position, ledger, evaluations, now));
      }
    }
    await this.#append(tx, routed, parked, [...touched.values()], now);
    return parked.map(({ origin, error }) => ({ record: originOf(origin), error }));
  }

  /** Is this act its author's to make, and (for a filing) who is concerned? */
  #admit(
    arrival: Arrival,
    ledger: PracticeLedger,
    evaluations: Map<Arrival, readonly RuleEvaluation[]>,
  ): readonly Participant[] {
    const { event } = arrival;
    checkEntitlement({ event, registry: this.#parts.registry, practice: ledger.practice });
    if (ledger.practice) return ledger.practice.participants;
    const { participants, rules } = route(event, this.#parts.registry);
    evaluations.set(arrival, rules);
    // Who voids a filing that never passed tells nobody else: nobody else was told of it.
    return event.type === 'practice.filed'
      ? participants
      : participants.filter(({ part }) => part === 'owner');
  }

  #decide(
    arrival: Arrival,
    position: number,
    ledger: PracticeLedger,
    evaluations: Map<Arrival, readonly RuleEvaluation[]>,
    at: Date,
  ): Routed {
    const decision = decide({
      router: this.#parts.name,
      at,
      event: arrival.event,
      digest: arrival.digest,
      signedInfoDigest: arrival.signedInfoDigest,
      position,
      registry: this.#parts.registry.current(),
      participants: ledger.practice?.participants ?? [],
      rules: evaluations.get(arrival) ?? [],
    });
    return { arrival, decision };
  }

  async #append(
    tx: Tx,
    routed: readonly Routed[],
    parked: readonly Refused[],
    touched: readonly (readonly [PracticeKey, PracticeLedger])[],
    now: Date,
  ): Promise<void> {
    await saveLedgers(tx, touched);
    if (routed.length > 0) {
      const claims = routed.map(({ arrival }) => ({
        author: arrival.event.author.ipa,
        eventId: arrival.event.id,
        signedInfoDigest: Buffer.from(arrival.signedInfoDigest, 'hex'),
      }));
      const claimed = await claimSeen(tx, claims);
      if (claimed.some((one) => one !== 'new')) {
        throw new HubError(
          'TRANSACTION_CONFLICT',
          'another router has placed an event of this batch at the same moment',
        );
      }
      const signed = await signDecisions(
        routed.map(({ decision }) => decision),
        this.#parts.signer,
        now,
      );
      await insertRouted(tx, routed, signed.items);
      await appendOutbox(tx, decisionRecords(routed, signed.items));
    }
    await parkRecords(tx, parked, { now, ids: this.#parts.ids });
  }
}

interface Parked {
  readonly record: string;
  readonly error: HubError;
}

function originOf(origin: Pick<IncomingRecord, 'topic' | 'partition' | 'offset'> | undefined): string {
  return origin ? `${origin.topic}/${origin.partition}/${origin.offset}` : '';
}

function refusal(arrival: Arrival, error: HubError): Refused {
  return { origin: arrival.origin, bytes: arrival.bytes, headers: {}, error };
}
