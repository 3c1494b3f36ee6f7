import { Global, Module, type DynamicModule } from '@nestjs/common';

import { CLOCK, systemClock, type Clock } from './clock.ts';
import { HealthRegistry } from './health/health-registry.ts';
import { HealthController } from './health/health.controller.ts';
import { DrainSignal } from './http/drain-signal.ts';
import { IDS, systemIds, type IdSource } from './ids.ts';
import { LOGGER, type Logger } from './logging/logger.ts';
import { MetricsController } from './metrics/metrics.controller.ts';
import { METRICS, type Metrics } from './metrics/metrics.ts';

export interface PlatformOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock?: Clock;
  readonly ids?: IdSource;
}

/** Clock, ids, logger, metrics, health and drain signal for every room, with the routes `/health` and `/metrics`. */
@Global()
@Module({})
export class PlatformModule {
  static forRoot({ logger, metrics, clock = systemClock, ids = systemIds }: PlatformOptions): DynamicModule {
    const providers = [
      { provide: CLOCK, useValue: clock },
      { provide: IDS, useValue: ids },
      { provide: LOGGER, useValue: logger },
      { provide: METRICS, useValue: metrics },
      { provide: HealthRegistry, useFactory: () => new HealthRegistry() },
      { provide: DrainSignal, useFactory: () => new DrainSignal() },
    ];
    return {
      module: PlatformModule,
      controllers: [HealthController, MetricsController],
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}
