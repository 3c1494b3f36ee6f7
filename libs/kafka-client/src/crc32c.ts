/**
 * CRC-32C (Castagnoli, RFC 3720 section 12.1), which Kafka's record batches carry. Sixteen bytes a step, by sixteen
 * tables, where kafkajs goes byte by byte. Node's own `zlib.crc32` has another polynomial.
 */
const POLYNOMIAL = 0x82f63b78;
const LANES = 16;
const BYTES = 256;
const ENTRY = 4;

/** Behind each other: table n has the remainder of each byte with n zero bytes behind it. */
const TABLES = makeTables();

/** Of the bytes from `start` up to `end`: an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let crc = -1;
  let at = start;
  for (; at + LANES <= end; at += LANES) {
    crc =
      word(15, crc ^ view.getInt32(at, true)) ^
      word(11, view.getInt32(at + 4, true)) ^
      word(7, view.getInt32(at + 8, true)) ^
      word(3, view.getInt32(at + 12, true));
  }
  for (; at < end; at += 1) crc = remainder(0, (crc ^ view.getUint8(at)) & 255) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Of four bytes, the first of which has `behind` bytes behind it. */
function word(behind: number, bytes: number): number {
  return (
    remainder(behind, bytes & 255) ^
    remainder(behind - 1, (bytes >>> 8) & 255) ^
    remainder(behind - 2, (bytes >>> 16) & 255) ^
    remainder(behind - 3, bytes >>> 24)
  );
}

function remainder(behind: number, byte: number): number {
  return TABLES.getInt32((behind * BYTES + byte) * ENTRY, true);
}

function makeTables(): DataView {
  const tables = new DataView(new ArrayBuffer(LANES * BYTES * ENTRY));
  const entry = (at: number): number => tables.getInt32(at * ENTRY, true);
  for (let byte = 0; byte < BYTES; byte += 1) {
    let rest = byte;
    for (let bit = 0; bit < 8; bit += 1) rest = (rest & 1) === 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
    tables.setInt32(byte * ENTRY, rest, true);
  }
  for (let at = BYTES; at < LANES * BYTES; at += 1) {
    const before = entry(at - BYTES);
    tables.setInt32(at * ENTRY, (before >>> 8) ^ entry(before & 255), true);
  }
  return tables;
}
