import { AccessModule } from '#access';
import { keepHouse, signingKeyHealth } from '#node';
import { outboxBacklog } from '#persistence';
import { HealthRegistry, runHttpApp, systemClock, type HttpApp, type Running } from '#platform';
import { keyBoard, keyWarning, measureKeys, type KeyStanding } from '#registry-view';
import { Module } from '@nestjs/common';
import { openRegistry, type OpenRegistry, type RegistrySettings } from './open-registry.ts';
import { RegistryModule } from './registry.module.ts';

/** What waits longer in the outbox is told in `/health`, milliseconds. */
const OUTBOX_LATE_MS = 10_000;

export type RunningRegistry = Running & { readonly http: HttpApp; readonly registry: OpenRegistry };

@Module({})
class RegistryRoot {}

/** Opens the registry and puts it into service: relay, first heartbeat, then HTTP. */
export async function startRegistry(settings: RegistrySettings): Promise<RunningRegistry> {
  const { node } = settings;
  const registry = await openRegistry(settings);
  const board = (): readonly KeyStanding[] =>
    keyBoard(registry.ledger.current().certificates(), systemClock.now());
  measureKeys(registry.metrics, board, () => systemClock.now());
  try {
    const access = AccessModule.forRoot({ ...node.access, dataSource: registry.source });
    const http = await runHttpApp(
      { module: RegistryRoot, imports: [access, RegistryModule.of(registry)] },
      {
        name: node.identity.NODE_NAME,
        http: node.http,
        openApi: { title: 'Re.Se.T. hub registry', version: '1.0' },
        logger: registry.logger,
        metrics: registry.metrics,
        prepare: (app) => {
          registerHealth(app.get(HealthRegistry), registry);
          signingKeyHealth(app.get(HealthRegistry), registry.signer);
          registerKeyHealth(app.get(HealthRegistry), board);
        },
      },
    );
    const stopHousekeeping = await keepHouse(registry, [], node.retention);
    registry.relay.start();
    registry.heartbeat.start();
    const close = async (): Promise<void> => {
      await stopHousekeeping();
      await http.close();
      await registry.close();
    };
    const ready = { name: node.identity.NODE_NAME, url: http.url, head: registry.ledger.head() };
    return { http, registry, ready, close };
  } catch (error) {
    await registry.close();
    throw error;
  }
}

function registerHealth(
  health: HealthRegistry,
  { work, ledger, relay, heartbeat, clock }: OpenRegistry,
): void {
  health.register('database', async () => {
    await work.run((tx) => tx.query('select 1 as alive'));
    return { status: 'up', detail: `entry ${ledger.head().number}` };
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
function registerKeyHealth(health: HealthRegistry, board: () => readonly KeyStanding[]): void {
  health.register(
    'keys',
    () => {
      const warning = keyWarning(board());
      return warning === undefined ? { status: 'up' } : { status: 'degraded', detail: warning };
    },
    { required: false },
  );
}
