/** Many byte strings as one parameter of a statement: `substring($whole::bytea from start for size)` cuts each out. */
export interface Sliced {
  readonly whole: Buffer;
  /** Where each begins, counted from 1 as SQL does. */
  readonly starts: readonly number[];
  /** Bytes. */
  readonly sizes: readonly number[];
}

/** An array of `bytea` would travel as hexadecimal text, several times slower. */
export function sliced(parts: readonly Buffer[]): Sliced {
  let next = 1;
  return {
    whole: Buffer.concat(parts),
    starts: parts.map(({ length }) => (next += length) - length),
    sizes: parts.map(({ length }) => length),
  };
}
