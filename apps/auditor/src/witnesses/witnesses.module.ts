import { Module, type DynamicModule } from '@nestjs/common';
import type { WitnessParts } from './witness-parts.ts';
import { WITNESS_PARTS, WitnessesController } from './witnesses.controller.ts';

/** What the log tells of its witnesses over REST. */
@Module({})
export class WitnessesModule {
  /** @param beside the rest of the application */
  static beside(beside: DynamicModule, parts: WitnessParts): DynamicModule {
    return {
      module: WitnessesModule,
      imports: [beside],
      controllers: [WitnessesController],
      providers: [{ provide: WITNESS_PARTS, useValue: parts }],
    };
  }
}
