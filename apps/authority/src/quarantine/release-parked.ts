import { HubError } from '#errors';
import type { Clock } from '#platform';
import type { ReceiveBatch } from '../inbox/receive-batch.ts';
import type { ParkedStore } from './parked-store.ts';

export interface ReleaseResult {
  readonly id: string;
  /** `released`: it passed this time. `parked`: the same checks refused it again. `later`: it could not be judged yet. */
  readonly status: 'released' | 'parked' | 'later';
  readonly code: string | null;
}

/** Runs a parked record through exactly the checks that every record of the inbox passes; nothing skips one. */
export class ReleaseParked {
  readonly #store: ParkedStore;
  readonly #receive: ReceiveBatch;
  readonly #clock: Clock;

  constructor(store: ParkedStore, receive: ReceiveBatch, clock: Clock) {
    this.#store = store;
    this.#receive = receive;
    this.#clock = clock;
  }

  /** @throws HubError `PARKED_NOT_FOUND`, `QUARANTINE_ALREADY_CLOSED` */
  async run(id: string): Promise<ReleaseResult> {
    const entry = await this.#store.get(id);
    if (entry.status !== 'parked')
      throw new HubError('QUARANTINE_ALREADY_CLOSED', `entry ${id} is ${entry.status}`);
    const headers = Object.entries(entry.headers).map(
      ([name, value]) => [name, Buffer.from(value, 'base64')] as const,
    );
    const [outcome] = await this.#receive.run([
      {
        ...entry.origin,
        key: null,
        value: entry.bytes,
        headers: Object.fromEntries(headers),
        timestamp: entry.parkedAt,
      },
    ]);
    if (outcome?.kind === 'park') return { id, status: 'parked', code: outcome.code };
    if (outcome === undefined || outcome.kind === 'retry') return { id, status: 'later', code: null };
    await this.#store.close(id, this.#clock.now());
    return { id, status: 'released', code: null };
  }
}
