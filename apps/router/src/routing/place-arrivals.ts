/** Gives the events of one batch their places, with the ledgers of their practices in hand. Pure but for its input. */
import {
  admitEvent,
  cloudEventHeaders,
  decide,
  practiceKey,
  type HubEvent,
  type Participant,
  type RuleEvaluation,
} from '#contracts';
import { HubError } from '#errors';
import type { Refused } from '../quarantine/park-records.ts';
import type { RouterRegistry } from '../router-registry.ts';
import type { KnownEvents } from '../store/known-events.ts';
import type { PracticeKey } from '../store/ledger-store.ts';
import type { Routed } from '../store/routed-events.ts';
import { slot, takeIn, type Arrival, type PracticeLedger } from './practice-ledger.ts';

export interface PlacingContext {
  /** The router, as in its certificate. */
  readonly router: string;
  readonly registry: RouterRegistry;
  /** By `practiceKey`; advanced in place. */
  readonly ledgers: ReadonlyMap<string, PracticeLedger>;
  readonly known: KnownEvents;
  readonly now: Date;
}

export interface Placed {
  /** In the order in which they got their positions. */
  readonly routed: readonly Routed[];
  readonly refused: readonly RefusedArrival[];
  /** Arrivals that were placed before: delivered again, or copies with other bytes. */
  readonly repeated: readonly Arrival[];
  /** Arrivals of this batch that are now behind a gap. */
  readonly held: readonly Arrival[];
  /** The ledgers that have to be saved. */
  readonly touched: readonly (readonly [PracticeKey, PracticeLedger])[];
}

export function placeArrivals(arrivals: readonly Arrival[], context: PlacingContext): Placed {
  const routed: Routed[] = [];
  const refused: RefusedArrival[] = [];
  const repeated: Arrival[] = [];
  const touched = new Map<string, readonly [PracticeKey, PracticeLedger]>();
  for (const arrival of arrivals) {
    const key = practiceKey(arrival.event.practice);
    const ledger = context.ledgers.get(key);
    if (ledger === undefined || isKnown(arrival, context.known, refused, repeated)) continue;
    touched.set(key, [arrival.event.practice, ledger]);
    const rules = new Map<Arrival, readonly RuleEvaluation[]>();
    for (const placement of takeIn(ledger, arrival, (one, state) => admit(one, state, context, rules))) {
      if (placement.kind === 'parked') refused.push(refusal(placement.arrival, placement.error));
      else routed.push(decided(placement, ledger, rules, context));
    }
  }
  const held = arrivals.filter((arrival) => isHeld(arrival, context.ledgers));
  return { routed, refused, repeated, held, touched: [...touched.values()] };
}

export type RefusedArrival = Refused & { readonly arrival: Arrival };

function isKnown(
  arrival: Arrival,
  known: KnownEvents,
  refused: RefusedArrival[],
  repeated: Arrival[],
): boolean {
  try {
    const isPlaced = known.has(arrival);
    if (isPlaced) repeated.push(arrival);
    return isPlaced;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    refused.push(refusal(arrival, error));
    return true;
  }
}

/** Is this act its author's to make, and (for a filing) who is concerned? */
function admit(
  arrival: Arrival,
  ledger: PracticeLedger,
  { registry, known }: PlacingContext,
  rules: Map<Arrival, readonly RuleEvaluation[]>,
): readonly Participant[] {
  const { event } = arrival;
  // An event that waited may find its id used by now, in this practice or another.
  known.has(arrival);
  const routing = admitEvent(event, ledger.practice, registry);
  rules.set(arrival, routing.rules);
  known.add(arrival);
  return routing.participants;
}

function decided(
  { arrival, position }: { readonly arrival: Arrival; readonly position: number },
  ledger: PracticeLedger,
  rules: ReadonlyMap<Arrival, readonly RuleEvaluation[]>,
  { router, registry, now }: PlacingContext,
): Routed {
  const decision = decide({
    router,
    at: now,
    event: arrival.event,
    digest: arrival.digest,
    signedInfoDigest: arrival.signedInfoDigest,
    position,
    registry: registry.current(),
    participants: ledger.practice?.participants ?? [],
    rules: rules.get(arrival) ?? [],
  });
  return { arrival, decision };
}

function isHeld({ event, signedInfoDigest }: Arrival, ledgers: ReadonlyMap<string, PracticeLedger>): boolean {
  const waiting = ledgers.get(practiceKey(event.practice))?.waiting;
  return waiting?.get(slot(event.author.ipa, event.sequence.number))?.signedInfoDigest === signedInfoDigest;
}

function refusal(arrival: Arrival, error: HubError): RefusedArrival {
  return {
    arrival,
    origin: arrival.origin,
    bytes: arrival.bytes,
    headers: headersOf(arrival.event),
    error,
  };
}

/** The record's headers, which agreed with the body: a release checks them again. */
function headersOf(event: HubEvent): Refused['headers'] {
  return Object.fromEntries(
    Object.entries(cloudEventHeaders(event)).map(([name, text]) => [name, Buffer.from(text)]),
  );
}
