import { DocumentFetcher, runFetchQueue, type FetchReport, type FetchRunner } from '#documents';
import { paced, type Logger, type MutualTlsFiles } from '#platform';
import type { NodeParts } from '../node-parts.ts';
import type { DocumentJob } from './due-document.ts';
import { LostQueue } from './lost-queue.ts';
import { PostgresFetchQueue } from './postgres-fetch-queue.ts';

/** Documents fetched back at a time: what is new comes first. */
const LOST_AT_ONCE = 2;
/** Between two looks for documents that are due, however often events come, milliseconds. */
const BREATH_MS = 200;
/** How often to look for documents to fetch back when nobody calls `wakeLost`, milliseconds. */
const LOST_POLL_MS = 15_000;

/** Fetches, in the background, every document that a received event names, and those that the disk has lost. */
export class DocumentFetching {
  readonly #fetcher: DocumentFetcher;
  readonly #parts: NodeParts;
  readonly #logger: Logger;
  readonly #looking = paced(() => this.#runner?.wake(), BREATH_MS);
  #runner: FetchRunner | undefined;
  #lost: FetchRunner | undefined;

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
    const shared = { fetcher: this.#fetcher, clock, ids, report };
    this.#runner = runFetchQueue({ ...shared, queue });
    const rarely = { concurrency: LOST_AT_ONCE, pollMs: LOST_POLL_MS };
    this.#lost = runFetchQueue({ ...shared, ...rarely, queue: new LostQueue(this.#parts) });
  }

  /** Looks for documents that are due: at once, or with what else comes in a moment. */
  wake(): void {
    this.#looking.call();
  }

  /** Looks at once for documents to fetch back. */
  wakeLost(): void {
    this.#lost?.wake();
  }

  async close(): Promise<void> {
    this.#looking.stop();
    await Promise.all([this.#runner?.stop(), this.#lost?.stop()]);
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
