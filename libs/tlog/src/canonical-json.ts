import { HubError } from '#errors';

/** What JSON can say. Numbers are finite; strings are well-formed UTF-16. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
// An interface, because a type alias may not refer to itself through Record.
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/**
 * RFC 8785 canonical JSON as UTF-8. Numbers and strings are written as ECMAScript writes them (§3.2.2), members are
 * sorted by UTF-16 code units (§3.2.3), nothing is put between tokens.
 * @throws HubError `CANONICAL_JSON_UNSUPPORTED` for what the form cannot say: not-finite numbers, lone surrogates.
 */
export function canonicalJson(value: JsonValue): Buffer {
  return Buffer.from(write(value), 'utf8');
}

function write(value: JsonValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return writeNumber(value);
  if (typeof value === 'string') return writeString(value);
  if (isArray(value)) return `[${value.map(write).join(',')}]`;
  // The default order of Array.prototype.sort is by UTF-16 code units, the order that §3.2.3 asks for.
  const members = Object.keys(value)
    .sort()
    .map((name) => {
      const member = value[name];
      if (member === undefined) throw unsupported(`member ${JSON.stringify(name)} is undefined`);
      return `${writeString(name)}:${write(member)}`;
    });
  return `{${members.join(',')}}`;
}

function isArray(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw unsupported(`${value} is not a JSON number`);
  return JSON.stringify(value);
}

function writeString(value: string): string {
  if (!value.isWellFormed()) throw unsupported('a string holds a lone surrogate');
  return JSON.stringify(value);
}

function unsupported(reason: string): HubError {
  return new HubError('CANONICAL_JSON_UNSUPPORTED', `no canonical JSON: ${reason}`);
}
