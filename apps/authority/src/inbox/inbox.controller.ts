import { headerText, StreamHandler, type IncomingRecord, type Outcome } from '#messaging';
import { Controller, Inject } from '@nestjs/common';
import { DocumentFetching } from '../documents/document-fetching.ts';
import { ReceiveBatch } from './receive-batch.ts';

/** The node's inbox. */
@Controller()
export class InboxController {
  constructor(
    @Inject(ReceiveBatch) private readonly receive: ReceiveBatch,
    @Inject(DocumentFetching) private readonly fetching: DocumentFetching,
  ) {}

  @StreamHandler('inbox')
  async inbox(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    const outcomes = await this.receive.run(records);
    // Documents are fetched at once, never inside the batch. Only events bring any.
    if (records.some((record) => headerText(record, 'hub_class') === 'event')) this.fetching.wake();
    return outcomes;
  }
}
