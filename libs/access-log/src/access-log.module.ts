import type { ActionLog } from '#actions';
import type { UnitOfWork } from '#persistence';
import { CLOCK, HealthRegistry, LOGGER, type Clock, type Logger } from '#platform';
import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { AccessesController } from './accesses.controller.ts';
import { AnchorAccesses } from './anchor-accesses.ts';
import { AnchorWorker } from './anchor-worker.ts';
import { ListAccesses } from './list-accesses.ts';
import { ProveAccess } from './prove-access.ts';
import { WatchAccesses } from './watch-accesses.ts';

/** What a node brings to its log of accesses. */
export interface AccessLogNode {
  readonly work: UnitOfWork;
  readonly actions: ActionLog;
}

const PARTS = Symbol('AccessLogNode');

/** Who has read what, over REST, and its anchors in the log. */
@Module({})
export class AccessLogModule {
  static of({
    inject = [],
    useFactory,
  }: Pick<FactoryProvider<AccessLogNode>, 'inject' | 'useFactory'>): DynamicModule {
    return {
      module: AccessLogModule,
      controllers: [AccessesController],
      providers: [
        { provide: PARTS, inject, useFactory },
        {
          provide: ListAccesses,
          inject: [PARTS],
          useFactory: ({ work }: AccessLogNode) => new ListAccesses(work),
        },
        {
          provide: ProveAccess,
          inject: [PARTS],
          useFactory: ({ work, actions }: AccessLogNode) => new ProveAccess(work, actions.node),
        },
        {
          provide: AnchorAccesses,
          inject: [PARTS, CLOCK],
          useFactory: (parts: AccessLogNode, clock: Clock) => new AnchorAccesses({ ...parts, clock }),
        },
        {
          provide: WatchAccesses,
          inject: [PARTS, CLOCK, HealthRegistry],
          useFactory: ({ work }: AccessLogNode, clock: Clock, health: HealthRegistry) => {
            const watch = new WatchAccesses(work, clock);
            watch.register(health);
            return watch;
          },
        },
        {
          provide: AnchorWorker,
          inject: [AnchorAccesses, CLOCK, LOGGER],
          useFactory: (anchors: AnchorAccesses, clock: Clock, logger: Logger) =>
            new AnchorWorker(anchors, clock, logger),
        },
      ],
    };
  }
}
