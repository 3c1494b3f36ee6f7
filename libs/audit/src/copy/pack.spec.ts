import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MAX_SIGNED_BYTES, readPack, writePack } from '../index.ts';
import { unpack } from './pack.ts';

const DOCUMENTS = [Buffer.from('<Event/>'), null, Buffer.alloc(0), Buffer.alloc(300_000, 'abc')];

function refused(): Error {
  return expect.objectContaining({ code: 'LOG_PACK_MALFORMED' }) as Error;
}

function lengths(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, n) => bytes.writeUInt32BE(value, n * 4));
  return bytes;
}

describe('a pack', () => {
  it('gives back what was put in, and what was not there as not there', async () => {
    const pack = await writePack(DOCUMENTS);
    expect(await readPack(pack, DOCUMENTS.length)).toEqual(DOCUMENTS);
    expect(pack.length).toBeLessThan(1_000);
  });

  it('is one Brotli stream of lengths and bytes, that any other program reads', async () => {
    const pack = await writePack([Buffer.from('ab'), null], { quality: 1 });
    expect(brotliDecompressSync(pack).toString('hex')).toBe('000000026162ffffffff');
  });

  it('takes documents of the largest size, and none that is larger', async () => {
    const largest = Buffer.alloc(MAX_SIGNED_BYTES, 'x');
    const [back] = await readPack(await writePack([largest]), 1);
    expect(back?.equals(largest)).toBe(true);
    await expect(writePack([Buffer.alloc(MAX_SIGNED_BYTES + 1)])).rejects.toThrow(refused());
    const claimed = brotliCompressSync(
      Buffer.concat([lengths(MAX_SIGNED_BYTES + 1), largest, Buffer.from('x')]),
    );
    await expect(readPack(claimed, 1)).rejects.toThrow(refused());
  });

  it.each([[0], [257]])('has not %i documents', async (count) => {
    await expect(writePack(Array.from({ length: count }, () => null))).rejects.toThrow(refused());
  });

  it.each<[string, number, Buffer]>([
    ['fewer documents than entries', 2, brotliCompressSync(lengths(0))],
    ['more documents than entries', 1, brotliCompressSync(lengths(0, 0))],
    ['half a length', 2, brotliCompressSync(Buffer.concat([lengths(0), Buffer.from([0, 0])]))],
    ['half a document', 1, brotliCompressSync(Buffer.concat([lengths(5), Buffer.from('abc')]))],
    ['a stream that ends early', 1, brotliCompressSync(Buffer.alloc(4_000, 'abc')).subarray(0, -2)],
    ['no Brotli', 1, Buffer.from('PK\u0003\u0004 and so on')],
    ['nothing', 1, Buffer.alloc(0)],
    ['bytes behind the stream', 1, Buffer.concat([brotliCompressSync(lengths(0)), Buffer.from('!')])],
    [
      'bytes behind a stream, many',
      1,
      Buffer.concat([brotliCompressSync(lengths(0)), Buffer.alloc(100_000)]),
    ],
  ])('is refused with %s', async (_, width, pack) => {
    await expect(readPack(pack, width)).rejects.toThrow(refused());
  });

  it('that unfolds without end costs one document and no more', async () => {
    const bomb = brotliCompressSync(Buffer.concat([lengths(1), Buffer.from('x'), Buffer.alloc(1 << 26)]), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 4 },
    });
    expect(bomb.length).toBeLessThan(1_000);
    const before = process.memoryUsage().arrayBuffers;
    await expect(readPack(bomb, 1)).rejects.toThrow(refused());
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 25);
  });

  it('is unfolded only as far as somebody reads', async () => {
    const pack = await writePack(Array.from({ length: 80 }, () => Buffer.alloc(500_000, 'x')));
    const before = process.memoryUsage().arrayBuffers;
    for await (const document of unpack(pack, 80)) {
      expect(document).toHaveLength(500_000);
      break;
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 25);
  });
});
