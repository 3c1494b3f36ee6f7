import type { RequestListener, Server } from 'node:http';

import { Module, type DynamicModule, type NestApplicationOptions, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';

import { systemClock, type Clock } from '../clock.ts';
import type { HttpConfig } from '../config/fragments.ts';
import { systemIds, type IdSource } from '../ids.ts';
import { createLogger, type Logger } from '../logging/logger.ts';
import { nestLogger } from '../logging/nest-logger.ts';
import { createMetrics, type Metrics } from '../metrics/metrics.ts';
import { PlatformModule } from '../platform.module.ts';

import { closeWhileDraining, DrainSignal } from './drain-signal.ts';
import { HubExpressAdapter } from './hub-express-adapter.ts';
import { createServer, drain, listen } from './hub-server.ts';
import { DOCS_PATH, mountOpenApi, type OpenApiOptions } from './openapi.ts';
import { ProblemFilter } from './problem.filter.ts';
import { requestId } from './request-id.ts';
import { requestMetrics } from './request-metrics.ts';
import { securityHeaders } from './security-headers.ts';

export interface HttpAppOptions {
  /** Name of the process in logs and metrics. */
  readonly name: string;
  readonly http: HttpConfig;
  /** A second server for other nodes, with the same routes; give it `tls` with `ca`, so that it speaks mutual TLS. */
  readonly peer?: HttpConfig;
  readonly openApi?: OpenApiOptions;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  readonly clock?: Clock;
  readonly ids?: IdSource;
  /** Requests that last longer after `close` are cut, milliseconds. */
  readonly drainMs?: number;
  /** Last touches before the routes are laid (connecting a transport, mounting static files). */
  readonly prepare?: (app: NestExpressApplication) => void | Promise<void>;
}

export interface HttpApp {
  readonly app: NestExpressApplication;
  /** E.g. `http://127.0.0.1:34567`. */
  readonly url: string;
  /** Of the server for other nodes, when there is one. */
  readonly peerUrl?: string;
  /** Stops listening, lets requests under way end, then closes the application. May be called twice. */
  close(): Promise<void>;
}

const DRAIN_MS = 5_000;

type NestOptions = Pick<NestApplicationOptions, 'logger' | 'abortOnError' | 'bodyParser'>;

@Module({})
class RootModule {}

/**
 * Starts a Nest application over HTTP with everything that each node of the hub has: {@link PlatformModule}, errors as
 * problem+json, security headers, request ids and timings, Swagger UI when `openApi` is given.
 *
 * @throws HubError `PORT_UNAVAILABLE`, `TLS_FILE_UNREADABLE`, or what the application throws when it starts
 */
export async function runHttpApp(module: Type | DynamicModule, options: HttpAppOptions): Promise<HttpApp> {
  const { http, peer, ids = systemIds, clock = systemClock, drainMs = DRAIN_MS } = options;
  const logger = options.logger ?? createLogger(options.name);
  const metrics = options.metrics ?? createMetrics(options.name);
  const platform = PlatformModule.forRoot({ logger, metrics, clock, ids });
  const adapter = new HubExpressAdapter((listener) => createServer(http, listener, ids));
  const nestOptions: NestOptions = {
    logger: nestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  };
  const app = await NestFactory.create<NestExpressApplication>(
    { module: RootModule, imports: [platform, module] },
    adapter,
    nestOptions,
  );
  const draining = app.get(DrainSignal);
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    draining.begin();
    await Promise.all(servers.map((server) => drain(server, drainMs)));
    await app.close();
  };
  try {
    dress(app, { logger, metrics, ids, draining, openApi: options.openApi });
    await options.prepare?.(app);
    await app.init();
    servers.push(app.getHttpServer());
    const url = await listen(app.getHttpServer(), http);
    if (peer === undefined) return { app, url, close: once(close) };
    const peerServer = createServer(peer, adapter.getInstance<RequestListener>(), ids);
    servers.push(peerServer);
    return { app, url, peerUrl: await listen(peerServer, peer), close: once(close) };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Dress {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly ids: IdSource;
  readonly draining: DrainSignal;
  readonly openApi: OpenApiOptions | undefined;
}

function dress(app: NestExpressApplication, { logger, metrics, ids, draining, openApi }: Dress): void {
  // No guessing of entity tags: routes that have one set it.
  app.disable('x-powered-by', 'etag');
  app.use(
    requestId(ids),
    requestMetrics(metrics),
    closeWhileDraining(draining),
    securityHeaders(openApi?.path ?? DOCS_PATH),
  );
  app.useGlobalFilters(new ProblemFilter(logger));
  if (openApi !== undefined) mountOpenApi(app, openApi);
}

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= action());
}
