import { cp, link, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';

import { describe, expect, it } from 'vitest';

import { parseDocumentId, parsePracticeId } from '#contracts';
import { FileKeyStore, FileMasterKey, newMasterKey, saltedDigest, type DocumentKey } from '#documents';

import { generated, KEY } from './contents.ts';
import { SealedStore } from './sealed-store.fixture.ts';

const LIMIT = { maxBytes: 4_000_000 };
const OTHER: DocumentKey = { ...KEY, document: parseDocumentId('0197f3a2-0000-7000-8000-000000000002') };
const ELSEWHERE: DocumentKey = { ...KEY, practice: parsePracticeId('0197f3a2-0000-7000-8000-00000000000b') };
const at = SealedStore.each();

const contentOf = (size: number) => buffer(generated(size));
const read = (key = KEY) => buffer(at.store.open(key));

describe('a key that is destroyed', () => {
  const BY = { at: new Date('2046-03-04T09:00:00.000Z'), request: 'r-1' };

  it('takes with it all documents of its practice, those in a copy of the store too, and no other', async () => {
    await at.store.put(KEY, generated(100_000), LIMIT);
    await at.store.put(ELSEWHERE, generated(10), LIMIT);
    await cp(at.path('store'), at.path('copy'), { recursive: true });
    const before = await readFile(at.keyFileOf(KEY), 'utf8');
    const { id } = await at.keys.sealing(KEY);
    expect(await at.keys.destroy(KEY, BY)).toBe(id.toString('hex'));
    expect(await at.keys.destroy(KEY, BY)).toBe(id.toString('hex'));
    expect(await at.keys.destroy(KEY, { ...BY, request: 'r-2' })).toBeNull();
    const copy = at.storeOf({ root: at.path('copy'), keys: at.keysOf() });
    for (const each of [at.store, copy]) {
      const gone = { code: 'DOCUMENT_DESTROYED', details: { at: BY.at.toISOString() } };
      await expect(buffer(each.open(KEY))).rejects.toMatchObject(gone);
      await expect(each.stat(KEY)).rejects.toMatchObject(gone);
      expect(await buffer(each.open(ELSEWHERE))).toHaveLength(10);
    }
    const after = await readFile(at.keyFileOf(KEY), 'utf8');
    expect(after).toContain('"key":null');
    expect(after).not.toContain((JSON.parse(before) as { key: { wrapped: string } }).key.wrapped);
  });

  it('is not made again by what arrives later: that has a key of its own', async () => {
    await at.store.put(KEY, generated(10), LIMIT);
    await at.keys.destroy(KEY, BY);
    await at.store.put(OTHER, generated(20), LIMIT);
    expect(await read(OTHER)).toHaveLength(20);
    await expect(read(KEY)).rejects.toMatchObject({ code: 'DOCUMENT_DESTROYED' });
  });

  it('is destroyed once by a request: the one that came since stays, with what it seals', async () => {
    await at.store.put(KEY, generated(10), LIMIT);
    const first = await at.keys.destroy(KEY, BY);
    expect([await at.keys.isBegun(KEY, 'r-1'), await at.keys.isBegun(KEY, 'r-2')]).toEqual([true, false]);
    await at.store.put(OTHER, generated(20), LIMIT);
    expect(await at.keys.destroy(KEY, BY)).toBe(first);
    expect(await at.store.deleteDestroyed(KEY)).toBe(1);
    expect(await read(OTHER)).toHaveLength(20);
    await at.keys.destroy(KEY, { ...BY, request: 'r-2' });
    await expect(read(OTHER)).rejects.toMatchObject({ code: 'DOCUMENT_DESTROYED' });
  });

  it('seals nothing more, though another process than the one that destroyed it has read it just now', async () => {
    await at.store.put(KEY, generated(10), LIMIT);
    await at.keysOf().destroy(KEY, BY);
    await at.store.put(OTHER, generated(20), LIMIT);
    expect(await buffer(at.storeOf({ keys: at.keysOf() }).open(OTHER))).toHaveLength(20);
  });

  it('is overwritten though whoever replaced it has died, at the next look', async () => {
    await at.store.put(KEY, generated(10), LIMIT);
    const [path, left] = [at.keyFileOf(KEY), `${at.keyFileOf(KEY)}.x.old`];
    const wrapped = await readFile(path, 'utf8');
    await at.keys.destroy(KEY, BY);
    await writeFile(left, wrapped);
    const bytes = await open(left, 'r');
    await at.keys.destroy(KEY, BY);
    expect((await bytes.readFile()).includes('wrapped')).toBe(false);
    await bytes.close();
    await expect(stat(left)).rejects.toMatchObject({ code: 'ENOENT' });
    // Of one that was not replaced after all it was only a second name.
    await at.store.put(OTHER, generated(20), LIMIT);
    await link(path, left);
    await at.keys.rewrap(() => Promise.resolve());
    await expect(stat(left)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await buffer(at.storeOf({ keys: at.keysOf() }).open(OTHER))).toHaveLength(20);
  });

  it('leaves nothing of the practice’s files once they are deleted, half-arrived ones too', async () => {
    await at.store.put(KEY, generated(10), LIMIT);
    await at.store.put(ELSEWHERE, generated(10), LIMIT);
    const salt = Buffer.alloc(32, 3);
    const partial = await at.store.resume(OTHER, {
      size: 100_000,
      saltedDigest: saltedDigest(salt, await contentOf(100_000)),
    });
    await partial.begin(salt, null);
    await partial.append((await contentOf(100_000)).subarray(0, 70_000));
    await partial.close();
    expect(await at.store.deleteDestroyed(KEY)).toBe(0);
    await at.keys.destroy(KEY, BY);
    expect(await at.store.deleteDestroyed(KEY)).toBe(2);
    expect(await at.store.deleteDestroyed(KEY)).toBe(0);
    await expect(at.store.stat(KEY)).rejects.toMatchObject({ code: 'DOCUMENT_DESTROYED' });
    const left = await readdir(at.path('store'), { recursive: true, withFileTypes: true });
    expect(left.flatMap((each) => (each.isFile() ? [each.name] : []))).toEqual([
      'keys-id',
      `${ELSEWHERE.document}.hubdoc`,
    ]);
  });
});

describe('the keys', () => {
  it('are made once, however many ask at once and from however many processes', async () => {
    const stores = [at.keys, at.keysOf(), at.keysOf()];
    const found = await Promise.all(stores.flatMap((each) => [each.sealing(KEY), each.sealing(KEY)]));
    expect(new Set(found.map(({ id }) => id.toString('hex'))).size).toBe(1);
    expect((await stat(at.keyFileOf(KEY))).mode & 0o777).toBe(0o600);
  });

  it('are wrapped anew by the next master key, and then the one before is not needed', async () => {
    const [before, next] = [newMasterKey(), newMasterKey()];
    await at.writeMaster(before);
    at.store = at.storeOf({ keys: at.keysOf() });
    await at.store.put(KEY, generated(10), LIMIT);
    await at.writeMaster(next, before);
    const both = at.keysOf();
    const pace = () => Promise.resolve();
    expect(await both.rewrap(pace)).toEqual({ rewrapped: 1, failed: 0 });
    expect(await both.rewrap(pace)).toEqual({ rewrapped: 0, failed: 0 });
    await at.writeMaster(next);
    at.store = at.storeOf({ keys: at.keysOf() });
    expect(await read()).toHaveLength(10);
    await at.writeMaster(before);
    at.store = at.storeOf({ keys: at.keysOf() });
    await expect(read()).rejects.toMatchObject({ code: 'DOCUMENT_KEY_MISSING' });
    expect(await at.keysOf().rewrap(pace)).toEqual({ rewrapped: 0, failed: 1 });
  });

  it('of another folder than the one the store was sealed with are refused at the start', async () => {
    await expect(at.storeOf({ keys: at.keysOf('empty') }).start()).rejects.toMatchObject({
      code: 'DOCUMENT_KEYS_ELSEWHERE',
    });
    await at.storeOf({ keys: at.keysOf() }).start();
  });

  it.each([
    ['that others can read', newMasterKey(), 0o644],
    ['that is none', 'a password', 0o600],
    ['that is empty', '', 0o600],
    ['that is too short', Buffer.alloc(31).toString('base64'), 0o600],
  ])('do not open with a master key %s', async (_, text, mode) => {
    const path = at.path('given');
    await writeFile(path, text, { mode });
    expect(() => new FileMasterKey(path)).toThrow(expect.objectContaining({ code: 'MASTER_KEY_UNUSABLE' }));
  });

  it('do not open with a master key that is not there', () => {
    const open = () => new FileMasterKey(at.path('absent'));
    expect(open).toThrow(expect.objectContaining({ code: 'MASTER_KEY_UNUSABLE' }));
  });

  it('leave what a killed process was writing to be removed after an hour', async () => {
    await at.keys.sealing(KEY);
    const left = `${at.keyFileOf(KEY)}.x.new`;
    await writeFile(left, 'half');
    const later = { now: () => new Date(Date.now() + 3_700_000) };
    const master = new FileMasterKey(at.path('master'));
    await new FileKeyStore({ root: at.path('keys'), master, clock: later }).rewrap(() => Promise.resolve());
    await expect(stat(left)).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await at.keysOf().sealing(KEY)).key).toHaveLength(32);
  });
});
