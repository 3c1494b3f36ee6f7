import type { Outcome } from '#messaging';
import type { Tx } from '#persistence';
import { aboutEntry } from './about-entry.ts';
import type { QuarantineParts } from './quarantine-parts.ts';
import { QuarantineStore, recordOf, type QuarantineEntry } from './quarantine-store.ts';

export interface ReleaseResult {
  readonly id: string;
  /**
   * `released`: it passed this time. `held`: it passed, and waits for an earlier event of its author. `parked`: the
   * same checks refused it again. `later`: it could not be judged yet.
   */
  readonly status: 'released' | 'held' | 'parked' | 'later';
  readonly code: string | null;
}

/** A release, and the action that it is recorded as. */
export interface Release extends ReleaseResult {
  readonly action: string;
}

/** Runs a parked record through exactly the checks that every record passes; nothing skips one. */
export class ReleaseQuarantined {
  readonly #parts: QuarantineParts;
  readonly #store: QuarantineStore;

  constructor(parts: QuarantineParts) {
    this.#parts = parts;
    this.#store = new QuarantineStore(parts.work);
  }

  /**
   * Judges again, in the caller's transaction. The record's effects, the end of its entry and the action commit together:
   * of several who release at once, one does it.
   * @throws HubError `QUARANTINE_NOT_FOUND`, `QUARANTINE_ALREADY_CLOSED`
   */
  async run(tx: Tx, id: string, tokenId: string): Promise<Release> {
    const entry = await this.#store.lock(tx, id);
    const result = await this.judge(tx, entry);
    const draft = {
      ...aboutEntry(entry),
      kind: 'quarantine.released',
      outcome: result.status,
      tokenId,
      details: result.code === null ? [] : [{ name: 'code', value: result.code }],
    } as const;
    const [action = ''] = await this.#parts.actions.append(tx, [draft]);
    return { ...result, action };
  }

  /** The same for a locked entry, without the action. */
  async judge(tx: Tx, entry: QuarantineEntry): Promise<ReleaseResult> {
    const { id } = entry;
    const result = resultOf(id, await this.#parts.judge(tx, recordOf(entry)));
    if (result.status === 'released' || result.status === 'held') {
      await this.#store.mark(tx, id, 'released', this.#parts.clock.now());
    }
    return result;
  }
}

function resultOf(id: string, outcome: Outcome): ReleaseResult {
  switch (outcome.kind) {
    case 'park':
      return { id, status: 'parked', code: outcome.code };
    case 'retry':
      return { id, status: 'later', code: null };
    case 'hold':
      return { id, status: 'held', code: outcome.code };
    case 'done':
      return { id, status: 'released', code: null };
  }
}
