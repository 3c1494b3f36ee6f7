import { generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derOfValue, valueOfDer } from '../src/ecdsa-value.ts';

const CURVES = [
  { namedCurve: 'P-256', bytes: 32 },
  { namedCurve: 'P-384', bytes: 48 },
] as const;
const DATA = Buffer.from('what is signed');

describe.each(CURVES)('a value of $namedCurve', ({ namedCurve, bytes }) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });

  it('verifies as DER if and only if it verifies as r ‖ s', () => {
    const signed = sign('sha256', DATA, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const flips = fc.record({ at: fc.nat(2 * bytes - 1), by: fc.nat(255) });
    fc.assert(
      fc.property(flips, ({ at, by }) => {
        const value = Buffer.from(signed);
        value[at] = (value[at] ?? 0) ^ by;
        expect(verify('sha256', DATA, publicKey, derOfValue(value))).toBe(
          verify('sha256', DATA, { key: publicKey, dsaEncoding: 'ieee-p1363' }, value),
        );
        expect(verify('sha256', DATA, publicKey, derOfValue(value))).toBe(by === 0);
      }),
      { numRuns: 50 },
    );
  });

  it('is the same after it was DER, however small its numbers', () => {
    const number = fc
      .uint8Array({ minLength: 0, maxLength: bytes })
      .map((tail) => Buffer.concat([Buffer.alloc(bytes - tail.length), tail]));
    fc.assert(
      fc.property(number, number, (r, s) => {
        const value = Buffer.concat([r, s]);
        expect(valueOfDer(derOfValue(value), bytes)).toEqual(value);
      }),
    );
  });

  it('is read from what OpenSSL signs', () => {
    for (let n = 0; n < 20; n += 1) {
      const value = valueOfDer(sign('sha256', DATA, privateKey), bytes);
      expect(verify('sha256', DATA, { key: publicKey, dsaEncoding: 'ieee-p1363' }, value)).toBe(true);
    }
  });
});
