import type { Tx } from '#persistence';
import { HubError } from '#errors';
import { aboutEntry } from './about-entry.ts';
import type { QuarantineParts } from './quarantine-parts.ts';
import { QuarantineStore } from './quarantine-store.ts';

/** An entry that was put aside or taken back, and the action that it is recorded as. */
export interface Discard {
  readonly id: string;
  readonly status: 'discarded' | 'parked';
  readonly action: string;
}

/** Puts aside bytes that are nobody's, and takes them back. */
export class DiscardQuarantined {
  readonly #parts: QuarantineParts;
  readonly #store: QuarantineStore;

  constructor(parts: QuarantineParts) {
    this.#parts = parts;
    this.#store = new QuarantineStore(parts.work);
  }

  /**
   * Puts an entry aside. What a key of the network's has signed is refused, whatever it was parked for: no operator
   * takes away a member's word. Its bytes stay.
   * @throws HubError `QUARANTINE_NOT_FOUND`, `QUARANTINE_ALREADY_CLOSED`, `QUARANTINE_NOT_DISCARDABLE`
   */
  async run(tx: Tx, id: string, reason: string, tokenId: string): Promise<Discard> {
    const entry = await this.#store.lock(tx, id);
    const holder = this.#parts.attributedTo(entry.bytes);
    if (holder !== null) {
      throw new HubError('QUARANTINE_NOT_DISCARDABLE', `the bytes of ${id} are signed by ${holder}`, {
        details: { holder },
      });
    }
    await this.#store.mark(tx, id, 'discarded', this.#parts.clock.now());
    const draft = {
      ...aboutEntry(entry),
      kind: 'quarantine.discarded',
      outcome: 'discarded',
      reason,
      tokenId,
    } as const;
    const [action = ''] = await this.#parts.actions.append(tx, [draft]);
    return { id, status: 'discarded', action };
  }

  /**
   * Takes a discarded entry back: it is parked as before.
   * @throws HubError `QUARANTINE_NOT_FOUND`, `QUARANTINE_NOT_DISCARDED`
   */
  async restore(tx: Tx, id: string, tokenId: string): Promise<Discard> {
    const entry = await this.#store.lockAny(tx, id);
    if (entry.status !== 'discarded') {
      throw new HubError('QUARANTINE_NOT_DISCARDED', `entry ${id} is ${entry.status}`);
    }
    await this.#store.mark(tx, id, 'parked', this.#parts.clock.now());
    const draft = { ...aboutEntry(entry), kind: 'quarantine.restored', outcome: 'parked', tokenId } as const;
    const [action = ''] = await this.#parts.actions.append(tx, [draft]);
    return { id, status: 'parked', action };
  }
}
