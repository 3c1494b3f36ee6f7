import { topics } from '#contracts';
import type { Tx } from '#persistence';
import { closePassed, supersedeParked, type Superseded } from '#quarantine';
import type { Arrival } from '../routing/practice-ledger.ts';

/**
 * Closes the entries that need nobody any more: of events that have passed now, sent again or released; and of what
 * their author has closed by a void or issued anew. Call it where anything stands parked.
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
  const settled = placed.flatMap(({ event: { author, body, replaces } }): Superseded[] => {
    const topic = topics.outbox(author.ipa);
    return [
      ...(replaces === null ? [] : [{ topic, eventId: replaces }]),
      ...(body.type === 'event.voided' ? [{ topic, digest: body.digest }] : []),
    ];
  });
  await supersedeParked(tx, settled, now);
}
