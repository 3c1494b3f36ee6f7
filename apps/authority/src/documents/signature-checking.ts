import type { X509Certificate } from 'node:crypto';
import { HubError } from '#errors';
import type { Logger } from '#platform';
import { SignatureChecker, uninspected, type SignatureReport } from '#signed-uploads';
import type { NodeParts } from '../node-parts.ts';
import { claimCheck, postponeCheck, recordReport, type CheckJob } from './signature-queue.ts';

export interface SignatureCheckingOptions {
  readonly parts: NodeParts;
  /** To which signers are traced back; none: nobody is, and the report says so. */
  readonly anchors: readonly X509Certificate[];
  readonly logger: Logger;
  /** How often to look for orders, milliseconds; a second unless given. */
  readonly pollMs?: number;
}

const POLL_MS = 1_000;
/** Checks of one document that are begun. A file that ends the process each time must not do so for ever. */
const MAX_ATTEMPTS = 3;
/** Wait after a failure, milliseconds: of the check, twice as long each time; of disk or database. */
const RETRY_MS = 30_000;

/**
 * Looks, in the background, for the signatures of citizens and professionals in every document that is complete here.
 * A filing is never refused for them: what is found is reported with the document, and stays in this node.
 */
export class SignatureChecking {
  readonly #options: SignatureCheckingOptions;
  readonly #checker: SignatureChecker;
  readonly #stopping = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #rouse: () => void = () => undefined;

  constructor(options: SignatureCheckingOptions) {
    this.#options = options;
    this.#checker = new SignatureChecker({ anchors: options.anchors });
  }

  start(): void {
    this.#ended = this.#run();
  }

  /** A check under way is given back. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#rouse();
    await this.#checker.close();
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const busy = await this.#next().catch((error: unknown) => {
        this.#options.logger.warn({ err: error }, 'the queue of documents to check failed');
        return false;
      });
      if (!busy) await this.#rest();
    }
  }

  /** @returns false if there was nothing to do */
  async #next(): Promise<boolean> {
    const { parts } = this.#options;
    const job = await parts.work.run((tx) => claimCheck(tx, parts.clock.now()));
    if (job === undefined) return false;
    try {
      const report = await this.#check(job);
      await parts.work.run((tx) => recordReport(tx, job, report, parts.clock.now()));
    } catch (error) {
      await this.#postpone(job, error);
    }
    return true;
  }

  async #check(job: CheckJob): Promise<SignatureReport> {
    const { parts } = this.#options;
    if (job.attempts > MAX_ATTEMPTS) return this.#givenUp(job, 'the check was begun and never ended');
    try {
      return await this.#checker.check(parts.documents.open(job.key), job.size, parts.clock.now());
    } catch (error) {
      if (this.#stopping.signal.aborted || !(error instanceof HubError)) throw error;
      // Erased, or lost: there is nothing that could be checked later.
      if (error.code === 'DOCUMENT_NOT_FOUND') return uninspected('application/octet-stream', error);
      if (error.code !== 'UPLOAD_CHECK_FAILED' || job.attempts < MAX_ATTEMPTS) throw error;
      return this.#givenUp(job, error.message);
    }
  }

  #givenUp({ key }: CheckJob, why: string): SignatureReport {
    this.#options.logger.error({ document: key, why }, 'a document could not be checked for signatures');
    return uninspected('application/octet-stream', new HubError('UPLOAD_CHECK_FAILED', why));
  }

  /** The process is stopping, or the fault is the node's: no mark against the document. Otherwise the attempt counts. */
  async #postpone(job: CheckJob, error: unknown): Promise<void> {
    const { parts, logger } = this.#options;
    const stopping = this.#stopping.signal.aborted;
    const itsOwn = !stopping && error instanceof HubError && error.code === 'UPLOAD_CHECK_FAILED';
    const wait = itsOwn ? RETRY_MS * 2 ** (job.attempts - 1) : stopping ? 0 : RETRY_MS;
    const next = {
      at: new Date(parts.clock.now().getTime() + wait),
      attempts: itsOwn ? job.attempts : job.attempts - 1,
    };
    await parts.work.run((tx) => postponeCheck(tx, job, next, parts.clock.now()));
    if (!stopping) logger.warn({ err: error, document: job.key }, 'a document could not be checked yet');
  }

  async #rest(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.pollMs ?? POLL_MS);
      this.#rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
