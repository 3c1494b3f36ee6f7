import type { HealthRegistry, Metrics, ProbeResult } from '#platform';
import { Gauge } from 'prom-client';
import type { QuarantineStore } from './quarantine-store.ts';

/** What is parked shows by itself: in the node's health, and as the metric `quarantine_entries`. */
export class QuarantineSigns {
  readonly #store: Pick<QuarantineStore, 'counts'>;

  constructor(store: Pick<QuarantineStore, 'counts'>, health: HealthRegistry, metrics: Metrics) {
    this.#store = store;
    health.register('quarantine', () => this.#probe(), { required: false });
    new Gauge({
      name: 'quarantine_entries',
      help: 'Entries of the quarantine, by code and status.',
      labelNames: ['code', 'status'],
      registers: [metrics],
      async collect() {
        this.reset();
        // A database that is away shows in /health; the other figures go out all the same.
        const counts = await store.counts().catch(() => []);
        for (const { code, status, count } of counts) this.set({ code, status }, count);
      },
    });
  }

  /** A node with something parked is degraded: somebody has to look. */
  async #probe(): Promise<ProbeResult> {
    const counts = await this.#store.counts({ status: 'parked' });
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    if (total === 0) return { status: 'up', detail: '0 parked' };
    const oldest = new Date(Math.min(...counts.map((one) => one.oldest.getTime())));
    const byCode = counts.map(({ code, count }) => `${code} ${count}`).join(', ');
    return { status: 'degraded', detail: `${total} parked since ${oldest.toISOString()}: ${byCode}` };
  }
}
