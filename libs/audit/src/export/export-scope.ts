import type { LogEntry } from '#tlog';
import type { ArchiveScope } from '../copy/export-description.ts';

/** Which documents an export is to have, decided entry by entry. */
export class ExportScope {
  readonly #scope: ArchiveScope;
  /** Of an authority: the practices it takes part in, as far as the entries that were shown tell. */
  readonly #practices = new Set<string>();

  constructor(scope: ArchiveScope) {
    this.#scope = scope;
  }

  /** Every entry of the log has to be shown once before `has` is asked: whom a practice concerns is in its decisions. */
  show(leaf: LogEntry): void {
    if (this.#scope.of !== 'authority' || leaf.kind !== 'decision') return;
    const ipa = this.#scope.authority.toLowerCase();
    if (leaf.recipients.some((recipient) => recipient.ipa.toLowerCase() === ipa))
      this.#practices.add(keyOf(leaf.practice));
  }

  has(leaf: LogEntry): boolean {
    switch (this.#scope.of) {
      case 'everything':
        return true;
      case 'nothing':
        return false;
      case 'practice':
        return leaf.practice !== null && keyOf(leaf.practice) === keyOf(this.#scope.practice);
      case 'period':
        return leaf.time >= this.#scope.from && leaf.time < this.#scope.to;
      case 'authority':
        return this.#concerns(leaf, this.#scope.authority.toLowerCase());
    }
  }

  #concerns(leaf: LogEntry, ipa: string): boolean {
    if (leaf.author.toLowerCase() === ipa || leaf.practice?.owner.toLowerCase() === ipa) return true;
    return leaf.practice !== null && this.#practices.has(keyOf(leaf.practice));
  }
}

function keyOf({ owner, uuid }: { readonly owner: string; readonly uuid: string }): string {
  return `${owner.toLowerCase()}/${uuid}`;
}
