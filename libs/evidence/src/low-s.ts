/** ECDSA values in IEEE P1363 form: r ‖ s, each as long as the curve's order, big-endian. */

/** What low s needs to know of a curve. */
export interface CurveOrder {
  /** Length of r and of s, bytes. */
  readonly bytes: number;
  /** The order n of the group. */
  readonly n: bigint;
  /** ⌊n/2⌋, big-endian, `bytes` long. */
  readonly half: Buffer;
}

/** FIPS 186-5, SP 800-186 §3.2.1.3. */
export const P256 = curveOrder(32, 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n);
/** FIPS 186-5, SP 800-186 §3.2.1.4. */
export const P384 = curveOrder(
  48,
  0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
);

/**
 * True if s is at most n/2. (r, s) and (r, n − s) both satisfy the ECDSA equation, so without this rule whoever carries
 * a document could make a second one that verifies.
 */
export function isLowS(signature: Buffer, { bytes, half }: CurveOrder): boolean {
  return signature.subarray(bytes).compare(half) <= 0;
}

/** The same signature with s in the lower half. */
export function toLowS(signature: Buffer, order: CurveOrder): Buffer {
  if (isLowS(signature, order)) return signature;
  const s = BigInt(`0x${signature.subarray(order.bytes).toString('hex')}`);
  return Buffer.concat([signature.subarray(0, order.bytes), toBytes(order.n - s, order.bytes)]);
}

function curveOrder(bytes: number, n: bigint): CurveOrder {
  return { bytes, n, half: toBytes(n >> 1n, bytes) };
}

function toBytes(value: bigint, bytes: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex');
}
