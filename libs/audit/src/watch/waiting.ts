/** What a leaf lacks that may still come: the log reads what belongs together from different topics. */
import type { Waiting } from './stored-order.ts';
import type { WatchState } from './watch-state.ts';

/**
 * A log that has gone on for so long without it, by the monitor's own clock: an alarm. Milliseconds. Its topics are read at the
 * same time, with a pause of seconds at most.
 */
const SETTLED_MS = 600_000;
/** The same by the times that the entries state, for leaves that were there long before the monitor. */
const SETTLED_BEFORE_MS = 3_600_000;
/** So much waits at a time; in front of more, the first is an alarm. */
const MOST = 50_000;

/** Leaves that lack another one, in the order in which they were seen. */
export class WaitingLeaves {
  readonly #waiting: Map<string, Waiting>;

  constructor(waiting: readonly Waiting[]) {
    this.#waiting = new Map(waiting.map((one) => [nameOf(one), one]));
  }

  get all(): readonly Waiting[] {
    return [...this.#waiting.values()];
  }

  /** @returns the one that is waited for no longer, since there is no room */
  add(one: Waiting): Waiting | undefined {
    this.#waiting.set(nameOf(one), one);
    const [first] = this.#waiting.values();
    if (this.#waiting.size <= MOST || first === undefined) return undefined;
    this.#waiting.delete(nameOf(first));
    return first;
  }

  /** What it lacked has come. */
  end(of: Pick<Waiting, 'index' | 'code'>): void {
    this.#waiting.delete(nameOf(of));
  }
}

/** What has not come for so long that it will not come: alarms. Only when everything that the log shows was looked at. */
export function judgeWaiting({ watched, alarms }: WatchState, now: Date): void {
  const { order, freshAt } = watched;
  if (order === null || freshAt === null) return;
  const isDue = ({ seenAt, newest }: Waiting): boolean =>
    Date.parse(freshAt) - Date.parse(seenAt) >= SETTLED_MS || order.newest - newest >= SETTLED_BEFORE_MS;
  const due = order.waiting.filter(isDue).sort((a, b) => a.index - b.index);
  for (const { code, index, message } of due) alarms.raise({ code, subject: `leaf ${index}`, message }, now);
  watched.order = { ...order, waiting: order.waiting.filter((one) => !isDue(one)) };
}

function nameOf({ code, index }: Pick<Waiting, 'index' | 'code'>): string {
  return `${code} ${index}`;
}
