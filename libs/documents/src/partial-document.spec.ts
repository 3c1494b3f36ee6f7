import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { parseDocumentId, parseIpaCode, parsePracticeId, parseSha256 } from '#contracts';

import { FileDocumentStore } from './file-document-store.ts';
import { saltedDigest } from './salted-digest.ts';

const KEY = {
  owner: parseIpaCode('c_d150'),
  practice: parsePracticeId('0197f3a2-0000-7000-8000-00000000000a'),
  document: parseDocumentId('0197f3a2-0000-7000-8000-000000000001'),
};
const SALT = Buffer.alloc(32, 3);
const BYTES = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7 + (i >> 9)) & 0xff));
const EXPECTED = { size: BYTES.length, saltedDigest: saltedDigest(SALT, BYTES) };

let root: string;
let store: FileDocumentStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'partial-'));
  store = new FileDocumentStore({ root });
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function arriveUpTo(end: number, bytes = BYTES): Promise<void> {
  const partial = await store.resume(KEY, EXPECTED);
  await partial.begin(SALT, 'atto.pdf');
  await partial.append(bytes.subarray(0, end));
  await partial.close();
}

async function files(): Promise<string[]> {
  const all = await readdir(root, { recursive: true, withFileTypes: true });
  return all.filter((each) => each.isFile()).map((each) => each.name);
}

describe('a document that is arriving', () => {
  it('goes on after a cut at the last whole chunk, in another process too, and is readable only when complete', async () => {
    await arriveUpTo(150_000);
    expect(await store.has(KEY)).toBe(false);
    const partial = await new FileDocumentStore({ root }).resume(KEY, EXPECTED);
    expect(partial.offset).toBe(131_072);
    expect(partial.salt?.equals(SALT)).toBe(true);
    await partial.append(BYTES.subarray(131_072));
    const document = await partial.complete();
    await partial.close();
    expect(document).toMatchObject({ ...EXPECTED, name: 'atto.pdf' });
    expect((await buffer(store.open(KEY))).equals(BYTES)).toBe(true);
    expect(await files()).toEqual([`${KEY.document}.hubdoc`]);
  });

  it('keeps no bytes that a torn write left after the last whole chunk', async () => {
    await arriveUpTo(150_000);
    const resting = join(root, 'partial', `c_d150~${KEY.practice}~${KEY.document}`);
    await truncate(resting, 512 + 65_552 + 30_000);
    const partial = await store.resume(KEY, EXPECTED);
    expect(partial.offset).toBe(65_536);
    await partial.append(BYTES.subarray(65_536));
    await partial.complete();
  });

  it('with other bytes than the event names is refused and forgotten', async () => {
    const wrong = Buffer.from(BYTES);
    wrong[70_000] = (wrong[70_000]! + 1) & 0xff;
    const partial = await store.resume(KEY, EXPECTED);
    await partial.begin(SALT, null);
    await partial.append(wrong);
    await expect(partial.complete()).rejects.toMatchObject({ code: 'DOCUMENT_DIGEST_MISMATCH' });
    expect(partial.offset).toBe(0);
    await partial.close();
    expect(await files()).toEqual([]);
  });

  it('with another salt is refused', async () => {
    const partial = await store.resume(KEY, EXPECTED);
    await partial.begin(Buffer.alloc(32, 4), null);
    await partial.append(BYTES);
    await expect(partial.complete()).rejects.toMatchObject({ code: 'DOCUMENT_DIGEST_MISMATCH' });
    await partial.close();
  });

  it('takes no byte more than the event names', async () => {
    const partial = await store.resume(KEY, EXPECTED);
    await partial.begin(SALT, null);
    await partial.append(BYTES);
    await expect(partial.append(Buffer.alloc(1))).rejects.toMatchObject({ code: 'DOCUMENT_TOO_LARGE' });
    await partial.close();
  });

  it('begins anew when the event names another content', async () => {
    await arriveUpTo(150_000);
    const other = await store.resume(KEY, { ...EXPECTED, saltedDigest: parseSha256('0'.repeat(64)) });
    expect(other.offset).toBe(0);
    expect(other.salt).toBeNull();
    await other.close();
  });

  it('is for one caller at a time: a second one starts from nothing, and both end well', async () => {
    await arriveUpTo(150_000);
    const first = await store.resume(KEY, EXPECTED);
    const second = await store.resume(KEY, EXPECTED);
    expect([first.offset, second.offset]).toEqual([131_072, 0]);
    await second.begin(SALT, null);
    await second.append(BYTES);
    await first.append(BYTES.subarray(131_072));
    const documents = await Promise.all([first.complete(), second.complete()]);
    expect(documents[0].saltedDigest).toBe(documents[1].saltedDigest);
    expect(await files()).toHaveLength(1);
  });

  it('does not replace another content of that id', async () => {
    await store.put(
      KEY,
      (async function* () {
        yield await Promise.resolve(Buffer.from('other'));
      })(),
      { maxBytes: 9 },
    );
    const partial = await store.resume(KEY, EXPECTED);
    await partial.begin(SALT, null);
    await partial.append(BYTES);
    await expect(partial.complete()).rejects.toMatchObject({ code: 'DOCUMENT_EXISTS' });
    await partial.close();
    expect(await files()).toHaveLength(1);
  });

  it('is kept when the disk is full at its last step, and ends when there is room', async () => {
    let full = true;
    const tight = new FileDocumentStore({
      root,
      onDiskStep: (step) => {
        if (full && step === 'publish') throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      },
    });
    const partial = await tight.resume(KEY, EXPECTED);
    await partial.begin(SALT, null);
    await partial.append(BYTES);
    await expect(partial.complete()).rejects.toMatchObject({ code: 'DISK_FULL' });
    await partial.close();
    full = false;
    const again = await tight.resume(KEY, EXPECTED);
    expect(again.offset).toBe(196_608);
    await again.append(BYTES.subarray(196_608));
    await again.complete();
    expect(await store.has(KEY)).toBe(true);
  });

  it('is deleted with the document', async () => {
    await arriveUpTo(150_000);
    await store.delete(KEY);
    expect(await files()).toEqual([]);
  });
});
