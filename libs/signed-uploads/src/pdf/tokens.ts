/** Just enough of PDF's syntax (ISO 32000-2 §7.3) to read a signature dictionary, by positions in the file. */
import { malformed } from '../ber.ts';

export type PdfValue =
  | { readonly kind: 'name'; readonly text: string; readonly start: number; readonly end: number }
  | { readonly kind: 'number'; readonly value: number; readonly start: number; readonly end: number }
  | { readonly kind: 'string'; readonly hex: boolean; readonly start: number; readonly end: number }
  | {
      readonly kind: 'array';
      readonly items: readonly PdfValue[];
      readonly start: number;
      readonly end: number;
    }
  | PdfDictionary
  /** A reference, `true`, `null`, and whatever else is written in letters. */
  | { readonly kind: 'word'; readonly text: string; readonly start: number; readonly end: number };

export interface PdfDictionary {
  readonly kind: 'dictionary';
  readonly start: number;
  readonly end: number;
  readonly entries: readonly PdfEntry[];
}

export interface PdfEntry {
  readonly key: string;
  /** Where the key's `/` stands. */
  readonly at: number;
  readonly value: PdfValue;
}

const MAX_DEPTH = 16;
/** Values in one object: a signature dictionary, or a field around it, has a few dozen. */
const MAX_VALUES = 10_000;
/** Longest name, number or word, bytes. */
const MAX_TOKEN = 256;
/** Longest text, comment or space, bytes. */
const MAX_TEXT = 65_536;

const SPACE = new Set([0x00, 0x09, 0x0a, 0x0c, 0x0d, 0x20]);
const DELIMITER = new Set(Buffer.from('()<>[]{}/%'));
const SIGN = {
  open: 0x28,
  close: 0x29,
  less: 0x3c,
  more: 0x3e,
  list: 0x5b,
  listEnd: 0x5d,
  name: 0x2f,
} as const;
const PERCENT = 0x25;
const BACKSLASH = 0x5c;

/** Reads one value. @throws HubError `UPLOAD_SIGNATURE_MALFORMED` */
export function readPdfValue(bytes: Buffer, at: number): PdfValue {
  return new PdfReader(bytes, at).value(0);
}

class PdfReader {
  readonly #bytes: Buffer;
  #at: number;
  #left = MAX_VALUES;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  value(depth: number): PdfValue {
    if (depth > MAX_DEPTH || --this.#left < 0) throw malformed('its dictionary is too large');
    this.#skipSpace();
    const start = this.#at;
    switch (this.#bytes[start]) {
      case SIGN.name:
        return { kind: 'name', text: this.#name(), start, end: this.#at };
      case SIGN.open:
        this.#literal();
        return { kind: 'string', hex: false, start, end: this.#at };
      case SIGN.less:
        return this.#bytes[start + 1] === SIGN.less ? this.#dictionary(depth) : this.#hexString();
      case SIGN.list:
        return this.#array(depth);
      default:
        return this.#word();
    }
  }

  #dictionary(depth: number): PdfDictionary {
    const start = this.#at;
    this.#at += 2;
    const entries: PdfEntry[] = [];
    for (;;) {
      this.#skipSpace();
      if (this.#bytes[this.#at] === SIGN.more) break;
      const at = this.#at;
      if (this.#bytes[at] !== SIGN.name) throw malformed('its dictionary is broken');
      const key = this.#name();
      entries.push({ key, at, value: this.#withReference(depth) });
    }
    if (this.#bytes[this.#at + 1] !== SIGN.more) throw malformed('its dictionary is broken');
    this.#at += 2;
    return { kind: 'dictionary', start, end: this.#at, entries };
  }

  /** A value in a dictionary; `5 0 R` is three tokens and one value. */
  #withReference(depth: number): PdfValue {
    const value = this.value(depth + 1);
    if (value.kind !== 'number') return value;
    const reference = /^[\s\0]+\d{1,5}[\s\0]+R(?![A-Za-z0-9])/.exec(
      this.#bytes.toString('latin1', this.#at, this.#at + 32),
    )?.[0];
    if (reference === undefined) return value;
    this.#at += reference.length;
    return { kind: 'word', text: 'R', start: value.start, end: this.#at };
  }

  #array(depth: number): PdfValue {
    const start = this.#at;
    this.#at += 1;
    const items: PdfValue[] = [];
    for (;;) {
      this.#skipSpace();
      if (this.#bytes[this.#at] === SIGN.listEnd) break;
      items.push(this.value(depth + 1));
    }
    this.#at += 1;
    return { kind: 'array', items, start, end: this.#at };
  }

  #hexString(): PdfValue {
    const start = this.#at;
    const end = this.#bytes.indexOf(SIGN.more, start) + 1;
    if (end === 0) throw malformed('a string has no end');
    this.#at = end;
    return { kind: 'string', hex: true, start, end };
  }

  /** ISO 32000-2 §7.3.4.2: parentheses are balanced, or escaped. */
  #literal(): void {
    const limit = Math.min(this.#bytes.length, this.#at + MAX_TEXT);
    for (let open = 0; this.#at < limit; this.#at += 1) {
      const byte = this.#bytes[this.#at];
      if (byte === BACKSLASH) this.#at += 1;
      else if (byte === SIGN.open) open += 1;
      else if (byte === SIGN.close && --open === 0) {
        this.#at += 1;
        return;
      }
    }
    throw malformed('a string has no end');
  }

  /** §7.3.5: `#xx` stands for a byte, so that one name has many spellings. */
  #name(): string {
    this.#at += 1;
    return this.#token().replace(/#([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    );
  }

  #word(): PdfValue {
    const start = this.#at;
    const text = this.#token();
    if (text === '') throw malformed('its dictionary is broken');
    if (/^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text))
      return { kind: 'number', value: Number(text), start, end: this.#at };
    return { kind: 'word', text, start, end: this.#at };
  }

  #token(): string {
    const start = this.#at;
    while (this.#at < this.#bytes.length && this.#at - start <= MAX_TOKEN) {
      const byte = this.#bytes[this.#at] ?? 0;
      if (SPACE.has(byte) || DELIMITER.has(byte)) return this.#bytes.toString('latin1', start, this.#at);
      this.#at += 1;
    }
    throw malformed('its dictionary is cut off');
  }

  #skipSpace(): void {
    const limit = this.#at + MAX_TEXT;
    for (; ; this.#at += 1) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || this.#at > limit) throw malformed('its dictionary is cut off');
      if (byte === PERCENT) this.#skipComment();
      else if (!SPACE.has(byte)) return;
    }
  }

  #skipComment(): void {
    const limit = Math.min(this.#bytes.length, this.#at + MAX_TEXT);
    while (this.#at < limit && this.#bytes[this.#at] !== 0x0a && this.#bytes[this.#at] !== 0x0d)
      this.#at += 1;
  }
}
