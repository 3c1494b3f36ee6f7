import { CLOCK, IDS, type Clock, type IdSource } from '#platform';
import { OPEN_NODE, type OpenNode } from '#node';
import { Module, type DynamicModule } from '@nestjs/common';
import type { CrashPoints } from './crash-points.ts';
import { QuarantineController } from './quarantine/quarantine.controller.ts';
import { QuarantineStore } from './quarantine/quarantine-store.ts';
import { ReleaseRecord } from './quarantine/release-record.ts';
import { ForwardReceipts } from './receipts/forward-receipts.ts';
import { RouteBatch } from './routing/route-batch.ts';
import { StreamsController } from './streams.controller.ts';

/** The router's use cases over an open node. */
@Module({})
export class RouterModule {
  static of(crash: CrashPoints): DynamicModule {
    return {
      module: RouterModule,
      controllers: [QuarantineController, StreamsController],
      providers: [
        {
          provide: RouteBatch,
          inject: [OPEN_NODE, CLOCK, IDS],
          useFactory: ({ name, work, registry, signer }: OpenNode, clock: Clock, ids: IdSource) =>
            new RouteBatch({ name, work, registry, signer, clock, ids, crash }),
        },
        {
          provide: ForwardReceipts,
          inject: [OPEN_NODE, CLOCK, IDS],
          useFactory: ({ work, registry }: OpenNode, clock: Clock, ids: IdSource) =>
            new ForwardReceipts({ work, registry, clock, ids }),
        },
        {
          provide: QuarantineStore,
          inject: [OPEN_NODE],
          useFactory: ({ work }: OpenNode) => new QuarantineStore(work),
        },
        {
          provide: ReleaseRecord,
          inject: [QuarantineStore, RouteBatch, ForwardReceipts, CLOCK],
          useFactory: (store: QuarantineStore, route: RouteBatch, forward: ForwardReceipts, clock: Clock) =>
            new ReleaseRecord(store, route, forward, clock),
        },
      ],
    };
  }
}
