import type { RegistryEntry, RegistryVersion, Sha256 } from '#contracts';

/** An entry as its bytes say, not verified. */
export interface UnjudgedEntry {
  readonly entry: RegistryEntry;
  readonly bytes: Buffer;
  readonly digest: Sha256;
}

/**
 * Entries that cannot be judged yet, because what would vouch for them is still to come or lies behind them. Through
 * the digests, whoever vouches for one entry vouches for the unbroken line before it; what is beside that line, forged
 * or not, does not matter.
 */
export class Prehistory {
  readonly #held = new Map<Sha256, UnjudgedEntry>();

  add(held: UnjudgedEntry): void {
    this.#held.set(held.digest, held);
  }

  /** The line from the first entry to `end`; undefined while an entry of it is missing. */
  lineTo(end: RegistryVersion): UnjudgedEntry[] | undefined {
    // Entries come in order: nothing is walked before the last one is here.
    if (this.#held.size < end.number) return undefined;
    const line: UnjudgedEntry[] = [];
    let digest: Sha256 | null = end.digest;
    for (let number = end.number; number > 0; number -= 1) {
      const held: UnjudgedEntry | undefined = digest === null ? undefined : this.#held.get(digest);
      if (held?.entry.number !== number) return undefined;
      line.push(held);
      digest = held.entry.previous;
    }
    return digest === null ? line.reverse() : undefined;
  }

  /** Everything held, by number. */
  all(): UnjudgedEntry[] {
    return [...this.#held.values()].sort((a, b) => a.entry.number - b.entry.number);
  }
}
