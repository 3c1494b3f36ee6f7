/** Puts published decisions back into a restored database: as signed, in their positions, as if they had just been made. */
import { practiceKey, topics } from '#contracts';
import { HubError } from '#errors';
import type { BatchChecks } from '#evidence';
import { appendOutbox, claimSeen, type Tx } from '#persistence';
import type { RouterRegistry } from '../router-registry.ts';
import { decisionRecords } from '../routing/decision-records.ts';
import { eventKey, slot, type Arrival, type PracticeLedger } from '../routing/practice-ledger.ts';
import { loadLedgers, saveLedgers } from '../store/ledger-store.ts';
import { insertRouted, type Routed } from '../store/routed-events.ts';
import type { Lost } from './lost-decisions.ts';

export interface AdoptionParts {
  readonly verifier: BatchChecks;
  readonly registry: RouterRegistry;
}

/** The events of these decisions, verified as of the decision: it was the first proof that they existed. */
export async function arrivalsOf(
  lost: readonly Lost[],
  { verifier, registry }: AdoptionParts,
): Promise<Arrival[]> {
  const checked = await verifier.check('event', lost, ({ bytes }) => bytes);
  return checked.map((one, index) => {
    const { decision } = one.item;
    const { event, bytes, digest, signedInfoDigest, signer } = one.judge(registry, new Date(decision.time));
    const origin = { topic: topics.outbox(event.author.ipa), partition: -1, offset: `adopted ${index}` };
    return { event, bytes, digest, signedInfoDigest, signer: signer.fingerprint, origin };
  });
}

/**
 * Adopts decisions with their events. What goes to the inboxes is appended to be sent: nobody remembers how much of it
 * was, and who receives it twice knows it by its content. `practice.routing` has the decisions already.
 * @throws HubError `DECISION_CONTRADICTED` if a position does not follow what the database has
 */
export async function adoptDecisions(
  tx: Tx,
  lost: readonly Lost[],
  arrivals: readonly Arrival[],
): Promise<void> {
  const practices = lost.map(({ decision }) => decision.practice);
  const ledgers = await loadLedgers(tx, arrivals);
  const routed: Routed[] = lost.map(({ decision }, index) => {
    const arrival = arrivals[index];
    const ledger = ledgers.get(practiceKey(decision.practice));
    if (arrival === undefined || ledger === undefined)
      throw new HubError('INTERNAL_ERROR', 'a decision was adopted without its event or practice');
    const one = { arrival, decision };
    advance(ledger, one);
    return one;
  });
  const claimed = await claimSeen(
    tx,
    lost.map(({ decision: { event } }) => ({
      author: event.author,
      eventId: event.id,
      signedInfoDigest: Buffer.from(event.signedInfoDigest, 'hex'),
    })),
  );
  const taken = claimed.findIndex((one) => one !== 'new');
  if (taken >= 0) throw contradicted(lost[taken]?.decision, 'its id is taken by another event');
  await saveLedgers(tx, touched(practices, ledgers));
  const items = lost.map(({ item }) => item);
  await insertRouted(tx, routed, items);
  await appendOutbox(
    tx,
    decisionRecords(routed, items).filter((record) => !record.topics.includes(topics.routing)),
  );
}

function touched(
  practices: readonly Lost['decision']['practice'][],
  ledgers: ReadonlyMap<string, PracticeLedger>,
) {
  const byKey = new Map(practices.map((practice) => [practiceKey(practice), practice]));
  return [...byKey].flatMap(([key, practice]) => {
    const ledger = ledgers.get(key);
    return ledger === undefined ? [] : [[practice, ledger] as const];
  });
}

/** Brings a ledger to where it stood after this decision. */
function advance(ledger: PracticeLedger, { arrival, decision }: Routed): void {
  if (decision.position !== ledger.lastPosition + 1)
    throw contradicted(decision, `the database stands at position ${ledger.lastPosition}`);
  const { author, id, sequence, replaces } = arrival.event;
  const head = ledger.heads.get(author.ipa)?.number ?? 0;
  // A number between two placed ones was voided by its author: there is no other way past it.
  for (let number = head + 1; number < sequence.number; number += 1)
    ledger.voided.add(slot(author.ipa, number));
  if (replaces !== null)
    ledger.replaced.set(eventKey(author.ipa, replaces), {
      author: author.ipa,
      number: sequence.number,
      eventId: replaces,
    });
  const place = slot(author.ipa, sequence.number);
  if (ledger.waiting.get(place)?.event.id === id) ledger.waiting.delete(place);
  ledger.practice ??= {
    practice: decision.practice,
    procedure: decision.procedure,
    participants: decision.participants,
  };
  ledger.lastPosition = decision.position;
  ledger.heads.set(author.ipa, { number: sequence.number, digest: arrival.digest });
}

function contradicted(decision: Lost['decision'] | undefined, why: string): HubError {
  const what = decision && `${practiceKey(decision.practice)}, position ${decision.position}`;
  return new HubError('DECISION_CONTRADICTED', `${what ?? 'a decision'}: ${why}`);
}
