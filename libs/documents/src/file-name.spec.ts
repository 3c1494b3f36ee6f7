import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cleanFileName, decodeExtended, encodeExtended } from './file-name.ts';

describe('cleanFileName', () => {
  it.each([
    ['planimetria.pdf', 'planimetria.pdf'],
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['C:\\temp\\a.pdf', 'C:_temp_a.pdf'],
    ['a\r\nSet-Cookie: x.pdf', 'a__Set-Cookie: x.pdf'],
    ['fattura\u202efdp.exe', 'fattura_fdp.exe'],
    ['..', null],
    ['', null],
    [null, null],
  ])('makes %j a harmless name', (name, clean) => {
    expect(cleanFileName(name)).toBe(clean);
  });

  it('never gives more than 255 bytes, and keeps the ending', () => {
    const clean = cleanFileName(`${'è'.repeat(10_000)}.pdf`);
    expect(Buffer.byteLength(clean ?? '')).toBeLessThanOrEqual(255);
    expect(clean).toMatch(/^è+\.pdf$/);
  });
});

describe('RFC 8187 notation', () => {
  it('encodes as the RFC shows', () => {
    expect(encodeExtended('€ rates')).toBe("UTF-8''%E2%82%AC%20rates");
    expect(encodeExtended("it's (1)*.pdf")).toBe("UTF-8''it%27s%20%281%29%2A.pdf");
  });

  it('gives back any text, in characters that a header may hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const value = encodeExtended(text);
        expect(value).toMatch(/^[\x21-\x7e]+$/);
        expect(decodeExtended(value)).toBe(text);
      }),
    );
  });

  it.each(['plain.pdf', "ISO-8859-1''a", "UTF-8''%E2%82", "UTF-8''a b"])('refuses %j', (value) => {
    expect(decodeExtended(value)).toBeNull();
  });
});
