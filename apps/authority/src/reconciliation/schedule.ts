import { parseIpaCode } from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import { partnerCode } from './neighbours.ts';
import type { ReconcileSettings } from './reconcile-config.ts';
import { BEGINNING, insertOrder } from './reconciliation-rows.ts';

/**
 * Once in so long everything is compared from the beginning, milliseconds: what was lost of the past (a restored backup, a
 * damaged disk) does not show in the last day's events.
 */
const WHOLE_EVERY_MS = 30 * 86_400_000;
/** After a comparison that failed the next one comes sooner, milliseconds. */
const RETRY_MS = 600_000;

interface Past {
  readonly from: Date;
  readonly to: Date;
  readonly status: 'agreed' | 'differs' | 'failed';
  readonly origin: string;
  readonly endedAt: Date;
}

/**
 * Orders a comparison with every neighbour whose time has come: from where the last agreement ended, so that what is
 * compared each time is what is new. A comparison that the neighbour began and that agreed counts as well.
 */
export async function orderDue(
  tx: Tx,
  parts: NodeParts,
  { everyMs, settledMs }: ReconcileSettings,
): Promise<void> {
  const now = parts.clock.now();
  const settled = now.getTime() - settledMs;
  const neighbours = await tx.query<{ ipa: string }>(
    `select n.ipa from neighbour n
     where n.ipa <> lower($1)
       and not exists (select from reconciliation r where lower(r.partner) = n.ipa and r.ended_at is null)
     order by n.ipa`,
    [parts.ipa],
  );
  for (const { ipa } of neighbours) {
    const partner = memberCode(parts, ipa);
    if (partner === null) continue;
    const past = await tx.query<Past>(
      `select from_time as "from", to_time as "to", status, origin, ended_at as "endedAt" from reconciliation
       where lower(partner) = $1 and ended_at > $2 order by from_time, to_time`,
      [ipa, new Date(now.getTime() - WHOLE_EVERY_MS)],
    );
    if (!isDue(past, everyMs, now)) continue;
    const from = coveredUntil(past);
    if (from.getTime() >= settled) continue;
    const range = { from: from.toISOString(), to: new Date(settled).toISOString() };
    await insertOrder(tx, { id: parts.ids.uuidv7(), partner, ...range, origin: 'interval' }, now);
  }
}

/** Null for a body that has left, or has no node any more. */
function memberCode(parts: NodeParts, ipa: string) {
  try {
    return partnerCode(parts, parseIpaCode(ipa));
  } catch (error) {
    if (error instanceof HubError) return null;
    throw error;
  }
}

function isDue(past: readonly Past[], everyMs: number, now: Date): boolean {
  const counts = past.filter(({ origin, status }) => origin === 'interval' || status === 'agreed');
  const last = counts.toSorted((one, other) => other.endedAt.getTime() - one.endedAt.getTime())[0];
  if (last === undefined) return true;
  const pause = last.status === 'failed' ? Math.min(RETRY_MS, everyMs) : everyMs;
  return now.getTime() - last.endedAt.getTime() >= pause;
}

/** The end of the unbroken agreement that began at the beginning, within the last `WHOLE_EVERY_MS`. */
function coveredUntil(past: readonly Past[]): Date {
  return past
    .filter(({ status }) => status === 'agreed')
    .reduce((until, { from, to }) => (from <= until && to > until ? to : until), new Date(BEGINNING));
}
