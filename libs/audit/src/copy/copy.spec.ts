import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '#evidence';
import { entriesPath, formatBundle, logEntry, type ReadLogFile } from '#tlog';
import {
  archivePath,
  folderCopy,
  parseArchivePath,
  parseRegistryPath,
  readRecords,
  readRegistry,
  registryPath,
  writePack,
  type LogRecord,
  type RecordRange,
} from '../index.ts';

const folder = await mkdtemp(join(tmpdir(), 'copy-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

function refused(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

async function put(path: string, bytes: Buffer | string): Promise<void> {
  await mkdir(dirname(join(folder, 'copy', path)), { recursive: true });
  await writeFile(join(folder, 'copy', path), bytes);
}

const document = (n: number): Buffer => Buffer.from(`<Event n="${n}"/>`);
const entry = (n: number): Buffer =>
  logEntry({
    kind: 'event',
    author: 'c_d150',
    eventId: `01890a5d-ac96-774b-bcce-${String(n).padStart(12, '0')}`,
    practice: { owner: 'c_d150', uuid: '3f2504e0-4f89-41d3-9a0c-0305e82c3301' },
    position: null,
    type: 'practice.filed',
    time: '2026-01-02T03:04:05.678Z',
    sha256: sha256Hex(document(n)),
  }).bytes;

describe('the paths of a copy', () => {
  it('spell a pack like its bundle, and one way only', () => {
    expect(archivePath({ index: 1_234_067, width: 17 })).toBe('archive/x001/x234/067.p/17');
    expect(parseArchivePath('archive/x001/x234/067.p/17')).toEqual({ index: 1_234_067, width: 17 });
    for (const other of ['archive/67', 'archive/000.p/256', 'archive/../000', 'tile/entries/000', 'archive'])
      expect(() => parseArchivePath(other)).toThrow(refused('LOG_TILE_MALFORMED'));
  });

  it('number the entries of the registry from 1, one way only', () => {
    expect(parseRegistryPath(registryPath(12))).toBe(12);
    expect(() => registryPath(0)).toThrow(refused('LOG_TILE_MALFORMED'));
    for (const other of [
      'registry/0.xml',
      'registry/01.xml',
      'registry/1.XML',
      'registry/1.xml/',
      'registry/9007199254740993.xml',
    ])
      expect(() => parseRegistryPath(other)).toThrow(refused('LOG_TILE_MALFORMED'));
  });
});

describe('a copy in a folder', () => {
  it('gives its files, and says of others that they are not there', async () => {
    await put('tile/0/000.p/1', 'hash');
    const read = folderCopy(join(folder, 'copy'));
    expect((await read('tile/0/000.p/1'))?.toString()).toBe('hash');
    for (const absent of ['tile/0/001', 'tile/0/000.p/1/x', 'archive/000'])
      expect(await read(absent)).toBeUndefined();
    expect(await folderCopy(join(folder, 'nowhere'))('checkpoint')).toBeUndefined();
  });

  it('gives nothing from outside the folder, whatever the path or the links in it say', async () => {
    await writeFile(join(folder, 'secret'), 'secret');
    await put('checkpoint', 'mine');
    await symlink(join(folder, 'secret'), join(folder, 'copy', 'export.json'));
    await symlink(folder, join(folder, 'copy', 'registry'));
    const read = folderCopy(join(folder, 'copy'));
    for (const path of [
      '../secret',
      'tile/../../secret',
      '/etc/hostname',
      'tile//0',
      './checkpoint',
      'a\0b',
      'tile\\0',
      'export.json',
      'registry/secret',
    ])
      await expect(read(path), path).rejects.toThrow(refused('LOG_COPY_UNREADABLE'));
  });

  it('gives no device, no pipe and nothing larger than such a file is', async () => {
    execFileSync('mkfifo', [join(folder, 'copy', 'tile', 'pipe')]);
    await symlink('/dev/zero', join(folder, 'copy', 'tile', 'zero'));
    await put('tile/0/002', Buffer.alloc(8_193));
    const read = folderCopy(join(folder, 'copy'));
    for (const path of ['tile/pipe', 'tile/zero', 'tile/0/002', 'tile/0'])
      await expect(read(path), path).rejects.toThrow(refused('LOG_COPY_UNREADABLE'));
  });
});

describe('the records of a copy', () => {
  const files = new Map<string, Buffer>();
  const read: ReadLogFile = (path) => Promise.resolve(files.get(path));
  const all = Array.from({ length: 260 }, (_, n) => n);
  const records = async (range: RecordRange): Promise<LogRecord[]> => {
    const found: LogRecord[] = [];
    for await (const record of readRecords(read, range)) found.push(record);
    return found;
  };

  it('are its entries with their documents, of any range', async () => {
    files.set(entriesPath({ index: 0, width: 256 }), formatBundle(all.slice(0, 256).map(entry)));
    files.set(entriesPath({ index: 1, width: 4 }), formatBundle(all.slice(256).map(entry)));
    files.set(archivePath({ index: 0, width: 256 }), await writePack(all.slice(0, 256).map(document)));
    const found = await records({ from: 254, to: 258, size: 260 });
    expect(found.map(({ index, signed }) => [index, signed?.toString()])).toEqual([
      [254, '<Event n="254"/>'],
      [255, '<Event n="255"/>'],
      [256, undefined],
      [257, undefined],
    ]);
    expect(found[0]?.leaf).toMatchObject({ kind: 'event', sha256: sha256Hex(document(254)) });
    // A partial pack may have gone: the full one begins with it.
    expect(await records({ from: 0, to: 3 })).toHaveLength(3);
    expect(await records({ from: 5, to: 5 })).toEqual([]);
  });

  it('are not taken where a document is another than the entry says', async () => {
    files.set(archivePath({ index: 1, width: 4 }), await writePack([document(256), document(7), null, null]));
    await expect(records({ from: 256, to: 260 })).rejects.toThrow(refused('LOG_BYTES_DIFFER'));
    expect(await records({ from: 258, to: 260, size: 260 })).toHaveLength(2);
  });

  it('end with an error where a bundle is missing', async () => {
    await expect(records({ from: 0, to: 600 })).rejects.toThrow(refused('LOG_TILE_MISSING'));
  });

  it('stand beside the entries of the registry, from the first to the first that is not there', async () => {
    for (const n of [1, 2, 4]) files.set(registryPath(n), Buffer.from(String(n)));
    expect((await readRegistry(read)).map(String)).toEqual(['1', '2']);
  });
});
