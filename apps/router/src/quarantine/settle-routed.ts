import { topics } from '#contracts';
import type { Tx } from '#persistence';
import { closePassed, supersedeParked } from '#quarantine';
import type { Arrival } from '../routing/practice-ledger.ts';

/**
 * Closes the entries that need nobody any more: of events that have passed now, sent again or released; and of what
 * their author has closed by a void or issued anew.
 * @param placed events that got their place
 * @param held events that passed, and wait behind a gap
 */
export async function settleRouted(
  tx: Tx,
  placed: readonly Arrival[],
  held: readonly Arrival[],
  now: Date,
): Promise<void> {
  await closePassed(
    tx,
    [...placed, ...held].map(({ digest }) => digest),
    now,
  );
  for (const { event } of placed) {
    const topic = topics.outbox(event.author.ipa);
    if (event.replaces !== null) await supersedeParked(tx, { topic, eventId: event.replaces }, now);
    const { body } = event;
    if (body.type === 'event.voided') await supersedeParked(tx, { topic, digest: body.digest }, now);
  }
}
