import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DocumentHasher, saltedDigest } from './salted-digest.ts';

const SALT = Buffer.alloc(32, 7);

describe('salted digest', () => {
  it('is SHA-256 over the salt followed by the bytes', () => {
    // printf '\7%.0s' {1..32} | cat - <(printf abc) | sha256sum
    const known = '77525b4491b1cdd015078c4a11afdb1106eccba29b32262bd4f3d8873dc3c3d0';
    expect(saltedDigest(SALT, Buffer.from('abc'))).toBe(known);
  });

  it('is the same however the stream is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (pieces) => {
        const hasher = new DocumentHasher(SALT);
        for (const piece of pieces) hasher.update(Buffer.from(piece));
        const whole = Buffer.concat(pieces);
        const digests = hasher.digest();
        expect(digests.saltedDigest).toBe(saltedDigest(SALT, whole));
        expect(digests.sha256).toBe(createHash('sha256').update(whole).digest('hex'));
        expect(digests.size).toBe(whole.length);
      }),
    );
  });

  it.each([0, 31, 33])('refuses a salt of %i bytes', (length) => {
    expect(() => saltedDigest(Buffer.alloc(length), Buffer.alloc(1))).toThrow(
      expect.objectContaining({ code: 'DOCUMENT_SALT_MALFORMED' }),
    );
  });
});
