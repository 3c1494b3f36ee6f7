/**
 * Values that change with the registry's entries, kept with their history: what was true at entry `n` stays
 * answerable for ever, which is what a replay of an old decision needs.
 */
export class Versioned<Value> {
  readonly #steps: { readonly from: number; readonly value: Value }[] = [];

  /** Records the value that holds from entry `number` on. Numbers never go down. */
  set(number: number, value: Value): void {
    this.#steps.push({ from: number, value });
  }

  /** The value at entry `number`; undefined before the first. */
  at(number: number): Value | undefined {
    return this.#stepAt(number)?.value;
  }

  /** The entry that set the value at entry `number`; undefined before the first. */
  setBy(number: number): number | undefined {
    return this.#stepAt(number)?.from;
  }

  #stepAt(number: number): { readonly from: number; readonly value: Value } | undefined {
    let low = 0;
    let high = this.#steps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const step = this.#steps[middle];
      if (step !== undefined && step.from <= number) low = middle + 1;
      else high = middle;
    }
    return this.#steps[low - 1];
  }
}

/** A map of {@link Versioned} values; keys appear and are never removed. */
export class VersionedMap<Key, Value> {
  readonly #values = new Map<Key, Versioned<Value>>();

  set(key: Key, number: number, value: Value): void {
    let versions = this.#values.get(key);
    if (versions === undefined) this.#values.set(key, (versions = new Versioned<Value>()));
    versions.set(number, value);
  }

  at(key: Key, number: number): Value | undefined {
    return this.#values.get(key)?.at(number);
  }

  /** The entry that set the value which a key has at entry `number`. */
  setBy(key: Key, number: number): number | undefined {
    return this.#values.get(key)?.setBy(number);
  }

  /** Every value at entry `number`, in the order in which the keys first appeared. */
  *valuesAt(number: number): Generator<Value> {
    for (const versions of this.#values.values()) {
      const value = versions.at(number);
      if (value !== undefined) yield value;
    }
  }
}
