import type { HealthRegistry } from '#platform';
import type { OutboxBound } from './outbox-bound.ts';

/** A node that takes nothing more in says so, and why: it is degraded, what it has is served and sent. */
export function intakeHealth(health: HealthRegistry, outbox: OutboxBound): void {
  health.register(
    'intake',
    async () => {
      const full = await outbox.full();
      return full === null ? { status: 'up' } : { status: 'degraded', detail: `OUTBOX_FULL: ${full}` };
    },
    { required: false },
  );
}
