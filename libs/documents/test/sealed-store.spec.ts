import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';

import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';

import { parseDocumentId, parsePracticeId } from '#contracts';
import { FileDocumentStore, saltedDigest, type DocumentKey } from '#documents';

import { generated, KEY } from './contents.ts';
import { SealedStore } from './sealed-store.fixture.ts';

const LIMIT = { maxBytes: 4_000_000 };
const OTHER: DocumentKey = { ...KEY, document: parseDocumentId('0197f3a2-0000-7000-8000-000000000002') };
const ELSEWHERE: DocumentKey = { ...KEY, practice: parsePracticeId('0197f3a2-0000-7000-8000-00000000000b') };
const SLOT = 65_552;
const at = SealedStore.each();

async function change(path: string, edit: (file: Buffer) => Buffer | undefined): Promise<void> {
  const file = await readFile(path);
  await writeFile(path, edit(file) ?? file);
}

const contentOf = (size: number) => buffer(generated(size));
const read = (key = KEY, range?: { start?: number; end?: number }) => buffer(at.store.open(key, range));
const corrupt = { code: 'DOCUMENT_CORRUPT' };

describe('a sealed document', () => {
  it.each([0, 1, 65_535, 65_536, 65_537, 200_000])('of %i bytes comes back as it was', async (size) => {
    const stored = await at.store.put(KEY, generated(size), { ...LIMIT, name: 'pianta è.pdf' });
    expect(await at.store.stat(KEY)).toEqual(stored);
    expect(await read()).toEqual(await contentOf(size));
    expect(await at.storeOf({ keys: at.keysOf() }).stat(KEY)).toEqual(stored);
  });

  it('can be read in any range', async () => {
    const bytes = await contentOf(200_000);
    await at.store.put(KEY, generated(200_000), LIMIT);
    const positions = fc.tuple(fc.nat(199_999), fc.nat(199_999));
    await fc.assert(
      fc.asyncProperty(positions, async ([a, b]) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        expect((await read(KEY, { start, end })).equals(bytes.subarray(start, end + 1))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('shows of itself its length and nothing else: no content, salt, digest or name', async () => {
    const text = 'AAAAAA00A00A000A presenta domanda';
    const stored = await at.store.put(KEY, generatedFrom(text), { ...LIMIT, name: 'Rossi Maria.pdf' });
    const file = await readFile(at.fileOf(KEY));
    expect(file.subarray(0, 24).readBigUInt64BE(16)).toBe(BigInt(text.length));
    for (const hidden of [text, stored.salt, Buffer.from(stored.sha256, 'hex'), 'Rossi'])
      expect(file.includes(hidden)).toBe(false);
    expect(file.includes(Buffer.from(stored.saltedDigest, 'hex'))).toBe(false);
    expect((await readFile(at.keyFileOf(KEY))).includes(text)).toBe(false);
  });

  it('is another file each time that the same content is stored', async () => {
    await at.store.put(KEY, generated(70_000), LIMIT);
    const first = await readFile(at.fileOf(KEY));
    await at.store.delete(KEY);
    await at.store.put(KEY, generated(70_000), LIMIT);
    expect((await readFile(at.fileOf(KEY))).subarray(512).equals(first.subarray(512))).toBe(false);
  });

  it('of a practice shares a key with the others of it, and with no other practice', async () => {
    const all = [KEY, OTHER, ELSEWHERE];
    await Promise.all(all.map((key) => at.store.put(key, generated(10), LIMIT)));
    const ids = await Promise.all(
      all.map(async (key) => (await readFile(at.fileOf(key))).toString('hex', 24, 40)),
    );
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });
});

describe('what is not as it was sealed is never given out', () => {
  const SIZE = 200_000;

  beforeEach(async () => {
    await at.store.put(KEY, generated(SIZE), LIMIT);
  });

  it('a chunk with one bit changed: what comes before it is given, and then the end', async () => {
    await change(at.fileOf(KEY), (file) => {
      file.writeUInt8(file.readUInt8(512 + SLOT + 5) ^ 1, 512 + SLOT + 5);
      return undefined;
    });
    const reading = at.store.open(KEY);
    expect((await reading.next()).value).toEqual((await contentOf(SIZE)).subarray(0, 65_536));
    await expect(reading.next()).rejects.toMatchObject(corrupt);
    await expect(read(KEY, { start: 65_536, end: 65_536 })).rejects.toMatchObject(corrupt);
    expect(await read(KEY, { start: 131_072 })).toHaveLength(SIZE - 131_072);
  });

  it.each([
    ['two chunks of one file that have changed places', (file: Buffer) => swapped(file, 0, 1)],
    ['a tag', (file: Buffer) => flipped(file, 512 + 65_536)],
    ['the length in the header', (file: Buffer) => flipped(file, 23)],
    ['the name of the key', (file: Buffer) => flipped(file, 24)],
    ['the prefix', (file: Buffer) => flipped(file, 40)],
    ['the salt', (file: Buffer) => flipped(file, 64)],
    ['the header’s tag', (file: Buffer) => flipped(file, 511)],
    ['a cipher that says "none"', (file: Buffer) => flipped(file, 11)],
    ['a last chunk that is missing', (file: Buffer) => file.subarray(0, 512 + 3 * SLOT)],
    ['a file cut within a chunk', (file: Buffer) => file.subarray(0, -1)],
    ['a file with a byte more', (file: Buffer) => Buffer.concat([file, Buffer.alloc(1)])],
  ])('%s', async (_, edit) => {
    const { saltedDigest: digest } = await at.store.stat(KEY);
    await change(at.fileOf(KEY), edit);
    await expect(read()).rejects.toMatchObject({
      code: expect.stringMatching(/^DOCUMENT_(CORRUPT|KEY_MISSING)$/) as string,
    });
    expect(await at.store.isIntact(KEY, digest)).toBe(false);
  });

  it('a file cut off at a chunk whose header was made to agree', async () => {
    await change(at.fileOf(KEY), (file) => {
      file.writeBigUInt64BE(131_072n, 16);
      return file.subarray(0, 512 + 2 * SLOT);
    });
    await expect(read()).rejects.toMatchObject(corrupt);
  });

  it('a chunk of another document of the practice, and the whole of it under this name', async () => {
    await at.store.put(OTHER, generated(SIZE), LIMIT);
    const other = await readFile(at.fileOf(OTHER));
    await change(at.fileOf(KEY), (file) => {
      other.copy(file, 512, 512, 512 + SLOT);
      return undefined;
    });
    await expect(read()).rejects.toMatchObject(corrupt);
    await writeFile(at.fileOf(KEY), other);
    await expect(read()).rejects.toMatchObject(corrupt);
  });

  it('a document under another practice’s key', async () => {
    await at.store.put(ELSEWHERE, generated(10), LIMIT);
    await cp(at.fileOf(KEY), at.fileOf(ELSEWHERE));
    await expect(read(ELSEWHERE)).rejects.toMatchObject({ code: 'DOCUMENT_KEY_MISSING' });
    await cp(at.keyFileOf(KEY), at.keyFileOf(ELSEWHERE));
    at.store = at.storeOf({ keys: at.keysOf() });
    await expect(read(ELSEWHERE)).rejects.toMatchObject({ code: 'DOCUMENT_KEY_MISSING' });
  });
});

describe('a sealed document that is arriving', () => {
  const SIZE = 300_000;
  const salt = Buffer.alloc(32, 3);
  let bytes: Buffer;
  let expected: { size: number; saltedDigest: ReturnType<typeof saltedDigest> };

  beforeEach(async () => {
    bytes = await contentOf(SIZE);
    expected = { size: SIZE, saltedDigest: saltedDigest(salt, bytes) };
  });

  const resting = (suffix = '') =>
    at.path('store', 'partial', `c_d150~${KEY.practice}~${KEY.document}${suffix}`);

  async function arriveUpTo(end: number): Promise<void> {
    const partial = await at.store.resume(KEY, expected);
    await partial.begin(salt, 'atto.pdf');
    await partial.append(bytes.subarray(0, end));
    await partial.close();
  }

  async function complete(from: number): Promise<void> {
    const partial = await at.store.resume(KEY, expected);
    expect(partial.offset).toBe(from);
    if (from === 0) await partial.begin(salt, 'atto.pdf');
    await partial.append(bytes.subarray(from));
    expect(await partial.complete()).toMatchObject({ ...expected, name: 'atto.pdf' });
    await partial.close();
    expect(await read()).toEqual(bytes);
  }

  const prefixOf = async (path: string) => (await readFile(path)).toString('hex', 40, 48);

  it('goes on where it was left, under the same prefix', async () => {
    await arriveUpTo(150_000);
    const prefix = await prefixOf(resting());
    await complete(131_072);
    expect(await prefixOf(at.fileOf(KEY))).toBe(prefix);
  });

  it.each([
    ['whose process was killed', async () => cp(resting(), resting('~torn')).then(() => rm(resting()))],
    ['whose last chunk was torn', () => truncate(resting(), 512 + 2 * SLOT - 1)],
  ])('%s is sealed under a new prefix: no chunk is written twice under one nonce', async (_, tear) => {
    await arriveUpTo(150_000);
    const prefix = await prefixOf(resting());
    await tear();
    await complete(_.includes('torn') ? 65_536 : 131_072);
    expect(await prefixOf(at.fileOf(KEY))).not.toBe(prefix);
  });

  it('begins anew where what is held was changed', async () => {
    await arriveUpTo(150_000);
    await change(resting(), (file) => flipped(file, 600));
    await complete(0);
  });

  it('begins anew where its key was destroyed', async () => {
    await arriveUpTo(150_000);
    await at.keys.destroy(KEY, { at: new Date(), request: 'r-1' });
    await complete(0);
  });

  it('that a store from before has half of in the clear is sealed as it goes on', async () => {
    const sealing = at.store;
    at.store = new FileDocumentStore({ root: at.path('store') });
    await arriveUpTo(150_000);
    at.store = sealing;
    await complete(131_072);
    expect((await readFile(at.fileOf(KEY))).includes(bytes.subarray(0, 64))).toBe(false);
  });
});

describe('a store from before, in the clear', () => {
  beforeEach(async () => {
    await new FileDocumentStore({ root: at.path('store') }).put(KEY, generated(200_000), {
      ...LIMIT,
      name: 'pianta.pdf',
    });
  });

  it('is read on, and document after document is sealed in its place', async () => {
    const before = await at.store.stat(KEY);
    const bytes = await read();
    expect(await at.store.seal(KEY)).toBe(200_000);
    expect(await at.store.stat(KEY)).toEqual(before);
    expect(await read()).toEqual(bytes);
    expect((await readFile(at.fileOf(KEY))).includes(bytes.subarray(0, 64))).toBe(false);
    expect(await at.store.seal(KEY)).toBeNull();
    expect(await at.store.seal(OTHER)).toBeNull();
  });

  it.each(['write', 'sync', 'publish'] as const)(
    'loses nothing to a full disk at the step "%s"',
    async (step) => {
      const full = at.storeOf({
        onDiskStep: (at) => {
          if (at === step) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        },
      });
      const before = await readFile(at.fileOf(KEY));
      await expect(full.seal(KEY)).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(await readFile(at.fileOf(KEY))).toEqual(before);
      expect(await at.store.seal(KEY)).toBe(200_000);
    },
  );

  it('leaves a damaged document as it is', async () => {
    await change(at.fileOf(KEY), (file) => flipped(file, 600));
    await expect(at.store.seal(KEY)).rejects.toMatchObject(corrupt);
    expect((await readFile(at.fileOf(KEY))).readUInt16BE(10)).toBe(0);
  });
});

async function* generatedFrom(text: string): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from(text));
}

function flipped(file: Buffer, at: number): Buffer {
  file.writeUInt8(file.readUInt8(at) ^ 1, at);
  return file;
}

function swapped(file: Buffer, one: number, other: number): Buffer {
  const [a, b] = [512 + one * SLOT, 512 + other * SLOT];
  const kept = Buffer.from(file.subarray(a, a + SLOT));
  file.copy(file, a, b, b + SLOT);
  kept.copy(file, b);
  return file;
}
