import type { KnownLog, TreeHead } from '#tlog';
import type { Alarm } from './alarms.ts';
import { headOf } from './compare-checkpoint.ts';
import type { WatchState } from './watch-state.ts';

export const WATCH_REPORT_FORMAT = 'reset-hub/audit-watch-report@v1';

/** How a log stands after a round: docs/cli.md has it field by field. */
export interface RoundReport {
  readonly format: typeof WATCH_REPORT_FORMAT;
  readonly at: string | null;
  /**
   * `behind`: what the checkpoint has is not all verified, and whoever has to know why has acknowledged it. `nothing`: the log has
   * shown no checkpoint yet.
   */
  readonly verdict: 'well' | 'alarms' | 'behind' | 'nothing';
  /** The newest checkpoint that was proved to continue all before it. */
  readonly log: { readonly origin: string; readonly size: number; readonly root: string } | null;
  /** Leaves [from, to) are verified; `now` of them in this round. */
  readonly verified: { readonly from: number; readonly to: number; readonly now: number };
  /**
   * Leaves [from, to) were compared with each other: each once, each decision with its event, positions without a gap. `waiting` of them
   * lack what may still come. Null as long as none were.
   */
  readonly compared: { readonly from: number; readonly to: number; readonly waiting: number } | null;
  /** Of these, by kind, and how many documents with them. */
  readonly counts: { readonly leaves: Readonly<Record<string, number>>; readonly documents: number };
  readonly witnessed: { readonly size: number; readonly at: string } | null;
  /** Until when it is shown that the log is current. */
  readonly freshAt: string | null;
  readonly unwitnessedSince: string | null;
  readonly unreachableSince: string | null;
  /** Those that nobody has acknowledged. */
  readonly alarms: readonly Readonly<Alarm>[];
  /** Alarms for which there was no room. */
  readonly dropped: number;
}

/**
 * @param leaves how many were verified in this round; null if none are to be
 */
export function roundReport(
  { watched, alarms }: WatchState,
  log: KnownLog,
  leaves: number | null,
): RoundReport {
  const head = watched.head === null ? null : headOf(watched.head);
  return {
    format: WATCH_REPORT_FORMAT,
    at: watched.lastRoundAt,
    verdict: verdictOf(alarms, head, leaves === null ? null : watched.edge.size),
    log: head && { origin: log.origin, size: head.size, root: head.root.toString('base64') },
    verified: { from: watched.begun, to: watched.edge.size, now: leaves ?? 0 },
    compared: comparedOf(watched.order),
    counts: watched.counts,
    witnessed: watched.witnessed,
    freshAt: watched.freshAt,
    unwitnessedSince: watched.unwitnessed?.since ?? null,
    unreachableSince: watched.unreachable?.since ?? null,
    alarms: alarms.open.map((alarm) => ({ ...alarm })),
    dropped: alarms.dropped,
  };
}

function comparedOf(order: WatchState['watched']['order']): RoundReport['compared'] {
  return order && { from: order.from, to: order.size, waiting: order.waiting.length };
}

function verdictOf(
  { open, dropped }: WatchState['alarms'],
  head: TreeHead | null,
  verified: number | null,
): RoundReport['verdict'] {
  if (open.length > 0 || dropped > 0) return 'alarms';
  if (head === null) return 'nothing';
  return verified !== null && verified < head.size ? 'behind' : 'well';
}
