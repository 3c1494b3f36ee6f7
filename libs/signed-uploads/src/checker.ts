/** Documents looked into on a thread of their own, one at a time, so that a node's event loop stays free. */
import type { X509Certificate } from 'node:crypto';
import { Piscina } from 'piscina';
import { HubError } from '#errors';
import { PROGRAM_ARGUMENTS, programBeside } from '#evidence';
import type { CheckerData, CheckerTask } from './checker-worker.ts';
import { MAX_INSPECTED_BYTES, uninspected } from './inspect.ts';
import type { SignatureReport } from './report.ts';

export interface CheckerOptions {
  readonly anchors: readonly X509Certificate[];
  /** A document that takes longer is given up, milliseconds; half a minute unless given. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 30_000;
/** A thread with nothing to do is ended after this, milliseconds: it holds some 60 MB, and starting it takes 0.2 s of a processor. */
const IDLE_MS = 60_000;
/** Memory for what is made of a document, MB; the document itself is not counted. */
const HEAP_MB = 512;

const PROGRAM = programBeside(import.meta.url, 'checker-worker');

export class SignatureChecker {
  readonly #pool: Piscina<CheckerTask, SignatureReport>;
  readonly #deadlineMs: number;

  constructor({ anchors, deadlineMs = DEADLINE_MS }: CheckerOptions) {
    this.#deadlineMs = deadlineMs;
    const workerData: CheckerData = { anchors: anchors.map(({ raw }) => raw) };
    this.#pool = new Piscina({
      filename: PROGRAM,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: IDLE_MS,
      execArgv: PROGRAM_ARGUMENTS,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      workerData,
    });
  }

  /**
   * Looks into a document. It is held in memory once, and handed over, not copied.
   *
   * @param size of the content, bytes
   * @param now the time at which certificates are judged where a signature claims none
   * @throws HubError `UPLOAD_CHECK_FAILED` if the thread dies or takes too long; what reading `content` throws
   */
  async check(content: AsyncIterable<Buffer>, size: number, now: Date): Promise<SignatureReport> {
    if (size > MAX_INSPECTED_BYTES) {
      const why = `the document has ${size} bytes, at most ${MAX_INSPECTED_BYTES} are looked into`;
      return uninspected('application/octet-stream', new HubError('UPLOAD_CHECK_LIMIT', why));
    }
    const bytes = new ArrayBuffer(size);
    const target = Buffer.from(bytes);
    let filled = 0;
    for await (const chunk of content) filled += chunk.copy(target, filled);
    const signal = AbortSignal.timeout(this.#deadlineMs);
    try {
      return await this.#pool.run({ bytes, now: now.getTime() }, { transferList: [bytes], signal });
    } catch (cause) {
      const why = signal.aborted
        ? `it took more than ${this.#deadlineMs} ms`
        : 'the thread of the check died';
      throw new HubError('UPLOAD_CHECK_FAILED', why, { cause });
    }
  }

  /** Ends the thread; a check under way is rejected. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
