import { EquivocationsModule } from '#equivocations';
import { OPEN_NODE, type OpenNode } from '#node';
import { CLOCK, IDS, type Clock, type IdSource } from '#platform';
import { QuarantineModule } from '#quarantine';
import { Module, type DynamicModule } from '@nestjs/common';
import { CoveredController } from './certificates/covered.controller.ts';
import { ListCovered } from './certificates/list-covered.ts';
import type { CrashPoints } from './crash-points.ts';
import { GiveEvents } from './gaps/give-events.ts';
import { PeerEventsController } from './gaps/peer-events.controller.ts';
import { WaitingController } from './gaps/waiting.controller.ts';
import { routerQuarantine } from './quarantine/router-quarantine.ts';
import { ForwardReceipts } from './receipts/forward-receipts.ts';
import { RouteBatch } from './routing/route-batch.ts';
import { StreamsController } from './streams.controller.ts';

/** The use cases that judge records, for the streams and for a release. */
@Module({})
class JudgingModule {
  static of(crash: CrashPoints): DynamicModule {
    return {
      module: JudgingModule,
      providers: [
        {
          provide: RouteBatch,
          inject: [OPEN_NODE, CLOCK, IDS],
          useFactory: (
            { name, work, registry, verifier, signer, logger }: OpenNode,
            clock: Clock,
            ids: IdSource,
          ) => new RouteBatch({ name, work, registry, verifier, signer, clock, ids, crash, logger }),
        },
        {
          provide: ForwardReceipts,
          inject: [OPEN_NODE, CLOCK, IDS],
          useFactory: ({ work, registry, verifier }: OpenNode, clock: Clock, ids: IdSource) =>
            new ForwardReceipts({ work, registry, verifier, clock, ids }),
        },
      ],
      exports: [RouteBatch, ForwardReceipts],
    };
  }
}

/** The router's use cases over an open node. */
@Module({})
export class RouterModule {
  static of(crash: CrashPoints): DynamicModule {
    const judging = JudgingModule.of(crash);
    const quarantine = QuarantineModule.of({
      imports: [judging],
      inject: [OPEN_NODE, CLOCK, RouteBatch, ForwardReceipts],
      useFactory: ({ work }: OpenNode, clock: Clock, route: RouteBatch, forward: ForwardReceipts) =>
        routerQuarantine({ work, clock }, route, forward),
    });
    const equivocations = EquivocationsModule.of({
      inject: [OPEN_NODE],
      useFactory: ({ work }: OpenNode) => work,
    });
    return {
      module: RouterModule,
      imports: [judging, quarantine, equivocations],
      controllers: [CoveredController, PeerEventsController, WaitingController, StreamsController],
      providers: [
        {
          provide: ListCovered,
          inject: [OPEN_NODE],
          useFactory: ({ work, registry }: OpenNode) => new ListCovered(work, registry),
        },
        {
          provide: GiveEvents,
          inject: [OPEN_NODE, CLOCK],
          useFactory: ({ work, registry }: OpenNode, clock: Clock) =>
            new GiveEvents({ work, registry, clock }),
        },
      ],
    };
  }
}
