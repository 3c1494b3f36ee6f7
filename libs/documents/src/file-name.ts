import { MAX_NAME_BYTES } from './layout.ts';

/** Characters that RFC 8187 §3.2.1 allows unencoded but encodeURIComponent leaves or adds. */
const NOT_ATTR_CHAR = /['()*]/g;
/** Separators of paths, control characters, and the marks that reverse the direction of a text. */
const UNSAFE = /[/\\\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A file name fit to be shown, stored and offered for saving: no path, no control characters, at most 255 bytes of
 * UTF-8 (the ending is kept). Null if nothing is left.
 */
export function cleanFileName(name: string | null | undefined): string | null {
  const clean = (name ?? '').toWellFormed().normalize('NFC').replace(UNSAFE, '_').trim();
  if (/^[._ ]*$/.test(clean)) return null;
  if (Buffer.byteLength(clean) <= MAX_NAME_BYTES) return clean;
  const ending = /\.[A-Za-z0-9]{1,12}$/.exec(clean)?.[0] ?? '';
  const letters = Array.from(clean.slice(0, clean.length - ending.length)).slice(0, MAX_NAME_BYTES);
  while (Buffer.byteLength(letters.join('')) + ending.length > MAX_NAME_BYTES) letters.pop();
  return letters.join('') + ending;
}

/** A header value in the extended notation of RFC 8187: `UTF-8''na%C3%AFve.pdf`. */
export function encodeExtended(text: string): string {
  const escaped = encodeURIComponent(text.toWellFormed()).replace(
    NOT_ATTR_CHAR,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `UTF-8''${escaped}`;
}

/** Reads RFC 8187's extended notation in UTF-8; null if it is anything else. */
export function decodeExtended(value: string): string | null {
  const encoded = /^utf-8'[A-Za-z0-9-]*'([\x21-\x7e]*)$/i.exec(value)?.[1];
  if (encoded === undefined) return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}
