import { OPEN_NODE, type OpenNode } from '#node';
import { CLOCK, IDS, type Clock, type IdSource } from '#platform';
import { QuarantineModule } from '#quarantine';
import { Module } from '@nestjs/common';
import { CoveredController } from './certificates/covered.controller.ts';
import { ListCovered } from './certificates/list-covered.ts';
import { routerQuarantine } from './quarantine/router-quarantine.ts';
import { ForwardReceipts } from './receipts/forward-receipts.ts';
import { RouteBatch } from './routing/route-batch.ts';
import { StreamsController } from './streams.controller.ts';

/** The use cases that judge records, for the streams and for a release. */
@Module({
  providers: [
    {
      provide: RouteBatch,
      inject: [OPEN_NODE, CLOCK, IDS],
      useFactory: ({ name, work, registry, verifier, signer }: OpenNode, clock: Clock, ids: IdSource) =>
        new RouteBatch({ name, work, registry, verifier, signer, clock, ids }),
    },
    {
      provide: ForwardReceipts,
      inject: [OPEN_NODE, CLOCK, IDS],
      useFactory: ({ work, registry, verifier }: OpenNode, clock: Clock, ids: IdSource) =>
        new ForwardReceipts({ work, registry, verifier, clock, ids }),
    },
  ],
  exports: [RouteBatch, ForwardReceipts],
})
class JudgingModule {}

/** The router's use cases over an open node. */
@Module({
  imports: [
    JudgingModule,
    QuarantineModule.of({
      imports: [JudgingModule],
      inject: [OPEN_NODE, CLOCK, RouteBatch, ForwardReceipts],
      useFactory: ({ work }: OpenNode, clock: Clock, route: RouteBatch, forward: ForwardReceipts) =>
        routerQuarantine({ work, clock }, route, forward),
    }),
  ],
  controllers: [CoveredController, StreamsController],
  providers: [
    {
      provide: ListCovered,
      inject: [OPEN_NODE],
      useFactory: ({ work, registry }: OpenNode) => new ListCovered(work, registry),
    },
  ],
})
export class RouterModule {}
