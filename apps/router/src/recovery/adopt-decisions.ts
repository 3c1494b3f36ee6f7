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
 * was, and who receives it twice knows it by its content. `practice.routing` has the decisions already. Of an event that its
 * practice has counted only the row comes back, and nothing is sent.
 * @throws HubError `DECISION_CONTRADICTED` if a position does not follow what the database has
 */
export async function adoptDecisions(
  tx: Tx,
  lost: readonly Lost[],
  arrivals: readonly Arrival[],
): Promise<void> {
  const practices = lost.map(({ decision }) => decision.practice);
  const ledgers = await loadLedgers(tx, arrivals);
  const taken = await takenPlaces(tx, lost, arrivals);
  const counted = new Set<Routed>();
  const routed: Routed[] = lost.map(({ decision }, index) => {
    const arrival = arrivals[index];
    const ledger = ledgers.get(practiceKey(decision.practice));
    if (arrival === undefined || ledger === undefined)
      throw new HubError('INTERNAL_ERROR', 'a decision was adopted without its event or practice');
    const one = { arrival, decision };
    // Only its row was lost: the practice has counted it, and everyone was told.
    if (decision.position <= ledger.lastPosition && !taken.has(decision)) counted.add(one);
    else advance(ledger, one);
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
  for (const [index, one] of routed.entries()) {
    const claim = claimed[index];
    if (claim !== 'new' && !(claim === 'again' && counted.has(one)))
      throw contradicted(one.decision, 'its id is taken by another event');
  }
  saveLedgers(tx, touched(practices, ledgers));
  const items = lost.map(({ item }) => item);
  insertRouted(tx, routed, items);
  const unsent = routed.flatMap((one, index) => {
    const item = items[index];
    return item === undefined || counted.has(one) ? [] : [{ one, item }];
  });
  const records = decisionRecords(
    unsent.map(({ one }) => one),
    unsent.map(({ item }) => item),
  );
  await appendOutbox(
    tx,
    records.filter((record) => !record.topics.includes(topics.routing)),
  );
}

/** Of decisions to be adopted, those whose position, or whose event's number, the database has given to another event. */
async function takenPlaces(
  tx: Tx,
  lost: readonly Lost[],
  arrivals: readonly Arrival[],
): Promise<ReadonlySet<Lost['decision']>> {
  const rows = await tx.query<{ n: number }>(
    `select distinct c.n::int as n
     from unnest($1::text[], $2::uuid[], $3::int[], $4::text[], $5::int[]) with ordinality
         as c(owner, uuid, position, author, number, n)
       join routed_event e using (owner, uuid)
     where e.position = c.position or e.author = c.author and e.number = c.number`,
    [
      lost.map(({ decision }) => decision.practice.owner),
      lost.map(({ decision }) => decision.practice.uuid),
      lost.map(({ decision }) => decision.position),
      arrivals.map(({ event }) => event.author.ipa),
      arrivals.map(({ event }) => event.sequence.number),
    ],
  );
  return new Set(rows.flatMap(({ n }) => lost[n - 1]?.decision ?? []));
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
