import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FileDocumentStore, saltedDigest } from '#documents';

import { generated, KEY, keysIn, until } from './contents.ts';
import { aFolder } from './loopback.ts';
import { ARRIVING } from './writing-child.ts';

const WHOLE = Buffer.alloc(ARRIVING.size, 'arriving');
const EXPECTED = { size: ARRIVING.size, saltedDigest: saltedDigest(ARRIVING.salt, WHOLE) };
const DAY_MS = 86_400_000;

let folder: Awaited<ReturnType<typeof aFolder>>;
let keysFolder: Awaited<ReturnType<typeof aFolder>>;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await aFolder();
  keysFolder = await aFolder();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await folder.remove();
  await keysFolder.remove();
});

async function aWritingProcess(): Promise<ChildProcess> {
  const env = { ...process.env, WRITING_ROOT: folder.path, WRITING_KEYS: keysFolder.path };
  // With the store that `npm run build` has compiled.
  const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, 'writing-child.ts')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  await until(() => said.includes('writing') || child.exitCode !== null, 'the child writes', 45);
  expect(child.exitCode).toBeNull();
  return child;
}

async function files(): Promise<string[]> {
  const all = await readdir(folder.path, { recursive: true, withFileTypes: true });
  return all.filter((each) => each.isFile()).map((each) => each.name);
}

async function prefixOf(name: string): Promise<string> {
  const paths = await readdir(folder.path, { recursive: true });
  const path = paths.find((each) => each.endsWith(name)) ?? '';
  return (await readFile(join(folder.path, path))).toString('hex', 40, 48);
}

async function age(path: string, ms: number): Promise<void> {
  const then = new Date(Date.now() - ms);
  await utimes(path, then, then);
}

describe('at its start the store', () => {
  it(
    'leaves alone what a living process writes, and clears up after one that was killed',
    { timeout: 60_000 },
    async () => {
      const child = await aWritingProcess();
      const store = new FileDocumentStore({ root: folder.path, keys: await keysIn(keysFolder.path) });
      expect(await store.start()).toEqual({ deleted: 0, rescued: 0 });
      expect(await files()).toHaveLength(3);
      const [arriving = ''] = (await files()).filter((name) => name.startsWith('fetch~'));
      const prefix = await prefixOf(arriving);
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;

      expect(await store.start()).toEqual({ deleted: 1, rescued: 1 });
      const partial = await store.resume(KEY, EXPECTED);
      expect(partial.offset).toBe(4 * 65_536);
      await partial.append(WHOLE.subarray(partial.offset));
      await partial.complete();
      expect((await files()).toSorted()).toEqual([`${KEY.document}.hubdoc`, 'keys-id']);
      expect(await buffer(store.open(KEY))).toEqual(WHOLE);
      // A chunk that was being written when it died is not written again under the same nonce.
      expect(await prefixOf(`${KEY.document}.hubdoc`)).not.toBe(prefix);
    },
  );

  it('does not disturb a put of its own process', async () => {
    const store = new FileDocumentStore({ root: folder.path });
    async function* slow() {
      yield* generated(100_000);
      expect(await new FileDocumentStore({ root: folder.path }).start()).toEqual({ deleted: 0, rescued: 0 });
    }
    await store.put(KEY, slow(), { maxBytes: 100_000 });
    expect(await store.has(KEY)).toBe(true);
  });

  it('knows an earlier process that had its own number', async () => {
    const earlier = join(folder.path, 'writing', `${hostname()}~${process.pid}~1`);
    await mkdir(earlier, { recursive: true });
    await writeFile(join(earlier, 'put~x'), 'x');
    expect(await new FileDocumentStore({ root: folder.path }).start()).toMatchObject({ deleted: 1 });
  });

  it('gives another machine a day of silence', async () => {
    const other = join(folder.path, 'writing', 'other-machine~1~1');
    await mkdir(other, { recursive: true });
    await writeFile(join(other, 'put~x'), 'x');
    const store = new FileDocumentStore({ root: folder.path });
    expect(await store.start()).toMatchObject({ deleted: 0 });
    await age(join(other, 'put~x'), 2 * DAY_MS);
    await age(other, 2 * DAY_MS);
    expect(await store.start()).toMatchObject({ deleted: 1 });
  });

  it('forgets what nobody went on with for a fortnight', async () => {
    const store = new FileDocumentStore({ root: folder.path });
    const partial = await store.resume(KEY, EXPECTED);
    await partial.begin(ARRIVING.salt, null);
    await partial.append(WHOLE.subarray(0, 200_000));
    await partial.close();
    expect(await store.start()).toEqual({ deleted: 0, rescued: 0 });
    const [name] = await readdir(join(folder.path, 'partial'));
    await age(join(folder.path, 'partial', name!), 15 * DAY_MS);
    expect(await store.start()).toEqual({ deleted: 1, rescued: 0 });
    expect(await files()).toEqual([]);
  });
});
