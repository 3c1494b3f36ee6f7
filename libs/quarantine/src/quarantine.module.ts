import { Module, type DynamicModule, type FactoryProvider, type ModuleMetadata } from '@nestjs/common';
import { QUARANTINE_PARTS, type QuarantineParts } from './quarantine-parts.ts';
import { QuarantineController } from './quarantine.controller.ts';
import { QuarantineStore } from './quarantine-store.ts';
import { ReleaseController } from './release.controller.ts';
import { ReleaseQuarantined } from './release-quarantined.ts';

/** How the node's parts are made; `imports` has the modules from which the factory's arguments come. */
type Composition = Pick<FactoryProvider<QuarantineParts>, 'inject' | 'useFactory'> &
  Pick<ModuleMetadata, 'imports'>;

/** The quarantine of a node, over REST: its list, and release by the same checks. */
@Module({})
export class QuarantineModule {
  static of({ imports = [], inject = [], useFactory }: Composition): DynamicModule {
    return {
      module: QuarantineModule,
      imports,
      controllers: [QuarantineController, ReleaseController],
      providers: [
        { provide: QUARANTINE_PARTS, inject, useFactory },
        {
          provide: QuarantineStore,
          inject: [QUARANTINE_PARTS],
          useFactory: ({ work }: QuarantineParts) => new QuarantineStore(work),
        },
        {
          provide: ReleaseQuarantined,
          inject: [QUARANTINE_PARTS],
          useFactory: (parts: QuarantineParts) => new ReleaseQuarantined(parts),
        },
      ],
    };
  }
}
