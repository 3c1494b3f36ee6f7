import { outboxBacklog } from '#persistence';
import type { HealthRegistry } from '#platform';
import { keyWarning, type KeyStanding } from '#registry-view';
import type { OpenRegistry } from './open-registry.ts';

/** What waits longer in the outbox is told in `/health`, milliseconds. */
const OUTBOX_LATE_MS = 10_000;

/** What the registry says of itself at `/health`. */
export function registerHealth(
  health: HealthRegistry,
  { work, ledger, relay, heartbeat, reconcile, clock }: OpenRegistry,
): void {
  health.register('database', async () => {
    await work.run((tx) => tx.query('select 1 as alive'));
    const { latest } = ledger;
    return { status: 'up', detail: latest === null ? 'no entry yet' : `entry ${latest.number}` };
  });
  health.register(
    'revocation lists',
    () => {
      const stale = ledger
        .current()
        .crls()
        .filter((list) => list.isStale(clock.now()));
      if (stale.length === 0) return { status: 'up' };
      const ended = stale.map(({ issuer, nextUpdate }) => `${issuer} ended ${nextUpdate.toISOString()}`);
      return { status: 'degraded', detail: `CRL_STALE: ${ended.join(', ')}` };
    },
    { required: false },
  );
  health.register(
    'catalogue',
    () => {
      const { fault } = reconcile;
      return fault === null ? { status: 'up' } : { status: 'degraded', detail: fault.code };
    },
    { required: false },
  );
  // With the broker away every node goes on from its copy.
  health.register(
    'broker',
    async () => {
      const { unsent, oldest } = await work.run(outboxBacklog);
      const isLate = oldest !== null && Date.now() - oldest.getTime() > OUTBOX_LATE_MS;
      const error = heartbeat.error ?? (isLate ? relay.error : null);
      if (error === null && !isLate) return { status: 'up', detail: `${unsent} to send` };
      return { status: 'degraded', detail: `${unsent} to send${error === null ? '' : `: ${error.code}`}` };
    },
    { required: false },
  );
}

/** The registry warns for the whole network. */
export function registerKeyHealth(health: HealthRegistry, board: () => readonly KeyStanding[]): void {
  health.register(
    'keys',
    () => {
      const warning = keyWarning(board());
      return warning === undefined ? { status: 'up' } : { status: 'degraded', detail: warning };
    },
    { required: false },
  );
}
