import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { PARTNER_BOARD, type PartnerBoard } from './partner-line.ts';
import { PartnerMetrics } from './partner-metrics.ts';
import { PartnersController } from './partners.controller.ts';

/** How the exchange with each partner stands: over REST, and at `/metrics`. */
@Module({})
export class PartnersModule {
  static of({
    inject = [],
    useFactory,
  }: Pick<FactoryProvider<PartnerBoard>, 'inject' | 'useFactory'>): DynamicModule {
    return {
      module: PartnersModule,
      controllers: [PartnersController],
      providers: [{ provide: PARTNER_BOARD, inject, useFactory }, PartnerMetrics],
    };
  }
}
