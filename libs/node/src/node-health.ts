import type { HeldSigner } from '#hsm';
import type { HubTransport } from '#messaging';
import { outboxBacklog } from '#persistence';
import type { HealthRegistry } from '#platform';
import type { OpenNode } from './open-node.ts';
import type { StreamWatch } from './streams/stream-watch.ts';

/** An outbox whose oldest record is older than this says so, milliseconds. */
const OUTBOX_LATE_MS = 10_000;
/** Of a topic's retention, what has to be left of the time in which its records can still be read. */
const RETENTION_SHARE = 1 / 3;
const DAY_MS = 86_400_000;

export function databaseHealth(health: HealthRegistry, { work }: OpenNode): void {
  health.register('database', async () => {
    await work.run((tx) => tx.query('select 1 as alive'));
    return { status: 'up' };
  });
}

/** A token that is away degrades the node: what it has is read and served, what needs a signature waits. */
export function signingKeyHealth(health: HealthRegistry, signer: Pick<HeldSigner, 'check'>): void {
  health.register(
    'signing-key',
    async () => {
      const error = await signer.check();
      return error === null ? { status: 'up' } : { status: 'degraded', detail: error.code };
    },
    { required: false },
  );
}

/** A stale or forked copy degrades the node; it goes on with what it has. */
export function registryHealth(health: HealthRegistry, { registry }: OpenNode): void {
  health.register(
    'registry',
    () => {
      const { head, alarm, staleSince } = registry.status();
      if (head === null) return { status: 'down', detail: 'no copy of the registry yet' };
      const at = `entry ${head.number}`;
      if (alarm !== null) return { status: 'degraded', detail: `${alarm} after ${at}` };
      if (staleSince === null) return { status: 'up', detail: at };
      return {
        status: 'degraded',
        detail: `${at}; the registry was last heard at ${staleSince.toISOString()}`,
      };
    },
    { required: false },
  );
}

/** A broker that is away degrades the node: filings are still taken, and wait in the outbox. */
export function outboxHealth(health: HealthRegistry, { work, relay }: OpenNode): void {
  health.register(
    'outbox',
    async () => {
      const { unsent, oldest } = await work.run(outboxBacklog);
      const waits = oldest === null ? 0 : Date.now() - oldest.getTime();
      if (waits < OUTBOX_LATE_MS) return { status: 'up', detail: `${unsent} to send` };
      const why = relay.error === null ? '' : `: ${relay.error.code}`;
      return {
        status: 'degraded',
        detail: `${unsent} to send, the oldest for ${Math.round(waits / 1000)} s${why}`,
      };
    },
    { required: false },
  );
}

export function streamsHealth(health: HealthRegistry, transport: HubTransport): void {
  health.register(
    'streams',
    () => {
      const halted = transport.streams().filter(({ state }) => state !== 'reading' && state !== 'waiting');
      if (halted.length === 0) return { status: 'up' };
      const detail = halted.map(
        ({ stream, state, error }) => `${stream} ${state}${error ? ` (${error.code})` : ''}`,
      );
      return { status: 'degraded', detail: detail.join(', ') };
    },
    { required: false },
  );
}

/** A stream that is behind is told with its lag; one that will soon lose records for good degrades the node. */
export function lagHealth(health: HealthRegistry, watch: Pick<StreamWatch, 'lags'>): void {
  health.register(
    'lag',
    () => {
      const behind = watch.lags.filter(({ lag }) => lag > 0);
      const isLate = behind.some(
        ({ retentionLeftMs, retentionMs }) =>
          retentionLeftMs !== null && retentionMs !== null && retentionLeftMs < retentionMs * RETENTION_SHARE,
      );
      const detail = behind.map(({ topic, lag, retentionLeftMs }) => {
        const left =
          retentionLeftMs === null ? '' : `, forgotten in ${(retentionLeftMs / DAY_MS).toFixed(1)} days`;
        return `${lag} behind in ${topic}${left}`;
      });
      return {
        status: isLate ? 'degraded' : 'up',
        detail: behind.length === 0 ? '0 behind' : detail.join('; '),
      };
    },
    { required: false },
  );
}
