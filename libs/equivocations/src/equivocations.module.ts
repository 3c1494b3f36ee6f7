import type { UnitOfWork } from '#persistence';
import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { EQUIVOCATION_WORK, EquivocationsController } from './equivocations.controller.ts';

/** A node's findings over REST. */
@Module({})
export class EquivocationsModule {
  static of(work: Pick<FactoryProvider<UnitOfWork>, 'inject' | 'useFactory'>): DynamicModule {
    return {
      module: EquivocationsModule,
      controllers: [EquivocationsController],
      providers: [{ provide: EQUIVOCATION_WORK, ...work }],
    };
  }
}
