import type { UnitOfWork } from '#persistence';
import type { Clock, HealthRegistry, ProbeResult } from '#platform';

/** An access that waits longer for its anchor says that nobody anchors, milliseconds. */
const LATE_MS = 300_000;

/** Says in the node's health when accesses do not get to the log. */
export class WatchAccesses {
  readonly #work: UnitOfWork;
  readonly #clock: Clock;

  constructor(work: UnitOfWork, clock: Clock) {
    this.#work = work;
    this.#clock = clock;
  }

  /** Adds the probe `accesses`. */
  register(health: HealthRegistry): void {
    health.register('accesses', () => this.probe(), { required: false });
  }

  async probe(): Promise<ProbeResult> {
    const [row] = await this.#work.single((tx) =>
      tx.prepared<{ waiting: number; oldest: Date | null }>(
        'select count(*)::int as waiting, min(at) as oldest from access_record where anchor is null',
        [],
      ),
    );
    const { waiting, oldest } = row ?? { waiting: 0, oldest: null };
    const isLate = oldest !== null && this.#clock.now().getTime() - oldest.getTime() > LATE_MS;
    const since = oldest === null ? '' : `, the oldest since ${oldest.toISOString()}`;
    return {
      status: isLate ? 'degraded' : 'up',
      detail: `${waiting} wait for their anchor in the log${since}`,
    };
  }
}
