/** ECDSA P-256 values in IEEE P1363 form: r ‖ s, 32 bytes each, big-endian. */

/** Length of a P-256 signature value, bytes. */
export const P256_SIGNATURE_BYTES = 64;

/** Order n of P-256 (FIPS 186-5; SEC 2 §2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HALF_ORDER = ORDER >> 1n;
const HALF_ORDER_BYTES = toBytes(HALF_ORDER);

/**
 * True if s is at most n/2. (r, s) and (r, n − s) both satisfy the ECDSA equation, so without this rule whoever carries
 * a document could make a second one that verifies.
 */
export function isLowS(signature: Buffer): boolean {
  return signature.subarray(32).compare(HALF_ORDER_BYTES) <= 0;
}

/** The same signature with s in the lower half. */
export function toLowS(signature: Buffer): Buffer {
  if (isLowS(signature)) return signature;
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`);
  return Buffer.concat([signature.subarray(0, 32), toBytes(ORDER - s)]);
}

function toBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}
