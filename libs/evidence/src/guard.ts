/** What is refused by looking at bytes, before any parser sees them. */
import { isUtf8 } from 'node:buffer';
import { HubError, type ErrorCode } from '#errors';

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Constructs that no canonical document holds. In UTF-8 XML a `<` is markup wherever it stands, so finding these bytes
 * finds the construct. Canonicalization alone would not do: it keeps processing instructions, and drops comments
 * only after the parser has already expanded entities.
 */
const FORBIDDEN: readonly (readonly [string, ErrorCode, string])[] = [
  ['<!DOCTYPE', 'DTD_FORBIDDEN', 'a document type declaration'],
  ['<!--', 'COMMENT_FORBIDDEN', 'a comment'],
  ['<![', 'CDATA_FORBIDDEN', 'a CDATA section'],
  ['<?', 'PROCESSING_INSTRUCTION_FORBIDDEN', 'a processing instruction or an XML declaration'],
  ['<!', 'DTD_FORBIDDEN', 'a markup declaration'],
];

/** Tags of a document, start and end: a manifest of 20,000 documents has 40,000. */
const MAX_TAGS = 65_536;
/** Namespace declarations of a document; ours have five at most. libxml2 looks through all that are in force, for each name. */
const MAX_NAMESPACES = 256;
/** Attributes of an element, namespace declarations included. libxml2 sorts them in quadratic time. */
const MAX_ATTRIBUTES = 64;
/** The shortest attribute: ` a=""`. A tag of fewer bytes than these cannot have too many. */
const MAX_PLAIN_TAG_BYTES = MAX_ATTRIBUTES * 5;
const LESS_THAN = 0x3c;

/** @throws HubError `SIGNED_DOCUMENT_TOO_LARGE` */
export function checkSize(bytes: Buffer, maxBytes: number): void {
  if (bytes.length > maxBytes) {
    throw new HubError(
      'SIGNED_DOCUMENT_TOO_LARGE',
      `the document has ${bytes.length} bytes, at most ${maxBytes} are allowed`,
      { details: { size: bytes.length, limit: maxBytes } },
    );
  }
}

/**
 * @throws HubError `ENCODING_NOT_UTF8`, `DTD_FORBIDDEN`, `PROCESSING_INSTRUCTION_FORBIDDEN`, `COMMENT_FORBIDDEN`,
 *   `CDATA_FORBIDDEN`, `MARKUP_EXCESSIVE`
 */
export function checkBytes(bytes: Buffer): void {
  if (!isUtf8(bytes) || bytes.includes(0) || bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) {
    throw new HubError('ENCODING_NOT_UTF8', 'the document is not UTF-8, or holds a byte order mark or NUL');
  }
  if (bytes.includes('<!') || bytes.includes('<?')) {
    for (const [start, code, what] of FORBIDDEN) {
      const offset = bytes.indexOf(start);
      if (offset >= 0) throw new HubError(code, `the document holds ${what}`, { details: { offset } });
    }
  }
  checkMarkup(bytes);
}

/**
 * Refuses what would keep parser and canonicalizer busy for seconds although its size is allowed. Of a document with a
 * plausible amount of markup only a few bytes are looked at.
 */
function checkMarkup(bytes: Buffer): void {
  checkTags(bytes, MAX_TAGS);
  refuseMoreThan(MAX_NAMESPACES, bytes, 'xmlns', 'namespace declarations');
  for (let tag = bytes.indexOf(LESS_THAN); tag >= 0;) {
    // Whatever lies between two `<` that are near each other holds no tag of many attributes.
    const last = bytes.lastIndexOf(LESS_THAN, tag + MAX_PLAIN_TAG_BYTES);
    if (last > tag) {
      tag = last;
      continue;
    }
    const next = bytes.indexOf(LESS_THAN, tag + 1);
    checkAttributes(bytes.toString('latin1', tag, next < 0 ? bytes.length : next), tag);
    tag = next;
  }
}

/** @throws HubError `MARKUP_EXCESSIVE` */
export function checkTags(bytes: Buffer, limit: number): void {
  refuseMoreThan(limit, bytes, '<', 'tags');
}

/** @param text from a `<` to before the next one */
function checkAttributes(text: string, offset: number): void {
  const [tag = ''] = text.replace(/"[^"]*"|'[^']*'/g, '').split('>', 1);
  if (tag.split('=').length - 1 <= MAX_ATTRIBUTES) return;
  throw excessive(`an element has more than ${MAX_ATTRIBUTES} attributes`, { offset, limit: MAX_ATTRIBUTES });
}

function refuseMoreThan(limit: number, bytes: Buffer, text: string, what: string): void {
  if (bytes.length <= limit * text.length) return;
  let count = 0;
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + text.length)) {
    count += 1;
    if (count > limit) throw excessive(`the document has more than ${limit} ${what}`, { limit });
  }
}

function excessive(reason: string, details: Readonly<Record<string, number>>): HubError {
  return new HubError('MARKUP_EXCESSIVE', reason, { details });
}
