/**
 * The corpus of altered logs. Whoever alters them has the log's key, and makes everything anew: tiles, checkpoint, signature.
 * What such a copy says of itself is in order; it is the checkpoint of before, or a witness, that tells.
 */
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aNetwork, aPractice, TEST_NOW, TestClock, TestLog } from '#testing';
import { entriesPath, formatBundle, leafHash, quorumPolicy, readLogEntry, tilePath } from '#tlog';
import { verifyFolder, type AuditReport, type VerifyFolderSettings } from '../index.ts';

const scratch = await mkdtemp(join(tmpdir(), 'altered-'));
afterAll(() => rm(scratch, { recursive: true, force: true }));

const clock = new TestClock(TEST_NOW);
const network = await aNetwork().small().at(clock).founded();
/** More than a tile has, and not full: both kinds of tile, and two levels. */
const SIZE = 300;
/** What somebody has kept of the log as it was, and was shown to the witness. */
const log = new TestLog(network);
const nobody = quorumPolicy(log.signer.verifier, [], 0);
/** State of somebody who has verified the log as it was. */
const seen = join(scratch, 'seen');
const good = join(scratch, 'good');

async function verify(folder: string, other: Partial<VerifyFolderSettings> = {}): Promise<AuditReport> {
  return await verifyFolder({
    folder,
    stateFolder: join(scratch, randomUUID()),
    policy: nobody,
    earlier: [],
    root: network.root.fingerprint,
    now: () => clock.now(),
    threads: 0,
    ...other,
  });
}

const codes = ({ findings }: AuditReport): string[] => Object.keys(findings.byCode);

/** As somebody who keeps the checkpoint of the last time, in a state of his own that this run may change. */
async function withOldCheckpoint(folder: string): Promise<AuditReport> {
  const stateFolder = join(scratch, randomUUID());
  await cp(seen, stateFolder, { recursive: true });
  return await verify(folder, { stateFolder });
}

/** As somebody who comes for the first time, and asks a witness what it has cosigned. */
const withWitness = (folder: string): Promise<AuditReport> =>
  verify(folder, { earlier: [{ from: 'the witness', note: log.checkpoint(SIZE, ['a']) }] });

/** As somebody who comes for the first time, and asks for the witness's cosignature under what he is shown. */
const witnessed = (folder: string): Promise<AuditReport> =>
  verify(folder, { policy: quorumPolicy(log.signer.verifier, [log.witness('a').verifier], 1) });

beforeAll(async () => {
  log.event(await aPractice(network).filedBy('c_d150').signed());
  const sample = readLogEntry(log.leaves[0]!.entry);
  while (log.leaves.length < SIZE && sample.kind === 'event')
    log.leaf({ ...sample, eventId: network.ids.uuidv7() }, null);
  await log.writeTo(good, { cosignedBy: ['a'] });
  expect(codes(await verify(good, { stateFolder: seen }))).toEqual([]);
});

type Leaves = TestLog['leaves'];

/** Leaves that the log has never had. */
function others(count: number): Leaves {
  const sample = readLogEntry(log.leaves[0]!.entry);
  const other = new TestLog(network);
  for (let n = 0; n < count && sample.kind === 'event'; n += 1)
    other.leaf({ ...sample, eventId: network.ids.uuidv7() }, null);
  return other.leaves;
}

/** The log's own key over other leaves: a folder that is in order by itself. */
async function signedAnew(alter: (leaves: Leaves) => Leaves): Promise<string> {
  const other = new TestLog(network);
  Object.assign(other, { signer: log.signer });
  other.leaves.push(...alter([...log.leaves]));
  const folder = join(scratch, randomUUID());
  await other.writeTo(folder);
  return folder;
}

describe('a log altered by whoever has its key', () => {
  it.each<[string, (leaves: Leaves) => Leaves, string]>([
    ['an entry was altered', (all) => all.toSpliced(3, 1, ...others(1)), 'AUDIT_LOG_FORKED'],
    ['the last entry was altered', (all) => all.toSpliced(-1, 1, ...others(1)), 'AUDIT_LOG_FORKED'],
    ['two entries have changed places', (all) => all.toSpliced(7, 2, all[8]!, all[7]!), 'AUDIT_LOG_FORKED'],
    ['an entry was removed', (all) => all.toSpliced(3, 1), 'AUDIT_LOG_SHORTER'],
    [
      'an entry was removed, and one came',
      (all) => [...all.toSpliced(3, 1), ...others(1)],
      'AUDIT_LOG_FORKED',
    ],
    [
      'an entry was removed, and more came',
      (all) => [...all.toSpliced(3, 1), ...others(9)],
      'LOG_CONSISTENCY_INVALID',
    ],
    ['an entry was put in between', (all) => all.toSpliced(3, 0, ...others(1)), 'LOG_CONSISTENCY_INVALID'],
    ['it was cut off in the last tile', (all) => all.slice(0, SIZE - 1), 'AUDIT_LOG_SHORTER'],
    ['it was cut off at a tile', (all) => all.slice(0, 256), 'AUDIT_LOG_SHORTER'],
    ['it was begun anew', () => [], 'AUDIT_LOG_SHORTER'],
    [
      'an old copy went on to the same size',
      (all) => [...all.slice(0, 270), ...others(30)],
      'AUDIT_LOG_FORKED',
    ],
    [
      'an old copy went on beyond it',
      (all) => [...all.slice(0, 270), ...others(60)],
      'LOG_CONSISTENCY_INVALID',
    ],
    [
      'an old copy went on to a full tile',
      (all) => [...all.slice(0, 256), ...others(256)],
      'LOG_CONSISTENCY_INVALID',
    ],
  ])('%s: found with the old checkpoint alone, and with a witness alone', async (_, alter, code) => {
    const folder = await signedAnew(alter);
    // By itself it is in order: nobody who has seen nothing, and asks nobody, can tell.
    expect(codes(await verify(folder))).toEqual([]);
    expect(codes(await withOldCheckpoint(folder))).toEqual([code]);
    expect(codes(await withWitness(folder))).toEqual([code]);
    expect(codes(await witnessed(folder))).toEqual(['LOG_NOT_WITNESSED']);
  });

  it('the witness’s cosignature of another checkpoint, put under its own, does not help it', async () => {
    const folder = await signedAnew((all) => all.toSpliced(3, 1, ...others(1)));
    const line = log.checkpoint(SIZE, ['a']).toString().split('\n').at(-2)!;
    const own = await readFile(join(folder, 'checkpoint'), 'utf8');
    await writeFile(join(folder, 'checkpoint'), `${own}${line}\n`);
    expect(codes(await witnessed(folder))).toEqual(['LOG_SIGNATURE_INVALID']);
  });

  it('two checkpoints of one size: whichever was seen first convicts the other', async () => {
    const other = await signedAnew((all) => all.toSpliced(9, 1, ...others(1)));
    const stateFolder = join(scratch, randomUUID());
    expect(codes(await verify(other, { stateFolder }))).toEqual([]);
    expect(codes(await verify(good, { stateFolder }))).toEqual(['AUDIT_LOG_FORKED']);
  });
});

describe('a copy altered by whoever has not', () => {
  const TILE = tilePath({ level: 0, index: 0, width: 256 });
  const BUNDLE = entriesPath({ index: 0, width: 256 });

  async function altered(alter: (folder: string) => Promise<void>): Promise<string> {
    const folder = join(scratch, randomUUID());
    await cp(good, folder, { recursive: true });
    await alter(folder);
    return folder;
  }

  /** Leaf 3 is another one, in its bundle and in its tile. */
  async function inBundleAndTile(folder: string): Promise<void> {
    const leaves = log.leaves.slice(0, 256).toSpliced(3, 1, ...others(1));
    await writeFile(join(folder, BUNDLE), formatBundle(leaves.map(({ entry }) => entry)));
    await writeFile(join(folder, TILE), Buffer.concat(leaves.map(({ entry }) => leafHash(entry))));
  }

  /** And everything above it, as if it were so; the checkpoint stays what was signed. */
  async function upToTheRoot(folder: string): Promise<void> {
    const other = await signedAnew((all) => all.toSpliced(3, 1, ...others(1)));
    await cp(join(other, 'tile'), join(folder, 'tile'), { recursive: true });
  }

  async function olderCheckpoint(folder: string): Promise<void> {
    await writeFile(join(folder, 'checkpoint'), log.checkpoint(256, ['a']));
  }

  it.each<[string, (folder: string) => Promise<void>, string]>([
    ['in a bundle and its tile', inBundleAndTile, 'LOG_TILE_INVALID'],
    ['in every tile up to the root', upToTheRoot, 'LOG_TILE_INVALID'],
    [
      'the tile above',
      async (folder) => {
        const path = join(folder, tilePath({ level: 1, index: 0, width: 1 }));
        await writeFile(path, Buffer.alloc(32, 7));
      },
      'LOG_TILE_INVALID',
    ],
    [
      'a full tile is cut',
      async (folder) => {
        await writeFile(join(folder, TILE), (await readFile(join(folder, TILE))).subarray(0, -32));
      },
      'LOG_TILE_MALFORMED',
    ],
    ['a full tile is missing', (folder) => rm(join(folder, TILE)), 'LOG_TILE_MISSING'],
  ])('%s: nothing but its own checkpoint is needed', async (_, alter, code) => {
    const folder = await altered(alter);
    for (const look of [verify, withOldCheckpoint, withWitness, witnessed])
      expect(codes(await look(folder))).toEqual([code]);
  });

  it('with an older checkpoint, which the log has signed and the witness too, it is what it was: only who has seen more can tell', async () => {
    const folder = await altered(olderCheckpoint);
    expect(codes(await witnessed(folder))).toEqual([]);
    expect(codes(await withOldCheckpoint(folder))).toEqual(['AUDIT_LOG_SHORTER']);
    expect(codes(await withWitness(folder))).toEqual(['AUDIT_LOG_SHORTER']);
  });
});

describe('a clock that goes back by an hour', () => {
  const HOUR_MS = 3_600_000;

  it('at the log changes nothing: a checkpoint says nothing of time, and a cosignature says only the witness’s', async () => {
    const before = log.checkpoint();
    clock.advance(-HOUR_MS);
    try {
      expect(log.checkpoint().equals(before)).toBe(true);
      const grown = await signedAnew((all) => [...all, ...others(5)]);
      expect(codes(await withOldCheckpoint(grown))).toEqual([]);
      const note = log.checkpoint(SIZE, ['a']);
      const report = await verify(grown, { earlier: [{ from: 'the witness', note }] });
      expect([codes(report), report.continues]).toEqual([[], [{ from: 'the witness', size: SIZE }]]);
    } finally {
      clock.advance(HOUR_MS);
    }
  });

  it('at whoever verifies makes nothing wrong that is right', async () => {
    const now = () => new Date(clock.now().getTime() - HOUR_MS);
    expect(codes(await verify(good, { now }))).toEqual([]);
  });
});
