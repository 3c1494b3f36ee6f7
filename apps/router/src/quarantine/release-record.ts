import { HubError, isErrorCode } from '#errors';
import type { Clock } from '#platform';
import type { RouteBatch } from '../routing/route-batch.ts';
import type { QuarantineEntry, QuarantineStore } from './quarantine-store.ts';

export interface ReleaseResult {
  readonly id: string;
  /** `released`: it passed this time. `parked`: the same checks refused it again. `later`: it could not be judged yet. */
  readonly status: 'released' | 'parked' | 'later';
  readonly code: string | null;
}

/**
 * Runs a parked record through exactly the checks that every record passes; nothing skips one. What passes now gets its
 * place in the practice and is sent as any other.
 */
export class ReleaseRecord {
  readonly #store: QuarantineStore;
  readonly #route: RouteBatch;
  readonly #clock: Clock;

  constructor(store: QuarantineStore, route: RouteBatch, clock: Clock) {
    this.#store = store;
    this.#route = route;
    this.#clock = clock;
  }

  /** @throws HubError `QUARANTINE_NOT_FOUND`, `QUARANTINE_ALREADY_CLOSED` */
  async run(id: string): Promise<ReleaseResult> {
    const entry = await this.#store.get(id);
    if (entry.status !== 'parked')
      throw new HubError('QUARANTINE_ALREADY_CLOSED', `entry ${id} is ${entry.status}`);
    const [outcome] = await this.#route.run([asRecord(entry)]);
    if (outcome?.kind === 'park') {
      return { id, status: 'parked', code: isErrorCode(outcome.code) ? outcome.code : entry.code };
    }
    if (outcome?.kind !== 'done') return { id, status: 'later', code: null };
    await this.#store.close(id, this.#clock.now());
    return { id, status: 'released', code: null };
  }
}

function asRecord(entry: QuarantineEntry): Parameters<RouteBatch['run']>[0][number] {
  return {
    ...entry.origin,
    key: null,
    value: entry.bytes,
    headers: Object.fromEntries(
      Object.entries(entry.headers).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
    ),
    timestamp: entry.parkedAt,
  };
}
