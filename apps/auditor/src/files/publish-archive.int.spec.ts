import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderCopy, readRecords, readRegistry } from '#audit';
import { parseSha256 } from '#contracts';
import { sha256Hex } from '#evidence';
import { parseVkey } from '#tlog';
import { PackArchive } from '../archive/pack-archive.ts';
import { ReadPacks } from '../archive/read-packs.ts';
import { SignedLog } from '../archive/signed-log.fixture.ts';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { ReadRegistryEntries } from '../served/read-registry-entries.ts';
import { DISK, type Disk } from './disk.ts';
import { LogFolder } from './log-folder.ts';
import { aFolder, DyingDisk, filesIn } from './log-folders.fixture.ts';
import { PublishArchive } from './publish-archive.ts';
import { PublishFiles } from './publish-files.ts';

const log = await LogInstance.open(await logDatabase());
const filled = await SignedLog.over(log);
/** More than a step has. */
const chain = Array.from({ length: 20 }, (_, n) => Buffer.from(`<Entry number="${n + 1}"/>`));
const { work } = log;

beforeAll(async () => {
  await filled.add(100);
  const archive = new PackArchive({ work, fenced: () => Promise.resolve() });
  while ((await archive.step()) === 'packed');
  for (const [n, bytes] of chain.entries())
    await log.rows('insert into registry_copy (number, bytes, digest) values ($1, $2, $3)', [
      n + 1,
      bytes,
      sha256Hex(bytes),
    ]);
});

afterAll(() => log.close());

function publisher(root: string, disk: Disk = DISK): PublishArchive {
  const hasVersion = (number: number, digest: string) => {
    const known = chain[number - 1];
    if (known === undefined) return 'behind';
    return sha256Hex(known) === parseSha256(digest) ? 'known' : 'different';
  };
  return new PublishArchive(new LogFolder(root, disk), {
    work,
    packs: new ReadPacks(work),
    registry: new ReadRegistryEntries(work, { hasVersion }),
  });
}

async function upToDate(publish: { step(): Promise<boolean> }): Promise<void> {
  while (await publish.step());
}

const expected = ['archive/000', ...chain.map((_, n) => `registry/${n + 1}.xml`)].toSorted();

describe('what stands beside the tiles in a folder', () => {
  it('is all that a replay needs of the full bundles: every signed document and the registry’s chain', async () => {
    const root = aFolder();
    const folder = new LogFolder(root, DISK);
    await upToDate(
      new PublishFiles({ work, key: parseVkey(log.signer.verifier.vkey), folder, entries: true }),
    );
    await upToDate(publisher(root));
    const signed: (Buffer | null)[] = [];
    for await (const record of readRecords(folderCopy(root), { from: 0, to: 300 }))
      signed.push(record.signed);
    expect(signed).toEqual([...filled.signed.slice(0, 256), ...Array.from({ length: 44 }, () => null)]);
    expect(await readRegistry(folderCopy(root))).toEqual(chain);
  });

  it('is whole or not there, at whatever step the power goes, and the next process goes on', async () => {
    for (let steps = 0, isDone = false; !isDone; steps += 7) {
      const root = aFolder();
      const disk = new DyingDisk(root, steps);
      await upToDate(publisher(root, disk)).catch(() => undefined);
      isDone = !disk.isDead;
      for (const path of filesIn(root)) {
        const place = Number(/registry\/(\d+)/.exec(path)?.[1] ?? 0);
        if (place > 0) expect((await DISK.read(`${root}/${path}`))?.equals(chain[place - 1]!)).toBe(true);
      }
      await upToDate(publisher(root));
      expect(filesIn(root)).toEqual(expected);
    }
  });

  it('is not written from rows that were altered', async () => {
    await log.rows(`update registry_copy set bytes = 'other' where number = 5`);
    const root = aFolder();
    await expect(upToDate(publisher(root))).rejects.toMatchObject({ code: 'LOG_STATE_DAMAGED' });
    expect(filesIn(root)).not.toContain('registry/5.xml');
  });
});
