/**
 * The two spellings of an ECDSA value: r ‖ s of fixed length (IEEE P1363), as documents carry it, and the DER that
 * OpenSSL speaks (RFC 3279 §2.2.3: SEQUENCE { r INTEGER, s INTEGER }).
 */

const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** An element's tag and its length, which is below 128: P-384 has 2 × (2 + 49) bytes of content. */
const HEADER_BYTES = 2;

/** @param value r ‖ s, each half of it */
export function derOfValue(value: Buffer): Buffer {
  const half = value.length / 2;
  const r = significant(value, 0, half);
  const s = significant(value, half, value.length);
  const [rBytes, sBytes] = [contentBytes(value, r, half), contentBytes(value, s, value.length)];
  const der = Buffer.alloc(3 * HEADER_BYTES + rBytes + sBytes);
  der[0] = SEQUENCE;
  der[1] = der.length - HEADER_BYTES;
  writeInteger(der, HEADER_BYTES, value.subarray(r, half), rBytes);
  writeInteger(der, 2 * HEADER_BYTES + rBytes, value.subarray(s), sBytes);
  return der;
}

/** @param bytes length of r and of s; @param der as OpenSSL has just written it: nothing about it is checked */
export function valueOfDer(der: Buffer, bytes: number): Buffer {
  const value = Buffer.alloc(2 * bytes);
  const rEnd = 2 * HEADER_BYTES + (der[HEADER_BYTES + 1] ?? 0);
  copyToEnd(der.subarray(2 * HEADER_BYTES, rEnd), value.subarray(0, bytes));
  copyToEnd(der.subarray(rEnd + HEADER_BYTES), value.subarray(bytes));
  return value;
}

/** Where the number begins, without leading zeros; its last byte stays. */
function significant(value: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end - 1 && value[at] === 0) at += 1;
  return at;
}

/** Bytes of the INTEGER's content: one more where the first bit would make it negative. */
function contentBytes(value: Buffer, start: number, end: number): number {
  return end - start + ((value[start] ?? 0) >> 7);
}

function writeInteger(der: Buffer, at: number, number: Buffer, contentLength: number): void {
  der[at] = INTEGER;
  der[at + 1] = contentLength;
  number.copy(der, at + HEADER_BYTES + contentLength - number.length);
}

/** Numbers stand at the end of their place; the zero that DER puts before a high bit is left out. */
function copyToEnd(number: Buffer, place: Buffer): void {
  const surplus = Math.max(0, number.length - place.length);
  number.copy(place, place.length - number.length + surplus, surplus);
}
