import { createPublicKey, generateKeyPairSync, sign as rawSign, type KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { anEvent, answerOf, NOW, replaced, TestAuthority, type Identity } from '../test-support.ts';
import { pemSigner, signEvent, verifyEvent } from '../src/index.ts';
import { algorithmOf } from '../src/algorithm.ts';
import { P384 } from '../src/low-s.ts';

const ALGORITHMS = [
  { key: 'P-256', method: 'ecdsa-sha256', length: 64 },
  { key: 'P-384', method: 'ecdsa-sha384', length: 96 },
  { key: 'RSA 2048', method: 'rsa-sha256', length: 256 },
] as const;
type Key = (typeof ALGORITHMS)[number]['key'];

let authority: TestAuthority;
const identities = new Map<Key, Identity>();
const events = new Map<Key, Buffer>();

function of<V>(map: ReadonlyMap<Key, V>, key: Key): V {
  const found = map.get(key);
  if (found === undefined) throw new Error(`nothing for ${key}`);
  return found;
}

beforeAll(async () => {
  authority = await TestAuthority.create();
  for (const { key } of ALGORITHMS) {
    const identity = await authority.issue('c_d150', { key });
    identities.set(key, identity);
    const signer = pemSigner(identity.certificatePem, identity.keyPem);
    events.set(key, await signEvent(anEvent(), signer, NOW));
  }
});

const codeOf = (bytes: Buffer): string | null => answerOf(bytes, authority.trust);

function valueOf(event: Buffer): Buffer {
  return Buffer.from(/<ds:SignatureValue>([^<]*)</.exec(event.toString())?.[1] ?? '', 'base64');
}

function withValue(event: Buffer, value: Buffer): Buffer {
  return replaced(event, /<ds:SignatureValue>[^<]*</, `<ds:SignatureValue>${value.toString('base64')}<`);
}

function modulusOf(key: KeyObject): bigint {
  const { n = '' } = key.export({ format: 'jwk' });
  return BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
}

function rsaPublicKey(bits: number, e = 'AQAB'): KeyObject {
  const n = Buffer.alloc(bits / 8, 0xff).toString('base64url');
  return createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
}

describe.each(ALGORITHMS)('a key of $key', ({ key, method, length }) => {
  it('signs with its algorithm, picked by the key alone, and verifies', () => {
    const event = of(events, key);
    expect(event.includes(`Algorithm="http://www.w3.org/2001/04/xmldsig-more#${method}"`)).toBe(true);
    expect(valueOf(event)).toHaveLength(length);
    expect(verifyEvent(event, authority.trust, NOW).event).toEqual(anEvent());
  });

  it('refuses altered content, another value, and a value of another length', () => {
    const event = of(events, key);
    expect(codeOf(replaced(event, 'UF-SUAP', 'UF-XXXX'))).toBe('REFERENCE_DIGEST_MISMATCH');
    const value = valueOf(event);
    const flipped = Buffer.from(value);
    flipped[10] = (flipped[10] ?? 0) ^ 1;
    expect(codeOf(withValue(event, flipped))).toBe('SIGNATURE_INVALID');
    expect(codeOf(withValue(event, value.subarray(1)))).toBe('SIGNATURE_ENCODING');
    expect(codeOf(withValue(event, Buffer.concat([Buffer.alloc(1), value])))).toBe('SIGNATURE_ENCODING');
  });

  it.each(ALGORITHMS.filter((other) => other.key !== key))(
    'does not verify under the algorithm of $key',
    (other) => {
      const swapped = replaced(of(events, key), `xmldsig-more#${method}`, `xmldsig-more#${other.method}`);
      expect(codeOf(swapped)).toBe('CERTIFICATE_KEY_UNSUITABLE');
    },
  );
});

describe('one value for one signing', () => {
  it('refuses the other s of P-384', () => {
    const event = of(events, 'P-384');
    const value = valueOf(event);
    const s = P384.n - BigInt(`0x${value.subarray(P384.bytes).toString('hex')}`);
    const other = Buffer.from(s.toString(16).padStart(2 * P384.bytes, '0'), 'hex');
    const mirrored = Buffer.concat([value.subarray(0, P384.bytes), other]);
    expect(codeOf(withValue(event, mirrored))).toBe('SIGNATURE_NOT_LOW_S');
  });

  it('refuses a DER-encoded value of P-384', () => {
    const der = rawSign('sha384', Buffer.from('x'), of(identities, 'P-384').keyPem);
    expect(codeOf(withValue(of(events, 'P-384'), der))).toBe('SIGNATURE_ENCODING');
  });

  it('refuses an RSA value plus its modulus', async () => {
    const { x509, keyPem, certificatePem } = of(identities, 'RSA 2048');
    const modulus = modulusOf(x509.publicKey);
    const signer = pemSigner(certificatePem, keyPem);
    // Only some values stay as long as the modulus when the modulus is added: sign until one does.
    for (let n = 0; ; n += 1) {
      const event = await signEvent(anEvent(), signer, new Date(NOW.getTime() + n));
      const sum = BigInt(`0x${valueOf(event).toString('hex')}`) + modulus;
      if (sum >= 1n << 2048n) continue;
      const other = Buffer.from(sum.toString(16).padStart(512, '0'), 'hex');
      expect(codeOf(withValue(event, other))).toBe('SIGNATURE_INVALID');
      break;
    }
  });
});

describe('the closed table', () => {
  it('takes RSA from 2048 to 4096 bits with a public exponent from 65537', () => {
    expect([2048, 3072, 4096].map((bits) => algorithmOf(rsaPublicKey(bits))?.keys)).toEqual(
      Array<string>(3).fill('RSA 2048–4096'),
    );
    expect([1024, 2040, 4104, 8192].map((bits) => algorithmOf(rsaPublicKey(bits)))).toEqual(
      Array<undefined>(4).fill(undefined),
    );
    expect(algorithmOf(rsaPublicKey(2048, 'Aw'))).toBeUndefined();
  });

  it('knows no other key', () => {
    for (const key of [
      generateKeyPairSync('ed25519').publicKey,
      generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).publicKey,
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
    ]) {
      expect(algorithmOf(key)).toBeUndefined();
    }
  });

  it('refuses RSA of 1024 bits whatever its signature says', async () => {
    const small = await authority.issue('c_d150', { key: 'RSA 1024' });
    expect(() => pemSigner(small.certificatePem, small.keyPem)).toThrow(
      expect.objectContaining({ code: 'SIGNING_KEY_UNUSABLE' }),
    );
    const { algorithm } = of(identities, 'RSA 2048').signer.certificate;
    const certificate = { ...small.signer.certificate, algorithm };
    const forged = await signEvent(anEvent(), { ...small.signer, certificate }, NOW);
    expect(codeOf(forged)).toBe('CERTIFICATE_KEY_UNSUITABLE');
  });
});
