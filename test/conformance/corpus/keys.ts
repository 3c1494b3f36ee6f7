/**
 * Keys that are the same on every machine, for a corpus that comes out the same. They protect nothing: anyone can make
 * them from their names. ECDSA is deterministic here (RFC 6979), which `node:crypto` does not offer.
 */
import {
  checkPrimeSync,
  createHash,
  createPrivateKey,
  sign,
  type webcrypto,
  type KeyObject,
} from 'node:crypto';
import { p256, p384 } from '@noble/curves/nist.js';

export type KeyKind = 'P-256' | 'P-384' | 'RSA 2048';

export interface CorpusKey {
  readonly algorithm: webcrypto.EcKeyImportParams | webcrypto.RsaHashedImportParams;
  /** JWK (RFC 7517). */
  readonly publicJwk: webcrypto.JsonWebKey;
  /** ECDSA as r ‖ s with the hash of the curve's size, s low or high; or RSASSA-PKCS1-v1_5 with SHA-256. */
  sign(data: Uint8Array): Buffer;
}

const CURVES = {
  'P-256': { curve: p256, hash: 'sha256' },
  'P-384': { curve: p384, hash: 'sha384' },
} as const;

export function corpusKey(kind: KeyKind, name: string): CorpusKey {
  return kind === 'RSA 2048' ? rsaKey(name) : ecKey(kind, name);
}

/** The private key is the hash of `reset-hub conformance <name>`, as long as the curve's order. */
function ecKey(kind: keyof typeof CURVES, name: string): CorpusKey {
  const { curve, hash } = CURVES[kind];
  const secret = createHash(hash).update(seed(name)).digest();
  const point = Buffer.from(curve.getPublicKey(secret, false));
  const half = (point.length - 1) / 2;
  const coordinate = (from: number): string => point.subarray(from, from + half).toString('base64url');
  return {
    algorithm: { name: 'ECDSA', namedCurve: kind },
    publicJwk: { kty: 'EC', crv: kind, x: coordinate(1), y: coordinate(1 + half) },
    sign: (data) => {
      const digest = createHash(hash).update(data).digest();
      return Buffer.from(curve.sign(digest, secret, { prehash: false, lowS: false }));
    },
  };
}

function rsaKey(name: string): CorpusKey {
  const [p, q] = [prime(`${name} p`), prime(`${name} q`)];
  const e = 65_537n;
  const d = inverse(e, (p - 1n) * (q - 1n));
  const publicJwk = { kty: 'RSA', n: base64url(p * q), e: base64url(e) };
  const secret = { d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  const parts = Object.entries(secret).map(([part, value]) => [part, base64url(value)]);
  const jwk = { ...publicJwk, ...(Object.fromEntries(parts) as Record<string, string>) };
  const key: KeyObject = createPrivateKey({ key: jwk, format: 'jwk' });
  return {
    algorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    publicJwk,
    sign: (data) => sign('sha256', data, key),
  };
}

/** The first fitting prime from a number of 1024 bits that the name gives. */
function prime(name: string): bigint {
  const halves = ['1', '2'].map((half) =>
    createHash('sha512')
      .update(`${seed(name)} ${half}`)
      .digest('hex'),
  );
  let candidate = BigInt(`0x${halves.join('')}`) | (3n << 1022n) | 1n;
  while (candidate % 65_537n === 1n || !checkPrimeSync(candidate)) candidate += 2n;
  return candidate;
}

/** Extended Euclid. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
  return ((x % modulus) + modulus) % modulus;
}

function base64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

function seed(name: string): string {
  return `reset-hub conformance ${name}`;
}
