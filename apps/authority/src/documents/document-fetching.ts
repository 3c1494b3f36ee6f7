import { DocumentFetcher, runFetchQueue, type FetchReport, type FetchRunner } from '#documents';
import type { Logger, MutualTlsFiles } from '#platform';
import type { NodeParts } from '../node-parts.ts';
import { PostgresFetchQueue, type DocumentJob } from './postgres-fetch-queue.ts';

/** Fetches, in the background, every document that a received event names. */
export class DocumentFetching {
  readonly #fetcher: DocumentFetcher;
  readonly #parts: NodeParts;
  readonly #logger: Logger;
  #runner: FetchRunner | undefined;

  constructor(parts: NodeParts, tls: MutualTlsFiles, logger: Logger) {
    this.#parts = parts;
    this.#logger = logger;
    this.#fetcher = new DocumentFetcher({ store: parts.documents, tls });
  }

  start(): void {
    const { clock, ids } = this.#parts;
    const queue = new PostgresFetchQueue(this.#parts, (error) => {
      this.#logger.error({ err: error }, 'a manifest of documents was refused');
    });
    const report = (what: FetchReport<DocumentJob>): void => {
      this.#log(what);
    };
    this.#runner = runFetchQueue({ queue, fetcher: this.#fetcher, clock, ids, report });
  }

  /** Looks at once for documents that are due. */
  wake(): void {
    this.#runner?.wake();
  }

  async close(): Promise<void> {
    await this.#runner?.stop();
    await this.#fetcher.close();
  }

  #log(report: FetchReport<DocumentJob>): void {
    if (report.kind === 'queue-failed') {
      this.#logger.error({ err: report.error }, 'the queue of documents to fetch failed');
      return;
    }
    const document = report.job.order.key;
    if (report.kind === 'alarm') {
      this.#logger.error(
        { err: report.problem.error, source: report.problem.source, document },
        'a source sent other bytes',
      );
    } else if (report.kind === 'postponed') {
      const { state, next, error } = report.postponement;
      this.#logger.warn({ err: error, state, next, document }, 'a document could not be fetched yet');
    } else {
      this.#logger.debug({ document, from: report.from }, 'document complete');
    }
  }
}
