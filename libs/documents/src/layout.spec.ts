import { describe, expect, it } from 'vitest';

import { parseSha256 } from '#contracts';

import { decodeHeader, encodeHeader, fileBytes, HEADER_BYTES, slotAt, wholeChunks } from './layout.ts';

const DOCUMENT = {
  size: 70_000,
  salt: Buffer.alloc(32, 0xaa),
  sha256: parseSha256('b'.repeat(64)),
  saltedDigest: parseSha256('c'.repeat(64)),
  name: 'planimetria è.pdf',
};

function tampered(change: (header: Buffer) => void): Buffer {
  const header = encodeHeader(DOCUMENT);
  change(header);
  return header;
}

describe('layout of a stored document', () => {
  it('is the one that was decided, byte for byte', () => {
    const header = encodeHeader(DOCUMENT);
    expect(header).toHaveLength(512);
    const clear = '524855 42444f43 0a 0001 0000 00010000 0000000000011170'.replaceAll(' ', '');
    expect(header.toString('hex', 0, 64)).toBe(clear + '00'.repeat(40));
    expect(header.toString('hex', 64, 160)).toBe('aa'.repeat(32) + 'bb'.repeat(32) + 'cc'.repeat(32));
    expect(header.readUInt16BE(160)).toBe(18);
    expect(header.toString('utf8', 162, 180)).toBe('planimetria è.pdf');
    expect(header.subarray(180).every((byte) => byte === 0)).toBe(true);
  });

  it('gives back what was written', () => {
    expect(decodeHeader(encodeHeader(DOCUMENT))).toEqual(DOCUMENT);
    expect(decodeHeader(encodeHeader({ ...DOCUMENT, name: null })).name).toBeNull();
  });

  it.each([
    [0, 512],
    [1, 512 + 17],
    [65_535, 512 + 65_551],
    [65_536, 512 + 65_552],
    [65_537, 512 + 65_552 + 17],
    [131_072, 512 + 2 * 65_552],
  ])('holds %i bytes of content in a file of %i', (content, file) => {
    expect(fileBytes(content)).toBe(file);
  });

  it('counts whole chunks only, however the file was cut off', () => {
    expect(wholeChunks(0)).toBe(0);
    expect(wholeChunks(HEADER_BYTES)).toBe(0);
    expect(wholeChunks(slotAt(2) - 1)).toBe(1);
    expect(wholeChunks(slotAt(2))).toBe(2);
  });

  it.each([
    ['another magic', tampered((header) => header.write('X'))],
    ['a later version', tampered((header) => header.writeUInt16BE(2, 8))],
    ['a cipher', tampered((header) => header.writeUInt16BE(1, 10))],
    ['another chunk size', tampered((header) => header.writeUInt32BE(4096, 12))],
    ['an impossible length', tampered((header) => header.writeBigUInt64BE(2n ** 63n, 16))],
    ['a name that is too long', tampered((header) => header.writeUInt16BE(256, 160))],
    ['too few bytes', encodeHeader(DOCUMENT).subarray(1)],
  ])('refuses a header with %s', (_what, header) => {
    expect(() => decodeHeader(header)).toThrow(expect.objectContaining({ code: 'DOCUMENT_CORRUPT' }));
  });
});
