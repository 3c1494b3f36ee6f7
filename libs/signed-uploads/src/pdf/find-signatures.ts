/**
 * Finds the signatures of a PDF in its raw bytes (ISO 32000-2 §12.8.1). A signature dictionary cannot stand in a
 * compressed stream, because its ByteRange speaks of the file's own bytes; so looking for ByteRange finds all that were
 * written as the standard writes names.
 */
import { HubError } from '#errors';
import { malformed } from '../ber.ts';
import { readPdfValue, type PdfDictionary, type PdfValue } from './tokens.ts';

/** A signature dictionary, read but not judged. */
export interface PdfSignature {
  readonly subFilter: string;
  /** `Sig`, or `DocTimeStamp`. */
  readonly type: string;
  /** M: the signing time that the dictionary claims. */
  readonly time: Date | null;
  /** Covered bytes: from 0 to `gap.start`, and from `gap.end` to `end`. */
  readonly gap: { readonly start: number; readonly end: number };
  readonly end: number;
  /** The signature, without the zeros that fill its place. */
  readonly contents: Buffer;
}

export type FoundDictionary = { readonly signature: PdfSignature } | { readonly error: unknown };

/** Places looked at: each is searched for its object. Real documents have fewer than ten. */
export const MAX_DICTIONARIES = 64;
/** How far before ByteRange its object may begin, bytes: the signature, in hexadecimal, may stand between. */
const MAX_OBJECT_BYTES = 32 * 1024 * 1024;
/** Places before ByteRange that look like the begin of an object and are none. */
const MAX_TRIES = 16;

/** @returns in the order of the file; one more than `MAX_DICTIONARIES` if there are more */
export function findPdfSignatures(bytes: Buffer): FoundDictionary[] {
  const found: FoundDictionary[] = [];
  for (let at = bytes.indexOf('/ByteRange'); at >= 0; at = bytes.indexOf('/ByteRange', at + 1)) {
    if (found.length === MAX_DICTIONARIES) {
      const why = `there are more than ${MAX_DICTIONARIES} signatures`;
      return [...found, { error: new HubError('UPLOAD_CHECK_LIMIT', why) }];
    }
    found.push(tryRead(bytes, at));
  }
  return found;
}

function tryRead(bytes: Buffer, at: number): FoundDictionary {
  try {
    return { signature: readSignature(bytes, dictionaryAt(bytes, at)) };
  } catch (error) {
    return { error };
  }
}

/** The innermost dictionary whose key ByteRange stands at `at`: that of the object before it, or one inside. */
function dictionaryAt(bytes: Buffer, at: number): PdfDictionary {
  const window = Math.max(0, at - MAX_OBJECT_BYTES);
  let before = at;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const found = bytes.subarray(window, before).lastIndexOf('obj');
    if (found < 0) break;
    before = window + found;
    if (!/\d[\s\0]+\d+[\s\0]+$/.test(bytes.toString('latin1', Math.max(0, before - 24), before))) continue;
    const dictionary = inside(readPdfValue(bytes, before + 3), at);
    if (dictionary !== undefined) return dictionary;
  }
  throw malformed('a ByteRange is in no object');
}

function inside(value: PdfValue, at: number): PdfDictionary | undefined {
  if (at < value.start || at >= value.end) return undefined;
  if (value.kind === 'array') return firstOf(value.items, at);
  if (value.kind !== 'dictionary') return undefined;
  if (value.entries.some((entry) => entry.at === at)) return value;
  return firstOf(
    value.entries.map((entry) => entry.value),
    at,
  );
}

function firstOf(values: readonly PdfValue[], at: number): PdfDictionary | undefined {
  for (const value of values) {
    const found = inside(value, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readSignature(bytes: Buffer, dictionary: PdfDictionary): PdfSignature {
  const contents = theOne(dictionary, 'Contents');
  const { start, end } = contents;
  if (contents.kind !== 'string' || !contents.hex) throw malformed('Contents is not in hexadecimal');
  const last = readByteRange(bytes, theOne(dictionary, 'ByteRange'), contents);
  return {
    subFilter: nameIn(dictionary, 'SubFilter'),
    type: nameIn(dictionary, 'Type'),
    time: readDate(bytes, one(dictionary, 'M')),
    gap: { start, end },
    end: last,
    contents: decodeContents(bytes.toString('latin1', start + 1, end - 1)),
  };
}

/**
 * ISO 32000-2 §12.8.1 and ETSI EN 319 142-1 §5.3: `[0 gap after length]`, all of the file up to some end but the value
 * of Contents. Anything else could hide what was never signed.
 * @returns where the covered part of the file ends
 */
function readByteRange(
  bytes: Buffer,
  range: PdfValue,
  gap: { readonly start: number; readonly end: number },
): number {
  const items = range.kind === 'array' ? range.items : [];
  const numbers = items.map((item) => (item.kind === 'number' ? item.value : NaN));
  const [from = NaN, first = NaN, to = NaN, second = NaN] = numbers;
  const sound =
    numbers.length === 4 && numbers.every((number) => Number.isSafeInteger(number) && number >= 0);
  if (!sound || to + second > bytes.length) {
    throw new HubError('UPLOAD_BYTE_RANGE_INVALID', 'ByteRange is not four positions in the file');
  }
  if (from !== 0 || first !== gap.start || to !== gap.end) {
    throw new HubError('UPLOAD_BYTE_RANGE_INVALID', 'ByteRange leaves out something else than Contents');
  }
  return to + second;
}

function decodeContents(text: string): Buffer {
  const hex = text.replace(/[\s\0]+/g, '');
  if (hex.length % 2 === 1 || !/^[0-9A-Fa-f]*$/.test(hex)) throw malformed('Contents is not in hexadecimal');
  return Buffer.from(hex, 'hex');
}

function one({ entries }: PdfDictionary, key: string): PdfValue | undefined {
  const [first, ...more] = entries.filter((entry) => entry.key === key);
  if (more.length > 0) throw malformed(`its dictionary has ${key} more than once`);
  return first?.value;
}

function theOne(dictionary: PdfDictionary, key: string): PdfValue {
  const value = one(dictionary, key);
  if (value === undefined) throw malformed(`its dictionary has no ${key}`);
  return value;
}

function nameIn(dictionary: PdfDictionary, key: string): string {
  const value = one(dictionary, key);
  return value?.kind === 'name' ? value.text : '';
}

const PDF_DATE =
  /^\(D:(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?(\d\d)?(?:Z(?:00'?00'?)?|([+-])(\d\d)'?(\d\d)?'?)?\)$/;

/** ISO 32000-2 §7.9.4. Without an offset a time is of no known place: then, and if it is encrypted, there is none. */
function readDate(bytes: Buffer, value: PdfValue | undefined): Date | null {
  if (value?.kind !== 'string' || value.end - value.start > 64) return null;
  const text = bytes.toString('latin1', value.start, value.end);
  const found = PDF_DATE.exec(text);
  if (found === null || !/[Z+-]/.test(text)) return null;
  const [, year, month, day, hour = '00', minute = '00', second = '00', sign, hours, minutes = '00'] = found;
  const offset = sign === undefined ? 'Z' : `${sign}${hours}:${minutes}`;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
  return Number.isNaN(time.getTime()) ? null : time;
}
