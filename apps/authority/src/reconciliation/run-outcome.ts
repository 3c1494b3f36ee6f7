import type { HubError } from '#errors';
import { disagreement } from '#evidence';
import type { Differences } from './compare-trees.ts';
import type { Healed } from './heal.ts';
import type { RangeItem } from './range-tree.ts';
import { KEPT_DIFFERENCES, type Ended, type HeldCount, type KeptDifference } from './reconciliation-rows.ts';
import type { Statement } from './statements.ts';

/** What a run has found and healed so far. One event counts once, however often it is compared. */
export class Outcome {
  readonly #found = new Set<string>();
  readonly #healed = new Set<string>();
  readonly #returned = new Set<string>();
  readonly #kept = new Map<string, KeptDifference>();
  #events: readonly HeldCount[] = [];
  #statements: { readonly ours: Statement; readonly theirs: Statement } | null = null;
  #hasTwoCopies = false;

  get found(): number {
    return this.#found.size;
  }

  get healed(): number {
    return this.#healed.size;
  }

  /** Both sides have said what they hold. */
  compared(events: readonly HeldCount[], ours: Statement, theirs: Statement): void {
    this.#events = events;
    this.#statements = { ours, theirs };
  }

  copiesDiffer(different: Differences['different']): void {
    for (const { here } of different) {
      this.#hasTwoCopies = true;
      this.#note('different', here, 'RECONCILIATION_COPIES_DIFFER');
    }
  }

  /** @returns how many of them are healed now and were not before */
  missing(kind: 'missing-here' | 'missing-there', outcomes: readonly Healed[]): number {
    const before = this.#healed.size;
    for (const { item, code } of outcomes) this.#note(kind, item, code);
    return this.#healed.size - before;
  }

  ended(): Ended {
    const isAgreed =
      this.#statements !== null &&
      disagreement(this.#statements.ours.statement, this.#statements.theirs.statement) === null;
    if (isAgreed) return this.#as('agreed', null, null);
    const code = this.#hasTwoCopies ? 'RECONCILIATION_COPIES_DIFFER' : 'RECONCILIATION_DIFFERS';
    return this.#as('differs', code, `${this.found - this.healed} of ${this.found} differences are left`);
  }

  failed({ code, message }: HubError): Ended {
    return this.#as('failed', code, message);
  }

  #note(kind: KeptDifference['kind'], item: RangeItem, code: string | null): void {
    const { author, eventId, owner, uuid: practiceId, position } = item;
    const name = `${author} ${eventId}`;
    this.#found.add(name);
    // What was called healed once and is missing again was not, and never counts as healed again.
    if (this.#healed.delete(name)) this.#returned.add(name);
    const isBack = this.#returned.has(name);
    if (code === null && !isBack) this.#healed.add(name);
    const told = code ?? (isBack ? 'RECONCILIATION_DIFFERS' : null);
    if (this.#kept.has(name) || this.#kept.size < KEPT_DIFFERENCES)
      this.#kept.set(name, { kind, author, eventId, owner, practiceId, position, code: told });
  }

  #as(status: Ended['status'], code: string | null, reason: string | null): Ended {
    return {
      status,
      code,
      reason,
      events: this.#events,
      found: this.found,
      healed: this.healed,
      differences: [...this.#kept.values()],
      own: this.#statements?.ours.bytes ?? null,
      theirs: this.#statements?.theirs.bytes ?? null,
    };
  }
}
