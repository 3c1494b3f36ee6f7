/**
 * A byte-exact text with named slots. One definition both writes and checks: what `match` accepts is exactly what
 * `fill` can produce, so the shape check cannot drift from the writer.
 */
export class Template<Slot extends string> {
  readonly #literals: readonly string[];
  readonly #slots: readonly Slot[];

  /** `source` holds its slots as `{name}`; braces appear nowhere else. */
  constructor(source: string) {
    const parts = source.split(/\{(\w+)\}/);
    this.#literals = parts.filter((_, i) => i % 2 === 0);
    this.#slots = parts.filter((_, i) => i % 2 === 1) as Slot[];
  }

  /** Values must hold no markup; the callers' values are base64, times, media types and algorithm names. */
  fill(values: Readonly<Record<Slot, string>>): string {
    return this.#literals.map((literal, i) => literal + this.#valueAt(i, values)).join('');
  }

  /** The slots' values if `text` is this template from its first character to its last, otherwise undefined. */
  match(text: string): Record<Slot, string> | undefined {
    const values: Partial<Record<Slot, string>> = {};
    let at = 0;
    for (const [i, literal] of this.#literals.entries()) {
      if (!text.startsWith(literal, at)) return undefined;
      at += literal.length;
      const slot = this.#slots[i];
      if (slot === undefined) continue;
      // A value ends where markup begins; it cannot hold markup itself.
      VALUE.lastIndex = at;
      const value = VALUE.exec(text)?.[0] ?? '';
      values[slot] = value;
      at += value.length;
    }
    return at === text.length ? (values as Record<Slot, string>) : undefined;
  }

  #valueAt(i: number, values: Readonly<Record<Slot, string>>): string {
    const slot = this.#slots[i];
    return slot === undefined ? '' : values[slot];
  }
}

/** Sticky: reads from `lastIndex`. Always matches, if only nothing. */
const VALUE = /[^<>"&]*/y;
