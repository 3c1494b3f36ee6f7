/** What bytes are, by their beginning. Names and declared types are the uploader's word. */

const MAGIC: readonly (readonly [string, string])[] = [
  ['255044462d', 'application/pdf'],
  ['89504e470d0a1a0a', 'image/png'],
  ['ffd8ff', 'image/jpeg'],
  ['49492a00', 'image/tiff'],
  ['4d4d002a', 'image/tiff'],
  ['504b0304', 'application/zip'],
  ['7b5c72746631', 'application/rtf'],
];
/** Readers of PDF look for its header in the first 1,024 bytes. */
const PDF_HEADER_WITHIN = 1_024;
const XML_START = /^(?:\u00ef\u00bb\u00bf)?\s*</;

export function mediaTypeOf(bytes: Buffer): string {
  const start = bytes.subarray(0, 16).toString('hex');
  const found = MAGIC.find(([magic]) => start.startsWith(magic))?.[1];
  if (found !== undefined) return found;
  const head = bytes.subarray(0, PDF_HEADER_WITHIN).toString('latin1');
  if (head.includes('%PDF-')) return 'application/pdf';
  // UTF-16, with or without a byte order mark.
  if (/^(?:fffe3c00|feff003c|3c00[^0]|003c00)/.test(start)) return 'application/xml';
  if (XML_START.test(head)) return 'application/xml';
  return 'application/octet-stream';
}
