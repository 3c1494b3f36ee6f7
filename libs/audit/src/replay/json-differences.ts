/** A place in which two JSON values differ. */
export interface JsonDifference {
  /** `terms[2].due`; empty for the whole. */
  readonly field: string;
  /** Undefined where there is none. */
  readonly expected: unknown;
  readonly held: unknown;
}

/** Where two JSON values differ, the smallest parts that do, in the order of names and places. */
export function differences(expected: unknown, held: unknown, field = ''): JsonDifference[] {
  if (isList(expected) && isList(held)) {
    const length = Math.max(expected.length, held.length);
    return Array.from({ length }, (_, i) => i).flatMap((i) =>
      differences(expected[i], held[i], `${field}[${i}]`),
    );
  }
  if (isObject(expected) && isObject(held)) {
    const names = [...new Set([...Object.keys(expected), ...Object.keys(held)])].sort();
    return names.flatMap((name) =>
      differences(expected[name], held[name], field === '' ? name : `${field}.${name}`),
    );
  }
  return Object.is(expected, held) ? [] : [{ field, expected, held }];
}

/** The value at a place as `differences` names it; undefined where there is none. */
export function valueAt(value: unknown, field: string): unknown {
  let found = value;
  for (const step of field.match(/[^.[\]]+/g) ?? []) {
    if (isList(found)) found = found[Number(step)];
    else if (isObject(found)) found = found[step];
    else return undefined;
  }
  return found;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
