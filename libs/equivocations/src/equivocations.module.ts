import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import {
  EQUIVOCATION_PARTS,
  EquivocationsController,
  type EquivocationParts,
} from './equivocations.controller.ts';

/** A node's findings over REST. */
@Module({})
export class EquivocationsModule {
  static of(parts: Pick<FactoryProvider<EquivocationParts>, 'inject' | 'useFactory'>): DynamicModule {
    return {
      module: EquivocationsModule,
      controllers: [EquivocationsController],
      providers: [{ provide: EQUIVOCATION_PARTS, ...parts }],
    };
  }
}
