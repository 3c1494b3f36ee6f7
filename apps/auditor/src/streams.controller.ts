import { StreamHandler, type IncomingRecord, type Outcome } from '#messaging';
import { Controller, Inject } from '@nestjs/common';
import { TakeIn } from './intake/take-in.ts';

/**
 * Everything that is logged: what members say, what the router decides, what participants confirm, what operators do, what
 * the registry changes.
 */
@Controller()
export class StreamsController {
  constructor(@Inject(TakeIn) private readonly takeIn: TakeIn) {}

  @StreamHandler('events')
  events(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    return this.takeIn.run('events', records);
  }

  @StreamHandler('decisions')
  decisions(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    return this.takeIn.run('decisions', records);
  }

  @StreamHandler('receipts')
  receipts(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    return this.takeIn.run('receipts', records);
  }

  @StreamHandler('actions')
  actions(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    return this.takeIn.run('actions', records);
  }

  @StreamHandler('changes')
  changes(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    return this.takeIn.run('changes', records);
  }
}
