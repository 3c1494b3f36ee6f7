import type { Outcome } from '#messaging';
import type { Tx } from '#persistence';
import { MANIFEST_ORIGIN } from '../documents/take-manifest.ts';
import { answerOnce, type Attempt } from '../idempotency/answer-once.ts';
import type { ReceiveBatch } from '../inbox/receive-batch.ts';
import type { NodeParts } from '../node-parts.ts';
import type { ParkedEntry, ParkedStore } from './parked-store.ts';
import { releaseManifest } from './release-manifest.ts';

export interface ReleaseResult {
  readonly id: string;
  /** `released`: it passed this time. `parked`: the same checks refused it again. `later`: it could not be judged yet. */
  readonly status: 'released' | 'parked' | 'later';
  readonly code: string | null;
}

/** Runs a parked record through exactly the checks that every record of the inbox passes; nothing skips one. */
export class ReleaseParked {
  readonly #parts: NodeParts;
  readonly #store: ParkedStore;
  readonly #receive: ReceiveBatch;

  constructor(parts: NodeParts, store: ParkedStore, receive: ReceiveBatch) {
    this.#parts = parts;
    this.#store = store;
    this.#receive = receive;
  }

  /** @throws HubError `PARKED_NOT_FOUND`, `QUARANTINE_ALREADY_CLOSED`, `IDEMPOTENCY_KEY_REUSED` */
  async run(id: string, attempt: Attempt): Promise<ReleaseResult> {
    const { work, clock } = this.#parts;
    const { answer } = await answerOnce(work, attempt, clock.now(), (tx) => this.#release(tx, id));
    return answer;
  }

  /** The record's effects and the end of its entry are one transaction: two who release at once do it once. */
  async #release(tx: Tx, id: string): Promise<ReleaseResult> {
    const entry = await this.#store.lock(tx, id);
    const outcome = await this.#runAgain(tx, entry);
    if (outcome.kind === 'park') return { id, status: 'parked', code: outcome.code };
    if (outcome.kind === 'retry') return { id, status: 'later', code: null };
    await this.#store.close(tx, id, this.#parts.clock.now());
    return { id, status: 'released', code: null };
  }

  #runAgain(tx: Tx, { origin, headers, bytes, parkedAt }: ParkedEntry): Promise<Outcome> {
    if (origin.topic === MANIFEST_ORIGIN) return releaseManifest(tx, this.#parts, origin.offset);
    const raw = Object.entries(headers).map(([name, value]) => [name, Buffer.from(value, 'base64')] as const);
    return this.#receive.runOne(tx, {
      ...origin,
      key: null,
      value: bytes,
      headers: Object.fromEntries(raw),
      timestamp: parkedAt,
    });
  }
}
