import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseVkey, verifyCheckpoint } from '#tlog';
import { DISK, type Disk } from '../files/disk.ts';
import { LogFolder } from '../files/log-folder.ts';
import { aFolder, FailingDisk, filesIn, verifyFolder, verifyHead } from '../files/log-folders.fixture.ts';
import { PublishFiles } from '../files/publish-files.ts';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';

/** What a disk says that has no room, is broken, or was mounted for reading only, and what we call it. */
const TROUBLE = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EIO: 'LOG_FILES_UNWRITABLE',
  EROFS: 'LOG_FILES_UNWRITABLE',
} as const;
type Trouble = keyof typeof TROUBLE;
const TROUBLES = Object.keys(TROUBLE) as Trouble[];

const log = await LogInstance.open(await logDatabase());
const key = parseVkey(log.signer.verifier.vkey);
/** The folder at 255 leaves, and what it is like when nothing fails on the way to 257. */
const base = aFolder();
const whole = aFolder();

const publisher = (root: string, disk: Disk = DISK) =>
  new PublishFiles({ work: log.work, key, folder: new LogFolder(root, disk), entries: true });

async function upToDate(publish: PublishFiles): Promise<void> {
  while (await publish.step());
}

/** The code of what ended the work, or null if it is done. */
const outcomeOf = (publish: PublishFiles) =>
  upToDate(publish).then(
    () => null,
    (error: unknown) => (error as { readonly code?: unknown }).code,
  );

beforeAll(async () => {
  await log.growTo(200);
  await log.growTo(255);
  await upToDate(publisher(base));
  cpSync(base, whole, { recursive: true });
  await log.growTo(256);
  await log.growTo(257);
  await upToDate(publisher(whole));
});

afterAll(() => log.close());

describe('a disk that fails once', () => {
  it('at any step of any kind, leaves the folder as it was or as it is to be; the next round mends it', async () => {
    const before = verifyCheckpoint(readFileSync(join(base, 'checkpoint')), key);
    const failed = new Set<string>();
    for (let nth = 0, isOver = false; !isOver; nth += 1) {
      const root = aFolder();
      cpSync(base, root, { recursive: true });
      const trouble = TROUBLES[nth % TROUBLES.length]!;
      let left = nth;
      const disk = new FailingDisk(() => (left-- === 0 ? trouble : null));
      const publish = publisher(root, disk);
      const outcome = await outcomeOf(publish);
      isOver = disk.failed === null;
      expect([disk.failed, outcome]).toEqual([disk.failed, isOver ? null : TROUBLE[trouble]]);
      if (disk.failed !== null) failed.add(disk.failed);
      await verifyFolder(root, key);
      await verifyHead(root, before);
      // The same process, which has no other memory of it than its disk.
      expect(await outcomeOf(publish)).toBeNull();
      for (const path of filesIn(whole))
        expect(readFileSync(join(root, path)).equals(readFileSync(join(whole, path)))).toBe(true);
    }
    expect([...failed].toSorted()).toEqual(['makeFolder', 'remove', 'rename', 'syncFolder', 'write']);
  });
});

describe('a disk that fails again and again', () => {
  it('never takes back what the folder had, and never keeps it from going on', async () => {
    const drawn = fc.array(fc.option(fc.constantFrom(...TROUBLES), { freq: 6, nil: null }), {
      minLength: 40,
      maxLength: 120,
    });
    await fc.assert(
      fc.asyncProperty(drawn, async (troubles) => {
        const root = aFolder();
        cpSync(base, root, { recursive: true });
        let next = 0;
        const disk = new FailingDisk(() => troubles[next++] ?? null);
        const publish = publisher(root, disk);
        for (let size = 255; size < 257 || next < troubles.length;) {
          const outcome = await outcomeOf(publish);
          expect([null, ...Object.values(TROUBLE)]).toContain(outcome);
          const reached = (await verifyFolder(root, key)).size;
          expect(reached).toBeGreaterThanOrEqual(size);
          size = reached;
          if (outcome === null) break;
        }
        expect(await outcomeOf(publish)).toBeNull();
        expect((await verifyFolder(root, key)).size).toBe(257);
      }),
      { seed: 6, numRuns: 3 },
    );
  });
});
