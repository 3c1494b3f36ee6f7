import { AccessModule } from '#access';
import { keepHouse, Recovery, RecoveryGuard, signingKeyHealth } from '#node';
import { HealthRegistry, runHttpApp, systemClock, type HttpApp, type Running } from '#platform';
import { keyBoard, measureKeys, type KeyStanding } from '#registry-view';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { openRegistry, type OpenRegistry, type RegistrySettings } from './open-registry.ts';
import { registerHealth, registerKeyHealth } from './registry-health.ts';
import { RegistryModule } from './registry.module.ts';

/** A start that may not publish after this says so and goes on trying, milliseconds. */
const READY_WITHIN_MS = 8_000;

export type RunningRegistry = Running & { readonly http: HttpApp; readonly registry: OpenRegistry };

@Module({})
class RegistryRoot {
  /** Whatever writes is refused until the registry knows what it has published. */
  static guardedBy(recovery: Recovery, imports: readonly DynamicModule[]): DynamicModule {
    return {
      module: RegistryRoot,
      imports: [...imports],
      providers: [
        { provide: Recovery, useValue: recovery },
        { provide: APP_GUARD, useClass: RecoveryGuard },
      ],
    };
  }
}

/**
 * Opens the registry and puts it into service: HTTP, for reading; then, once it knows what it has published, what the
 * catalogue has changed, relay and heartbeat. With the broker away that comes later, and nothing is published meanwhile.
 * @throws HubError those of `openRegistry`, of `ReconcileCatalogue`
 */
export async function startRegistry(settings: RegistrySettings): Promise<RunningRegistry> {
  const { node } = settings;
  const registry = await openRegistry(settings);
  const recovery = new Recovery(() => registry.recover.run(), registry.logger);
  const http = await serve(settings, registry, recovery).catch(async (error: unknown) => {
    await registry.close();
    throw error;
  });
  const stopHousekeeping = await keepHouse(registry, [], node.retention);
  const close = async (): Promise<void> => {
    await stopHousekeeping();
    await recovery.close();
    await http.close();
    await registry.close();
  };
  try {
    const inService = recovery.done.then(() => publishFrom(registry));
    // Later than at the start it is told at `/health`, and nobody waits for it.
    inService.catch((error: unknown) => {
      registry.logger.error({ err: error }, 'the catalogue cannot be published');
    });
    recovery.start();
    await recovery.firstAttempt(READY_WITHIN_MS);
    if (recovery.isDone) await inService;
    else registry.reconcile.check();
  } catch (error) {
    await close();
    throw error;
  }
  const ready = { name: node.identity.NODE_NAME, url: http.url, head: registry.ledger.latest };
  return { http, registry, ready, close };
}

async function serve(
  { node }: RegistrySettings,
  registry: OpenRegistry,
  recovery: Recovery,
): Promise<HttpApp> {
  const board = (): readonly KeyStanding[] =>
    keyBoard(registry.ledger.current().certificates(), systemClock.now());
  measureKeys(registry.metrics, board, () => systemClock.now());
  const access = AccessModule.forRoot({ ...node.access, dataSource: registry.source });
  return await runHttpApp(RegistryRoot.guardedBy(recovery, [access, RegistryModule.of(registry)]), {
    name: node.identity.NODE_NAME,
    http: node.http,
    openApi: { title: 'Re.Se.T. hub registry', version: '1.0' },
    logger: registry.logger,
    metrics: registry.metrics,
    prepare: (app) => {
      const health = app.get(HealthRegistry);
      registerHealth(health, registry);
      recovery.register(health);
      signingKeyHealth(health, registry.signer);
      registerKeyHealth(health, board);
    },
  });
}

/** What is stored goes out whatever the catalogue says. */
async function publishFrom({
  relay,
  marks,
  heartbeat,
  reconcile,
  ledger,
  logger,
}: OpenRegistry): Promise<void> {
  relay.start();
  marks.start();
  try {
    const published = await reconcile.run();
    logger.info({ published: published.length, head: ledger.latest?.number }, 'the catalogue is published');
  } finally {
    heartbeat.start();
  }
}
