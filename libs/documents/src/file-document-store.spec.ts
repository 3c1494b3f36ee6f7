import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { parseDocumentId, parseIpaCode, parsePracticeId } from '#contracts';

import type { DocumentKey } from './document-store.ts';
import { FileDocumentStore, type FileStoreOptions } from './file-document-store.ts';
import { saltedDigest } from './salted-digest.ts';

const KEY: DocumentKey = {
  owner: parseIpaCode('c_d150'),
  practice: parsePracticeId('0197f3a2-0000-7000-8000-00000000000a'),
  document: parseDocumentId('0197f3a2-0000-7000-8000-000000000001'),
};
const LIMIT = { maxBytes: 1_000_000 };
/** The system's own programs. */
const SMALL_DISK = { mount: 'mount', unmount: 'umount' };

let root: string;
let store: FileDocumentStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'documents-'));
  store = new FileDocumentStore({ root });
  await store.start();
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

/** Bytes that differ everywhere, so that a chunk out of place is seen. */
function bytesOf(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i += 1) bytes[i] = (i * 31 + (i >> 8) * 17 + (i >> 16)) & 0xff;
  return bytes;
}

async function* inPieces(bytes: Buffer, piece: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += piece)
    yield await Promise.resolve(bytes.subarray(at, at + piece));
}

async function content(key = KEY, range?: { start?: number; end?: number }, from = store): Promise<Buffer> {
  return buffer(from.open(key, range));
}

async function keys(): Promise<DocumentKey[]> {
  const found: DocumentKey[] = [];
  for await (const key of store.keys()) found.push(key);
  return found;
}

async function filesBelow(path: string): Promise<string[]> {
  const all = await readdir(path, { recursive: true, withFileTypes: true });
  return all.filter((each) => each.isFile()).map((each) => each.name);
}

describe('a stored document', () => {
  it.each([0, 1, 65_535, 65_536, 65_537, 200_000])('of %i bytes comes back as it was', async (size) => {
    const bytes = bytesOf(size);
    const stored = await store.put(KEY, inPieces(bytes, 10_007), { ...LIMIT, name: 'pianta.pdf' });
    expect(stored.size).toBe(size);
    expect(stored.salt).toHaveLength(32);
    expect(stored.saltedDigest).toBe(saltedDigest(stored.salt, bytes));
    expect(stored.name).toBe('pianta.pdf');
    expect(await store.stat(KEY)).toEqual(stored);
    expect((await content()).equals(bytes)).toBe(true);
  });

  it('can be read in any range', async () => {
    const bytes = bytesOf(200_000);
    await store.put(KEY, inPieces(bytes, 65_536), LIMIT);
    const positions = fc.tuple(fc.nat(199_999), fc.nat(199_999));
    await fc.assert(
      fc.asyncProperty(positions, async ([a, b]) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        expect((await content(KEY, { start, end })).equals(bytes.subarray(start, end + 1))).toBe(true);
      }),
      { numRuns: 40 },
    );
    expect((await content(KEY, { start: 199_999 })).equals(bytes.subarray(199_999))).toBe(true);
    await expect(content(KEY, { end: 200_000 })).rejects.toMatchObject({
      code: 'DOCUMENT_RANGE_UNSATISFIABLE',
    });
  });

  it('has room for a tag after each chunk', async () => {
    const bytes = bytesOf(65_546);
    await store.put(KEY, inPieces(bytes, 4_096), LIMIT);
    const path = join(root, 'practices/o-c_d150/0a', KEY.practice, `${KEY.document}.hubdoc`);
    const file = await readFile(path);
    const expected = [bytes.subarray(0, 65_536), Buffer.alloc(16), bytes.subarray(65_536), Buffer.alloc(16)];
    expect(file.subarray(512).equals(Buffer.concat(expected))).toBe(true);
  });

  it('keeps the salt that came with it', async () => {
    const salt = Buffer.alloc(32, 9);
    expect((await store.put(KEY, inPieces(bytesOf(3), 3), { ...LIMIT, salt })).salt.equals(salt)).toBe(true);
  });

  it('belongs to one practice: the same id elsewhere is another document', async () => {
    const others = [
      { ...KEY, owner: parseIpaCode('p_cr') },
      { ...KEY, practice: parsePracticeId('0197f3a2-0000-7000-8000-00000000000b') },
    ];
    await store.put(KEY, inPieces(bytesOf(10), 10), LIMIT);
    for (const other of others) {
      expect(await store.has(other)).toBe(false);
      await expect(content(other)).rejects.toMatchObject({ code: 'DOCUMENT_NOT_FOUND' });
      await store.put(other, inPieces(bytesOf(20), 20), LIMIT);
    }
    expect(await content()).toHaveLength(10);
    expect(await keys()).toHaveLength(3);
  });

  it('is the same whatever the case of its owner', async () => {
    await store.put(KEY, inPieces(bytesOf(10), 10), LIMIT);
    expect(await store.has({ ...KEY, owner: parseIpaCode('C_D150') })).toBe(true);
  });

  it('is gone once deleted', async () => {
    await store.put(KEY, inPieces(bytesOf(10), 10), LIMIT);
    expect(await store.delete(KEY)).toBe(true);
    expect(await store.delete(KEY)).toBe(false);
    expect(await filesBelow(root)).toEqual([]);
  });

  it('that was cut off on disk is refused before its first byte', async () => {
    await store.put(KEY, inPieces(bytesOf(100_000), 10_000), LIMIT);
    await truncate(join(root, 'practices/o-c_d150/0a', KEY.practice, `${KEY.document}.hubdoc`), 70_000);
    await expect(store.open(KEY).next()).rejects.toMatchObject({ code: 'DOCUMENT_CORRUPT' });
  });
});

describe('ids', () => {
  it.each([
    { ...KEY, document: '../../../x' },
    { ...KEY, practice: '../x' },
    { ...KEY, owner: '../x' },
  ] as unknown as DocumentKey[])('that are no ids never become a path: %o', async (key) => {
    await expect(store.put(key, inPieces(bytesOf(1), 1), LIMIT)).rejects.toMatchObject({
      code: 'ID_MALFORMED',
    });
    await expect(store.stat(key)).rejects.toMatchObject({ code: 'ID_MALFORMED' });
    await expect(store.delete(key)).rejects.toMatchObject({ code: 'ID_MALFORMED' });
  });

  it('made of dots stay inside the folder of practices', async () => {
    await store.put({ ...KEY, owner: parseIpaCode('..') }, inPieces(bytesOf(1), 1), LIMIT);
    expect(await readdir(join(root, 'practices'))).toEqual(['o-..']);
  });
});

describe('a put that fails leaves nothing behind:', () => {
  afterEach(async () => {
    expect(await filesBelow(root)).toEqual([]);
  });

  it('one byte too many, and the stream is stopped', async () => {
    let asked = 0;
    async function* endless() {
      for (;;) {
        asked += 1;
        yield await Promise.resolve(Buffer.alloc(1_000));
      }
    }
    const put = store.put(KEY, endless(), { maxBytes: 9_999 });
    await expect(put).rejects.toMatchObject({ code: 'DOCUMENT_TOO_LARGE', details: { maxBytes: 9_999 } });
    expect(asked).toBe(10);
  });

  it('a stream that breaks, whose error passes through', async () => {
    const broken = new Error('the wire broke');
    async function* breaking() {
      yield await Promise.resolve(Buffer.alloc(100_000));
      throw broken;
    }
    await expect(store.put(KEY, breaking(), LIMIT)).rejects.toBe(broken);
  });

  it.each(['write', 'sync', 'publish'] as const)('a full disk at the step "%s"', async (step) => {
    const full: FileStoreOptions['onDiskStep'] = (at) => {
      if (at === step) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    };
    const failing = new FileDocumentStore({ root, onDiskStep: full });
    const put = failing.put(KEY, inPieces(bytesOf(100_000), 10_000), LIMIT);
    await expect(put).rejects.toMatchObject({ code: 'DISK_FULL' });
  });
});

describe('two writers of one document', () => {
  it('give one winner and one DOCUMENT_EXISTS, and the winner is whole', async () => {
    const [left, right] = [bytesOf(150_000), bytesOf(150_001)];
    const results = await Promise.allSettled([
      store.put(KEY, inPieces(left, 8_192), LIMIT),
      new FileDocumentStore({ root }).put(KEY, inPieces(right, 8_192), LIMIT),
    ]);
    expect(results.map((each) => each.status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = results.find((each) => each.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'DOCUMENT_EXISTS' });
    const winner = results[0].status === 'fulfilled' ? left : right;
    expect((await content()).equals(winner)).toBe(true);
    expect(await filesBelow(root)).toHaveLength(1);
  });
});

describe('a disk that is really full', () => {
  it('answers DISK_FULL, keeps what was there, and works again when there is room', async ({ skip }) => {
    const small = join(root, 'small');
    await mkdir(small);
    try {
      execFileSync(SMALL_DISK.mount, ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      skip('this machine does not let the test mount a small tmpfs; the hook above simulates it');
    }
    try {
      const filled = new FileDocumentStore({ root: small });
      const other = { ...KEY, document: parseDocumentId('0197f3a2-0000-7000-8000-000000000002') };
      await filled.put(KEY, inPieces(bytesOf(500_000), 65_536), LIMIT);
      const put = filled.put(other, inPieces(bytesOf(900_000), 65_536), LIMIT);
      await expect(put).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect((await content(KEY, undefined, filled)).equals(bytesOf(500_000))).toBe(true);
      expect(await filesBelow(small)).toHaveLength(1);
      await filled.delete(KEY);
      await filled.put(other, inPieces(bytesOf(900_000), 65_536), LIMIT);
    } finally {
      execFileSync(SMALL_DISK.unmount, [small]);
    }
  });
});

describe('the list of documents', () => {
  it('leaves out files that are no documents', async () => {
    await store.put(KEY, inPieces(bytesOf(10), 10), LIMIT);
    await writeFile(join(root, 'practices/o-c_d150/0a', KEY.practice, 'note.txt'), 'x');
    expect(await keys()).toEqual([KEY]);
  });
});

describe('a document that was damaged', () => {
  it.each([
    ['in its content', 700],
    ['in its header', 3],
    ['in its salt', 70],
  ])('%s is not intact, and gives way to the right one only whole', async (_, at) => {
    const bytes = bytesOf(200_000);
    const stored = await store.put(KEY, inPieces(bytes, 10_007), LIMIT);
    expect(await store.isIntact(KEY, stored.saltedDigest)).toBe(true);
    expect(await store.isIntact(KEY, saltedDigest(stored.salt, Buffer.from('another')))).toBe(false);
    const [name = ''] = await filesBelow(root);
    const file = join(
      root,
      (await readdir(root, { recursive: true })).find((path) => path.endsWith(name)) ?? '',
    );
    const damaged = await readFile(file);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    await writeFile(file, damaged);
    expect(await store.isIntact(KEY, stored.saltedDigest)).toBe(false);

    const partial = await store.resume(KEY, { ...stored, replace: true });
    await partial.begin(stored.salt, stored.name);
    await partial.append(bytes.subarray(0, 150_000));
    expect(await readFile(file)).toEqual(damaged);
    await partial.append(bytes.subarray(150_000));
    expect(await partial.complete()).toMatchObject({ sha256: stored.sha256 });
    await partial.close();
    expect(await store.isIntact(KEY, stored.saltedDigest)).toBe(true);
    expect(await filesBelow(root)).toEqual([name]);
  });

  it('is not intact when it is not there', async () => {
    expect(await store.isIntact(KEY, saltedDigest(Buffer.alloc(32), Buffer.alloc(0)))).toBe(false);
  });
});
