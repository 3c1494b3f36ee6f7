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
 *   `CDATA_FORBIDDEN`
 */
export function checkBytes(bytes: Buffer): void {
  if (!isUtf8(bytes) || bytes.includes(0) || bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) {
    throw new HubError('ENCODING_NOT_UTF8', 'the document is not UTF-8, or holds a byte order mark or NUL');
  }
  if (!bytes.includes('<!') && !bytes.includes('<?')) return;
  for (const [start, code, what] of FORBIDDEN) {
    const offset = bytes.indexOf(start);
    if (offset >= 0) throw new HubError(code, `the document holds ${what}`, { details: { offset } });
  }
}
