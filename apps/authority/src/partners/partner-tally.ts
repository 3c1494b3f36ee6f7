import type { IpaCode, Receipt } from '#contracts';
import type { Tx } from '#persistence';
import type { Received } from '../inbox/screen-event.ts';

/** What one batch of the inbox adds to the tally of a partner. */
interface Addition {
  sent: number;
  received: number;
}

/**
 * Counts, in the transaction of what it counts, who was sent this node's own events and who has said to have received
 * them: one statement, partners in one order for everyone.
 * @param placed the node's own events that have got their position, so that they go to their participants
 * @param receipts those that were not here before
 */
export function tally(
  tx: Tx,
  ipa: IpaCode,
  { placed, receipts }: { readonly placed: readonly Received[]; readonly receipts: readonly Receipt[] },
  at: Date,
): void {
  const additions = new Map<string, Addition>();
  const of = (partner: string): Addition => {
    const found = additions.get(partner) ?? { sent: 0, received: 0 };
    additions.set(partner, found);
    return found;
  };
  for (const { decision } of placed)
    for (const partner of decision.participants)
      if (partner.joined && partner.ipa !== ipa) of(partner.ipa).sent += 1;
  for (const { kind, by } of receipts) if (kind === 'received') of(by).received += 1;
  const rows = [...additions].sort(([a], [b]) => (a < b ? -1 : 1));
  if (rows.length === 0) return;
  tx.write(
    `insert into partner_tally as t (partner, sent, received, last_heard_at)
     select partner, sent, received, case when received > 0 then $4::timestamptz end
     from unnest($1::text[], $2::bigint[], $3::bigint[]) as a(partner, sent, received)
     on conflict (partner) do update
       set sent = t.sent + excluded.sent, received = t.received + excluded.received,
           last_heard_at = coalesce(excluded.last_heard_at, t.last_heard_at)`,
    [
      rows.map(([partner]) => partner),
      rows.map(([, { sent }]) => sent),
      rows.map(([, { received }]) => received),
      at,
    ],
  );
}
