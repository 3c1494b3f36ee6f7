import { topics } from '#contracts';
import { HubError } from '#errors';
import { verifyReceipt } from '#evidence';
import { done, park, retry, type IncomingRecord, type Outcome } from '#messaging';
import { appendOutbox, type OutboxRecord, type UnitOfWork } from '#persistence';
import type { Clock, IdSource } from '#platform';
import type { RegistryView } from '#registry-view';
import { parkRecords, type Refused } from '../quarantine/park-records.ts';

const RETRY_MS = 500;

interface ForwardParts {
  readonly work: UnitOfWork;
  readonly registry: RegistryView;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/**
 * Carries receipts to the author of the event they speak of, the same bytes. Receipts have no position and no
 * recipients by rule; a receipt delivered twice is stored once by who receives it.
 */
export class ForwardReceipts {
  readonly #parts: ForwardParts;

  constructor(parts: ForwardParts) {
    this.#parts = parts;
  }

  async run(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    const now = this.#parts.clock.now();
    const forwards: OutboxRecord[] = [];
    const refused: Refused[] = [];
    const outcomes = records.map((record): Outcome => {
      try {
        const { receipt } = verifyReceipt(record.value, this.#parts.registry, now);
        forwards.push({
          topics: [topics.inbox(receipt.event.author)],
          key: `${receipt.practice.owner}/${receipt.practice.uuid}`,
          value: record.value,
          headers: { ...record.headers, hub_class: 'receipt' },
        });
        return done();
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
        if (error.policy.disposition !== 'park') return retry(RETRY_MS);
        refused.push({ origin: record, bytes: record.value, headers: record.headers, error });
        return park(error.code);
      }
    });
    await this.#parts.work.run(async (tx) => {
      await appendOutbox(tx, forwards);
      await parkRecords(tx, refused, { now, ids: this.#parts.ids });
    });
    return outcomes;
  }
}
