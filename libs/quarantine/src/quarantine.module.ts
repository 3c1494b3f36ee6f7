import { AccessLog } from '#access-log';
import { ActionsController, ReadActions } from '#actions';
import { HealthRegistry, LOGGER, METRICS, type Logger, type Metrics } from '#platform';
import {
  Module,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
import { DeskController } from './desk.controller.ts';
import { DiscardQuarantined } from './discard-quarantined.ts';
import { QUARANTINE_PARTS, type QuarantineParts } from './quarantine-parts.ts';
import { QuarantineController } from './quarantine.controller.ts';
import { QuarantineSigns } from './quarantine-signs.ts';
import { QuarantineStore } from './quarantine-store.ts';
import { ReleaseQuarantined } from './release-quarantined.ts';
import { RerunQuarantine } from './rerun-quarantine.ts';
import { RerunController } from './rerun.controller.ts';
import { RerunStore } from './rerun-store.ts';
import { RerunWorker } from './rerun-worker.ts';

/** How the node's parts are made; `imports` has the modules from which the factory's arguments come. */
type Composition = Pick<FactoryProvider<QuarantineParts>, 'inject' | 'useFactory'> &
  Pick<ModuleMetadata, 'imports'>;

/** The quarantine of a node, over REST: its list, release by the same checks, re-runs, discards, and what was done. */
@Module({})
export class QuarantineModule {
  static of({ imports = [], inject = [], useFactory }: Composition): DynamicModule {
    return {
      module: QuarantineModule,
      imports,
      // The order is that of the routes: `reruns` is none of the ids.
      controllers: [RerunController, QuarantineController, DeskController, ActionsController],
      providers: [
        { provide: QUARANTINE_PARTS, inject, useFactory },
        overParts(QuarantineStore, ({ work }) => new QuarantineStore(work)),
        overParts(RerunStore, ({ work }) => new RerunStore(work)),
        overParts(ReadActions, ({ work }) => new ReadActions(work)),
        overParts(AccessLog, ({ actions: { node }, clock, ids }) => new AccessLog({ node, clock, ids })),
        overParts(ReleaseQuarantined, (parts) => new ReleaseQuarantined(parts)),
        overParts(DiscardQuarantined, (parts) => new DiscardQuarantined(parts)),
        overParts(RerunQuarantine, (parts) => new RerunQuarantine(parts)),
        {
          provide: RerunWorker,
          inject: [RerunQuarantine, LOGGER],
          useFactory: (rerun: RerunQuarantine, logger: Logger) => new RerunWorker(rerun, logger),
        },
        {
          provide: QuarantineSigns,
          inject: [QuarantineStore, HealthRegistry, METRICS],
          useFactory: (store: QuarantineStore, health: HealthRegistry, metrics: Metrics) =>
            new QuarantineSigns(store, health, metrics),
        },
      ],
    };
  }
}

function overParts<T>(provide: Type<T>, make: (parts: QuarantineParts) => T): Provider {
  return { provide, inject: [QUARANTINE_PARTS], useFactory: make };
}
