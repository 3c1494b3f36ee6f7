import type { ErrorCode } from '#errors';
import { headOf } from './compare-checkpoint.ts';
import type { WatchState } from './watch-state.ts';

/** How long what must not last may last. Milliseconds. */
export interface WatchBounds {
  /** Nothing shows that the log is still current. */
  readonly silenceMs: number;
  /** The log grows, and no quorum confirms it. */
  readonly unwitnessedMs: number;
  /** The log does not answer. */
  readonly unreachableMs: number;
}

/**
 * Judges what depends on the time alone: silence, cosignatures that do not come, a log that does not answer.
 *
 * A log that nothing is added to is silent for a good reason. It is told from one that hides something by its witnesses, who cosign
 * an idle log again every ten minutes: the log is current up to the time of these. Without witnesses only growth shows that it
 * goes on.
 */
export function judgeTimes(
  state: WatchState,
  hasQuorum: boolean,
  { silenceMs, unwitnessedMs, unreachableMs }: WatchBounds,
  now: Date,
): void {
  const { watched } = state;
  judge(state, 'WATCH_LOG_UNREACHABLE', watched.unreachable, unreachableMs, now);
  judge(state, 'WATCH_LOG_SILENT', freshness(watched.freshAt), silenceMs, now);
  if (hasQuorum) noteUnwitnessed(state, now);
  judge(state, 'WATCH_WITNESSES_LATE', hasQuorum ? watched.unwitnessed : null, unwitnessedMs, now);
}

interface Lasting {
  readonly since: string;
  readonly message: string;
}

function judge(
  state: WatchState,
  code: ErrorCode,
  lasting: Lasting | null,
  boundMs: number,
  now: Date,
): void {
  if (lasting === null) {
    state.alarms.over(code, now);
    return;
  }
  const { since, message } = lasting;
  if (now.getTime() - Date.parse(since) < boundMs) {
    state.alarms.over(code, now);
    return;
  }
  state.alarms.raise({ code, subject: `since ${since}`, message: `since ${since}: ${message}` }, now);
}

function freshness(at: string | null): Lasting | null {
  if (at === null) return null;
  return { since: at, message: 'no larger checkpoint, and no cosignature that says there is none' };
}

/** From when on the log has been ahead of what a quorum has cosigned. */
function noteUnwitnessed({ watched }: WatchState, now: Date): void {
  const size = watched.head === null ? null : headOf(watched.head).size;
  const witnessed = watched.witnessed?.size ?? -1;
  if (size === null || witnessed >= size) {
    watched.unwitnessed = null;
    return;
  }
  // What was ahead is witnessed by now, and more has come: that waits from now on.
  if (watched.unwitnessed !== null && witnessed < watched.unwitnessed.size) return;
  const message = `what is beyond ${Math.max(0, witnessed)} leaves has not enough cosignatures`;
  watched.unwitnessed = { size, since: now.toISOString(), message };
}
