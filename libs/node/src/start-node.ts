import { AccessModule } from '#access';
import { HubTransport, type PoisonHandler, type StreamSettings } from '#messaging';
import { StreamPositions } from '#persistence';
import {
  HealthRegistry,
  runHttpApp,
  type HttpApp,
  type HttpConfig,
  type OpenApiOptions,
  type Running,
} from '#platform';
import { RewindWatch } from '#streams';
import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  databaseHealth,
  lagHealth,
  outboxHealth,
  registryHealth,
  signingKeyHealth,
  streamsHealth,
} from './node-health.ts';
import type { NodeConfig } from './node-config.ts';
import { keepHouse, type Chore } from './keep-house.ts';
import { watchKeys } from './node-keys.ts';
import { PublishedMarks } from './published-marks.ts';
import { RecoveryGuard } from './recovery.guard.ts';
import { Recovery, type ReadAgain, type Recover } from './recovery.ts';
import { OPEN_NODE } from './tokens.ts';
import type { OpenNode } from './open-node.ts';

/** A start that is not ready to write after this says so and goes on trying, milliseconds. */
const READY_WITHIN_MS = 8_000;

export interface StartOptions {
  readonly config: NodeConfig;
  readonly node: OpenNode;
  /** The application's own module: controllers with routes and stream handlers. */
  readonly module: Type | DynamicModule;
  readonly streams: readonly StreamSettings[];
  readonly onPoison: PoisonHandler;
  readonly openApi: OpenApiOptions;
  /** A second server for the other nodes, over mutual TLS. */
  readonly peer?: HttpConfig;
  /** What the node compares with what it has published, before it writes anything. */
  readonly recovery?: RecoverySettings;
  /** Done at the start and once an hour, beside what every node does: forget what is past its time. */
  readonly housekeeping?: readonly Chore[];
  /** Registers what the application has to say about its health. */
  readonly probes?: (health: HealthRegistry) => void;
  /** Ends what the application started beside its module, before the node closes. */
  readonly close?: () => Promise<void>;
}

export interface RecoverySettings {
  /** The topics that only this node writes to, as far as it compares them. */
  readonly topics: readonly string[];
  readonly recover: Recover;
  /** What has to be read again then, before requests to write are taken: nothing, if absent. */
  readonly readAgain?: ReadAgain;
  /** The node may write: what writes by itself, beside relay and streams, begins now. */
  readonly onDone?: () => void;
  /** Done once an hour from then on: what would clear away what a restored database does not name yet. */
  readonly housekeeping?: readonly Chore[];
}

@Global()
@Module({})
class NodeModule {
  static of(node: OpenNode, recovery: Recovery): DynamicModule {
    return {
      module: NodeModule,
      providers: [
        { provide: OPEN_NODE, useValue: node },
        { provide: Recovery, useValue: recovery },
        { provide: APP_GUARD, useClass: RecoveryGuard },
      ],
      exports: [OPEN_NODE],
    };
  }
}

@Module({})
class NodeRoot {}

/**
 * Puts a node into service: HTTP with tokens and problem+json; then, once it knows what it has published, its streams
 * and the relay. The order matters at the end too: no new requests, no new records, then the relay, then what they
 * stood on.
 */
export async function startNode(options: StartOptions): Promise<Running & { readonly http: HttpApp }> {
  const { node, config } = options;
  const settings: RecoverySettings = options.recovery ?? { topics: [], recover: () => Promise.resolve() };
  const recovery = new Recovery(settings.recover, node.logger, settings.readAgain);
  const marks = new PublishedMarks({ ...node, topics: settings.topics });
  const positions = new StreamPositions(node.work);
  const transport = new HubTransport({
    positions,
    startWhen: recovery.done,
    connection: node.connection,
    streams: options.streams,
    onPoison: options.onPoison,
    metrics: node.metrics,
    logger: node.logger,
  });
  node.streams.attach(transport);
  const { streams, logger } = node;
  const rewinds = new RewindWatch({ url: config.identity.DATABASE_URL, positions, streams, logger });
  const root: DynamicModule = {
    module: NodeRoot,
    imports: [
      NodeModule.of(node, recovery),
      AccessModule.forRoot({ ...config.access, dataSource: node.source }),
      options.module as DynamicModule,
    ],
  };
  const http = await runHttpApp(root, {
    name: node.name,
    http: config.http,
    ...(options.peer === undefined ? {} : { peer: options.peer }),
    openApi: options.openApi,
    logger: node.logger,
    metrics: node.metrics,
    prepare: async (app) => {
      const health = app.get(HealthRegistry);
      databaseHealth(health, node);
      signingKeyHealth(health, node.signer);
      registryHealth(health, node);
      outboxHealth(health, node);
      streamsHealth(health, transport);
      lagHealth(health, node.watch);
      recovery.register(health);
      watchKeys(health, node);
      options.probes?.(health);
      app.connectMicroservice({ strategy: transport });
      await app.startAllMicroservices();
    },
  });
  // The set of members decides which topics there are to read.
  const unwatch = node.registry.onChange(() => {
    transport.refresh().catch((error: unknown) => {
      node.logger.warn({ err: error }, 'the streams could not be refreshed');
    });
  });
  const later = (settings.housekeeping ?? []).map((chore) => recovery.afterwards(chore));
  const chores = [...(options.housekeeping ?? []), ...later];
  const stopHousekeeping = await keepHouse(node, chores, config.retention);
  void recovery.done.then(() => {
    node.relay.start();
    marks.start();
    rewinds.start();
    settings.onDone?.();
  });
  recovery.start();
  await recovery.firstAttempt(READY_WITHIN_MS);
  node.watch.start(transport);
  const close = async (): Promise<void> => {
    unwatch();
    await stopHousekeeping();
    await node.watch.stop();
    await recovery.close();
    await rewinds.close();
    await http.close();
    await options.close?.();
    await node.relay.close();
    await marks.close();
    await node.close();
  };
  return { http, ready: { name: node.name, url: http.url, peerUrl: http.peerUrl }, close };
}
