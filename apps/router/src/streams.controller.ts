import { StreamHandler, type IncomingRecord, type Outcome } from '#messaging';
import { Controller, Inject } from '@nestjs/common';
import { ForwardReceipts } from './receipts/forward-receipts.ts';
import { RouteBatch } from './routing/route-batch.ts';

/** The members' outboxes, and what the members say of what they received. */
@Controller()
export class StreamsController {
  constructor(
    @Inject(RouteBatch) private readonly route: RouteBatch,
    @Inject(ForwardReceipts) private readonly forward: ForwardReceipts,
  ) {}

  @StreamHandler('outboxes')
  outboxes(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    return this.route.run(records);
  }

  @StreamHandler('receipts')
  receipts(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    return this.forward.run(records);
  }
}
