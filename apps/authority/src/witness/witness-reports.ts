import { ActionLog } from '#actions';
import { backoff, rest, type Logger } from '#platform';
import type { NodeParts } from '../node-parts.ts';
import { reportFindings } from './report-findings.ts';
import { stateKey } from './state-key.ts';

/** How soon a new signing certificate is noticed, milliseconds; a finding is told at once. */
const LOOK_MS = 60_000;
const AGAIN = { baseMs: 1_000, maxMs: 60_000 };

export interface WitnessReportsOptions {
  readonly parts: Pick<NodeParts, 'work' | 'signer' | 'clock' | 'ids'>;
  /** Of the witness; null at a node that is none. */
  readonly vkey: string | null;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
}

/**
 * Signs, in the background, what the witness has to say: which key is its own, and what it has refused. Away from the
 * requests, so that a signing key that is away keeps no evidence from being stored.
 */
export class WitnessReports {
  readonly #options: WitnessReportsOptions;
  readonly #actions: ActionLog;
  readonly #closing = new AbortController();
  #ring = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: WitnessReportsOptions) {
    const { signer, clock, ids } = options.parts;
    this.#options = options;
    this.#actions = new ActionLog({ role: 'authority', signer, clock, ids });
  }

  /** Begins, once the node may write. */
  start(): void {
    const { vkey } = this.#options;
    if (vkey !== null) this.#loop = this.#run(vkey);
  }

  /** Something was refused. */
  wake(): void {
    this.#options.logger.error(
      'a log has shown this witness what does not fit together: see GET /v1/witness',
    );
    this.#ring.abort();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#ring.abort();
    await this.#loop;
  }

  /** One round. @throws HubError `SIGNING_KEY_UNAVAILABLE`, `DATABASE_UNAVAILABLE` and the like */
  async report(vkey: string): Promise<void> {
    const { parts } = this.#options;
    await parts.work.run((tx) => stateKey(tx, vkey, parts, this.#actions));
    for (let told = 1; told > 0;) told = await parts.work.run((tx) => reportFindings(tx, this.#actions));
  }

  async #run(vkey: string): Promise<void> {
    const { signal } = this.#closing;
    for (let setbacks = 0; !signal.aborted;) {
      // Before the round: what is found while it lasts wakes the next one.
      const ring = this.#newRing();
      try {
        await this.report(vkey);
        setbacks = 0;
        await rest(LOOK_MS, ring);
      } catch (error) {
        this.#options.logger.warn({ err: error }, 'what the witness has to say could not be signed yet');
        await rest(backoff(setbacks, AGAIN), signal);
        setbacks += 1;
      }
    }
  }

  #newRing(): AbortSignal {
    this.#ring = new AbortController();
    return this.#closing.signal.aborted ? this.#closing.signal : this.#ring.signal;
  }
}
