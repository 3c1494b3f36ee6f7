import { cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { parseDocumentId, parsePracticeId } from '#contracts';
import {
  FileDocumentStore,
  FileKeyStore,
  FileMasterKey,
  newMasterKey,
  saltedDigest,
  type DocumentKey,
  type FileStoreOptions,
} from '#documents';

import { generated, KEY } from './contents.ts';
import { aFolder } from './loopback.ts';

const LIMIT = { maxBytes: 4_000_000 };
const OTHER: DocumentKey = { ...KEY, document: parseDocumentId('0197f3a2-0000-7000-8000-000000000002') };
const ELSEWHERE: DocumentKey = { ...KEY, practice: parsePracticeId('0197f3a2-0000-7000-8000-00000000000b') };
const SLOT = 65_552;

let folder: Awaited<ReturnType<typeof aFolder>>;
let keys: FileKeyStore;
let store: FileDocumentStore;

beforeEach(async () => {
  folder = await aFolder();
  await writeMaster(newMasterKey());
  keys = keysOf();
  store = storeOf();
  await store.start();
});
afterEach(() => folder.remove());

async function writeMaster(...lines: string[]): Promise<void> {
  await writeFile(join(folder.path, 'master'), lines.join('\n'), { mode: 0o600 });
}

function keysOf(root = 'keys'): FileKeyStore {
  const master = new FileMasterKey(join(folder.path, 'master'));
  return new FileKeyStore({ root: join(folder.path, root), master });
}

function storeOf(options: Partial<FileStoreOptions> = {}): FileDocumentStore {
  return new FileDocumentStore({ root: join(folder.path, 'store'), keys, ...options });
}

function fileOf({ owner, practice, document }: DocumentKey): string {
  const place = ['store', 'practices', `o-${owner}`, practice.slice(-2), practice, `${document}.hubdoc`];
  return join(folder.path, ...place);
}

function keyFileOf({ owner, practice }: DocumentKey): string {
  return join(folder.path, 'keys', 'practices', `o-${owner}`, practice.slice(-2), `${practice}.key`);
}

async function change(path: string, edit: (file: Buffer) => Buffer | undefined): Promise<void> {
  const file = await readFile(path);
  await writeFile(path, edit(file) ?? file);
}

const contentOf = (size: number) => buffer(generated(size));
const read = (key = KEY, range?: { start?: number; end?: number }) => buffer(store.open(key, range));
const corrupt = { code: 'DOCUMENT_CORRUPT' };

describe('a sealed document', () => {
  it.each([0, 1, 65_535, 65_536, 65_537, 200_000])('of %i bytes comes back as it was', async (size) => {
    const stored = await store.put(KEY, generated(size), { ...LIMIT, name: 'pianta è.pdf' });
    expect(await store.stat(KEY)).toEqual(stored);
    expect(await read()).toEqual(await contentOf(size));
    expect(await storeOf({ keys: keysOf() }).stat(KEY)).toEqual(stored);
  });

  it('can be read in any range', async () => {
    const bytes = await contentOf(200_000);
    await store.put(KEY, generated(200_000), LIMIT);
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
    const stored = await store.put(KEY, generatedFrom(text), { ...LIMIT, name: 'Rossi Maria.pdf' });
    const file = await readFile(fileOf(KEY));
    expect(file.subarray(0, 24).readBigUInt64BE(16)).toBe(BigInt(text.length));
    for (const hidden of [text, stored.salt, Buffer.from(stored.sha256, 'hex'), 'Rossi'])
      expect(file.includes(hidden)).toBe(false);
    expect(file.includes(Buffer.from(stored.saltedDigest, 'hex'))).toBe(false);
    expect((await readFile(keyFileOf(KEY))).includes(text)).toBe(false);
  });

  it('is another file each time that the same content is stored', async () => {
    await store.put(KEY, generated(70_000), LIMIT);
    const first = await readFile(fileOf(KEY));
    await store.delete(KEY);
    await store.put(KEY, generated(70_000), LIMIT);
    expect((await readFile(fileOf(KEY))).subarray(512).equals(first.subarray(512))).toBe(false);
  });

  it('of a practice shares a key with the others of it, and with no other practice', async () => {
    const all = [KEY, OTHER, ELSEWHERE];
    await Promise.all(all.map((key) => store.put(key, generated(10), LIMIT)));
    const ids = await Promise.all(
      all.map(async (key) => (await readFile(fileOf(key))).toString('hex', 24, 40)),
    );
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });
});

describe('what is not as it was sealed is never given out', () => {
  const SIZE = 200_000;

  beforeEach(async () => {
    await store.put(KEY, generated(SIZE), LIMIT);
  });

  it('a chunk with one bit changed: what comes before it is given, and then the end', async () => {
    await change(fileOf(KEY), (file) => {
      file.writeUInt8(file.readUInt8(512 + SLOT + 5) ^ 1, 512 + SLOT + 5);
      return undefined;
    });
    const reading = store.open(KEY);
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
    const { saltedDigest: digest } = await store.stat(KEY);
    await change(fileOf(KEY), edit);
    await expect(read()).rejects.toMatchObject({
      code: expect.stringMatching(/^DOCUMENT_(CORRUPT|KEY_MISSING)$/) as string,
    });
    expect(await store.isIntact(KEY, digest)).toBe(false);
  });

  it('a file cut off at a chunk whose header was made to agree', async () => {
    await change(fileOf(KEY), (file) => {
      file.writeBigUInt64BE(131_072n, 16);
      return file.subarray(0, 512 + 2 * SLOT);
    });
    await expect(read()).rejects.toMatchObject(corrupt);
  });

  it('a chunk of another document of the practice, and the whole of it under this name', async () => {
    await store.put(OTHER, generated(SIZE), LIMIT);
    const other = await readFile(fileOf(OTHER));
    await change(fileOf(KEY), (file) => {
      other.copy(file, 512, 512, 512 + SLOT);
      return undefined;
    });
    await expect(read()).rejects.toMatchObject(corrupt);
    await writeFile(fileOf(KEY), other);
    await expect(read()).rejects.toMatchObject(corrupt);
  });

  it('a document under another practice’s key', async () => {
    await store.put(ELSEWHERE, generated(10), LIMIT);
    await cp(fileOf(KEY), fileOf(ELSEWHERE));
    await expect(read(ELSEWHERE)).rejects.toMatchObject({ code: 'DOCUMENT_KEY_MISSING' });
    await cp(keyFileOf(KEY), keyFileOf(ELSEWHERE));
    store = storeOf({ keys: keysOf() });
    await expect(read(ELSEWHERE)).rejects.toMatchObject({ code: 'DOCUMENT_KEY_MISSING' });
  });
});

describe('a key that is destroyed', () => {
  const BY = { at: new Date('2046-03-04T09:00:00.000Z'), request: 'r-1' };

  it('takes with it all documents of its practice, those in a copy of the store too, and no other', async () => {
    await store.put(KEY, generated(100_000), LIMIT);
    await store.put(ELSEWHERE, generated(10), LIMIT);
    await cp(join(folder.path, 'store'), join(folder.path, 'copy'), { recursive: true });
    const before = await readFile(keyFileOf(KEY), 'utf8');
    const { id } = await keys.sealing(KEY);
    expect(await keys.destroy(KEY, BY)).toBe(id.toString('hex'));
    expect(await keys.destroy(KEY, BY)).toBe(id.toString('hex'));
    expect(await keys.destroy(KEY, { ...BY, request: 'r-2' })).toBeNull();
    const copy = storeOf({ root: join(folder.path, 'copy'), keys: keysOf() });
    for (const each of [store, copy]) {
      const gone = { code: 'DOCUMENT_DESTROYED', details: { at: BY.at.toISOString() } };
      await expect(buffer(each.open(KEY))).rejects.toMatchObject(gone);
      await expect(each.stat(KEY)).rejects.toMatchObject(gone);
      expect(await buffer(each.open(ELSEWHERE))).toHaveLength(10);
    }
    const after = await readFile(keyFileOf(KEY), 'utf8');
    expect(after).toContain('"key":null');
    expect(after).not.toContain((JSON.parse(before) as { key: { wrapped: string } }).key.wrapped);
  });

  it('is not made again by what arrives later: that has a key of its own', async () => {
    await store.put(KEY, generated(10), LIMIT);
    await keys.destroy(KEY, BY);
    await store.put(OTHER, generated(20), LIMIT);
    expect(await read(OTHER)).toHaveLength(20);
    await expect(read(KEY)).rejects.toMatchObject({ code: 'DOCUMENT_DESTROYED' });
  });

  it('leaves nothing of the practice’s files once they are deleted, half-arrived ones too', async () => {
    await store.put(KEY, generated(10), LIMIT);
    await store.put(ELSEWHERE, generated(10), LIMIT);
    const salt = Buffer.alloc(32, 3);
    const partial = await store.resume(OTHER, {
      size: 100_000,
      saltedDigest: saltedDigest(salt, await contentOf(100_000)),
    });
    await partial.begin(salt, null);
    await partial.append((await contentOf(100_000)).subarray(0, 70_000));
    await partial.close();
    expect(await store.deletePractice(KEY)).toBe(2);
    expect(await store.deletePractice(KEY)).toBe(0);
    await expect(store.stat(KEY)).rejects.toMatchObject({ code: 'DOCUMENT_NOT_FOUND' });
    await keys.destroy(KEY, BY);
    await expect(store.stat(KEY)).rejects.toMatchObject({ code: 'DOCUMENT_DESTROYED' });
    const left = await readdir(join(folder.path, 'store'), { recursive: true, withFileTypes: true });
    expect(left.flatMap((each) => (each.isFile() ? [each.name] : []))).toEqual([
      'keys-id',
      `${ELSEWHERE.document}.hubdoc`,
    ]);
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
    join(folder.path, 'store', 'partial', `c_d150~${KEY.practice}~${KEY.document}${suffix}`);

  async function arriveUpTo(end: number): Promise<void> {
    const partial = await store.resume(KEY, expected);
    await partial.begin(salt, 'atto.pdf');
    await partial.append(bytes.subarray(0, end));
    await partial.close();
  }

  async function complete(from: number): Promise<void> {
    const partial = await store.resume(KEY, expected);
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
    expect(await prefixOf(fileOf(KEY))).toBe(prefix);
  });

  it.each([
    ['whose process was killed', async () => cp(resting(), resting('~torn')).then(() => rm(resting()))],
    ['whose last chunk was torn', () => truncate(resting(), 512 + 2 * SLOT - 1)],
  ])('%s is sealed under a new prefix: no chunk is written twice under one nonce', async (_, tear) => {
    await arriveUpTo(150_000);
    const prefix = await prefixOf(resting());
    await tear();
    await complete(_.includes('torn') ? 65_536 : 131_072);
    expect(await prefixOf(fileOf(KEY))).not.toBe(prefix);
  });

  it('begins anew where what is held was changed', async () => {
    await arriveUpTo(150_000);
    await change(resting(), (file) => flipped(file, 600));
    await complete(0);
  });

  it('begins anew where its key was destroyed', async () => {
    await arriveUpTo(150_000);
    await keys.destroy(KEY, { at: new Date(), request: 'r-1' });
    await complete(0);
  });

  it('that a store from before has half of in the clear is sealed as it goes on', async () => {
    const sealing = store;
    store = new FileDocumentStore({ root: join(folder.path, 'store') });
    await arriveUpTo(150_000);
    store = sealing;
    await complete(131_072);
    expect((await readFile(fileOf(KEY))).includes(bytes.subarray(0, 64))).toBe(false);
  });
});

describe('a store from before, in the clear', () => {
  beforeEach(async () => {
    await new FileDocumentStore({ root: join(folder.path, 'store') }).put(KEY, generated(200_000), {
      ...LIMIT,
      name: 'pianta.pdf',
    });
  });

  it('is read on, and document after document is sealed in its place', async () => {
    const before = await store.stat(KEY);
    const bytes = await read();
    expect(await store.seal(KEY)).toBe(200_000);
    expect(await store.stat(KEY)).toEqual(before);
    expect(await read()).toEqual(bytes);
    expect((await readFile(fileOf(KEY))).includes(bytes.subarray(0, 64))).toBe(false);
    expect(await store.seal(KEY)).toBeNull();
    expect(await store.seal(OTHER)).toBeNull();
  });

  it.each(['write', 'sync', 'publish'] as const)(
    'loses nothing to a full disk at the step "%s"',
    async (step) => {
      const full = storeOf({
        onDiskStep: (at) => {
          if (at === step) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        },
      });
      const before = await readFile(fileOf(KEY));
      await expect(full.seal(KEY)).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(await readFile(fileOf(KEY))).toEqual(before);
      expect(await store.seal(KEY)).toBe(200_000);
    },
  );

  it('leaves a damaged document as it is', async () => {
    await change(fileOf(KEY), (file) => flipped(file, 600));
    await expect(store.seal(KEY)).rejects.toMatchObject(corrupt);
    expect((await readFile(fileOf(KEY))).readUInt16BE(10)).toBe(0);
  });
});

describe('the keys', () => {
  it('are made once, however many ask at once and from however many processes', async () => {
    const stores = [keys, keysOf(), keysOf()];
    const found = await Promise.all(stores.flatMap((each) => [each.sealing(KEY), each.sealing(KEY)]));
    expect(new Set(found.map(({ id }) => id.toString('hex'))).size).toBe(1);
    expect((await stat(keyFileOf(KEY))).mode & 0o777).toBe(0o600);
  });

  it('are wrapped anew by the next master key, and then the one before is not needed', async () => {
    const [before, next] = [newMasterKey(), newMasterKey()];
    await writeMaster(before);
    store = storeOf({ keys: keysOf() });
    await store.put(KEY, generated(10), LIMIT);
    await writeMaster(next, before);
    const both = keysOf();
    const pace = () => Promise.resolve();
    expect(await both.rewrap(pace)).toEqual({ rewrapped: 1, failed: 0 });
    expect(await both.rewrap(pace)).toEqual({ rewrapped: 0, failed: 0 });
    await writeMaster(next);
    store = storeOf({ keys: keysOf() });
    expect(await read()).toHaveLength(10);
    await writeMaster(before);
    store = storeOf({ keys: keysOf() });
    await expect(read()).rejects.toMatchObject({ code: 'DOCUMENT_KEY_MISSING' });
    expect(await keysOf().rewrap(pace)).toEqual({ rewrapped: 0, failed: 1 });
  });

  it('of another folder than the one the store was sealed with are refused at the start', async () => {
    await expect(storeOf({ keys: keysOf('empty') }).start()).rejects.toMatchObject({
      code: 'DOCUMENT_KEYS_ELSEWHERE',
    });
    await storeOf({ keys: keysOf() }).start();
  });

  it.each([
    ['that others can read', newMasterKey(), 0o644],
    ['that is none', 'a password', 0o600],
    ['that is empty', '', 0o600],
    ['that is too short', Buffer.alloc(31).toString('base64'), 0o600],
  ])('do not open with a master key %s', async (_, text, mode) => {
    const path = join(folder.path, 'given');
    await writeFile(path, text, { mode });
    expect(() => new FileMasterKey(path)).toThrow(expect.objectContaining({ code: 'MASTER_KEY_UNUSABLE' }));
  });

  it('do not open with a master key that is not there', () => {
    const open = () => new FileMasterKey(join(folder.path, 'absent'));
    expect(open).toThrow(expect.objectContaining({ code: 'MASTER_KEY_UNUSABLE' }));
  });

  it('leave what a killed process was writing to be removed after an hour', async () => {
    await keys.sealing(KEY);
    const left = `${keyFileOf(KEY)}.x.new`;
    await mkdir(join(folder.path, 'keys'), { recursive: true });
    await writeFile(left, 'half');
    const later = { now: () => new Date(Date.now() + 3_700_000) };
    const master = new FileMasterKey(join(folder.path, 'master'));
    await new FileKeyStore({ root: join(folder.path, 'keys'), master, clock: later }).rewrap(() =>
      Promise.resolve(),
    );
    await expect(stat(left)).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await keysOf().sealing(KEY)).key).toHaveLength(32);
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
