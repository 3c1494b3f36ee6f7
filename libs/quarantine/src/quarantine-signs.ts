import { ageSeconds, sharedAnswer, type HealthRegistry, type Metrics, type ProbeResult } from '#platform';
import { Gauge } from 'prom-client';
import type { QuarantineCount, QuarantineStore } from './quarantine-store.ts';

/**
 * What is parked shows by itself: in the node's health, and as metrics. `quarantine_entries` has a series for each code that
 * there is; the figures to set an alarm on are there also when nothing is parked.
 */
export class QuarantineSigns {
  readonly #store: Pick<QuarantineStore, 'counts'>;

  constructor(store: Pick<QuarantineStore, 'counts'>, health: HealthRegistry, metrics: Metrics) {
    this.#store = store;
    health.register('quarantine', () => this.#probe(), { required: false });
    // A database that is away shows in /health; the other figures go out all the same.
    const look = sharedAnswer(() => store.counts().catch(() => undefined));
    const registers = [metrics];
    new Gauge({
      name: 'quarantine_parked_entries',
      help: 'Entries that are parked now.',
      registers,
      async collect() {
        const counts = await look();
        this.set(counts === undefined ? Number.NaN : parkedIn(counts).total);
      },
    });
    new Gauge({
      name: 'quarantine_oldest_parked_age_seconds',
      help: 'For how long the oldest entry that is parked now has been; 0 when none is.',
      registers,
      async collect() {
        const counts = await look();
        this.set(counts === undefined ? Number.NaN : ageSeconds(parkedIn(counts).oldest, new Date()));
      },
    });
    new Gauge({
      name: 'quarantine_entries',
      help: 'Entries of the quarantine, by code and status.',
      labelNames: ['code', 'status'],
      registers,
      async collect() {
        this.reset();
        for (const { code, status, count } of (await look()) ?? []) this.set({ code, status }, count);
      },
    });
  }

  /** A node with something parked is degraded: somebody has to look. */
  async #probe(): Promise<ProbeResult> {
    const counts = await this.#store.counts({ status: 'parked' });
    const { total, oldest } = parkedIn(counts);
    if (oldest === null) return { status: 'up', detail: '0 parked' };
    const byCode = counts.map(({ code, count }) => `${code} ${count}`).join(', ');
    return {
      status: 'degraded',
      detail: `${total} parked since ${oldest.toISOString()}: ${byCode}`,
    };
  }
}

function parkedIn(counts: readonly QuarantineCount[]): {
  readonly total: number;
  /** Since when the first of them has been; null when nothing is parked. */
  readonly oldest: Date | null;
} {
  const parked = counts.filter(({ status }) => status === 'parked');
  return {
    total: parked.reduce((sum, { count }) => sum + count, 0),
    oldest: parked.length === 0 ? null : new Date(Math.min(...parked.map(({ oldest }) => oldest.getTime()))),
  };
}
