import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '#errors';
import { sha256Hex } from '#evidence';
import { aDecision, aNetwork, aPractice, TestLog } from '#testing';
import { quorumPolicy, readLogEntry, type ReadLogFile } from '#tlog';
import {
  archivePath,
  exportLog,
  folderCopy,
  readRecords,
  verifyFolder,
  writePack,
  type ArchiveScope,
  type AuditReport,
  type Exported,
  type ExportSettings,
} from '../index.ts';

const scratch = await mkdtemp(join(tmpdir(), 'export-'));
afterAll(() => rm(scratch, { recursive: true, force: true }));
const network = await aNetwork().small().founded();

let served: string;
let target: string;
let log: TestLog;
/** What the server was asked for. */
let asked: string[];

beforeEach(async () => {
  served = await mkdtemp(join(scratch, 'served-'));
  target = join(await mkdtemp(join(scratch, 'target-')), 'export');
  log = new TestLog(network);
  asked = [];
});

const coded = (code: ErrorCode): Error => expect.objectContaining({ code }) as Error;

const read: ReadLogFile = (path) => {
  asked.push(path);
  return folderCopy(served)(path);
};

async function run(
  scope: ArchiveScope = { of: 'everything' },
  other: Partial<ExportSettings> = {},
): Promise<Exported> {
  return await exportLog({
    read,
    folder: target,
    log: log.signer.verifier,
    checkpoint: await readFile(join(served, 'checkpoint')),
    scope,
    root: network.root.fingerprint,
    now: () => network.clock.now(),
    ...other,
  });
}

async function verified(): Promise<AuditReport> {
  return await verifyFolder({
    folder: target,
    stateFolder: join(target, '..', 'state'),
    policy: quorumPolicy(log.signer.verifier, [], 0),
    earlier: [],
    root: network.root.fingerprint,
    now: () => network.clock.now(),
    threads: 0,
  });
}

/** A filing and its decision: two leaves. */
async function aPracticeBy(owner: string): Promise<{ readonly owner: string; readonly uuid: string }> {
  const decided = await aDecision(await aPractice(network).filedBy(owner).signed(), 1);
  log.event(decided.signed).decision(decided);
  const { uuid } = decided.decision.practice;
  return { owner, uuid };
}

/** Leaves like the first, each with a document of its own, which nobody has signed: an export does not ask. */
function filledTo(size: number): void {
  const sample = readLogEntry(log.leaves[0]!.entry);
  while (log.leaves.length < size && sample.kind === 'event') {
    const document = Buffer.from(`<Event n="${log.leaves.length}"/>`);
    log.leaf({ ...sample, eventId: network.ids.uuidv7(), sha256: sha256Hex(document) }, document);
  }
}

async function documentsIn(size: number): Promise<number[]> {
  const found: number[] = [];
  for await (const { index, signed } of readRecords(folderCopy(target), { from: 0, to: size }))
    if (signed !== null) found.push(index);
  return found;
}

describe('an export', () => {
  it('is a copy that verifies by itself, and says what is in it', async () => {
    await aPracticeBy('c_d150');
    await log.writeTo(served, { cosignedBy: ['a'] });
    const { description, missing } = await run();
    expect(description).toMatchObject({
      origin: log.origin,
      size: 2,
      archive: { of: 'everything', documents: 2 },
    });
    expect(missing).toBe(0);
    const report = await verified();
    expect(report).toMatchObject({ verdict: 'verified', counts: { documents: 2 } });
    expect(
      (await readFile(join(target, 'checkpoint'))).equals(await readFile(join(served, 'checkpoint'))),
    ).toBe(true);
    expect((await readdir(target)).sort()).toEqual([
      'archive',
      'checkpoint',
      'export.json',
      'registry',
      'tile',
    ]);
  });

  it('has of the archive what was asked for, and the whole log always', async () => {
    const first = await aPracticeBy('c_d150');
    await aPracticeBy('c_d142');
    await aPracticeBy('c_b898');
    await log.writeTo(served);
    const scopes: readonly (readonly [ArchiveScope, readonly number[]])[] = [
      [{ of: 'nothing' }, []],
      [{ of: 'practice', practice: first }, [0, 1]],
      [{ of: 'authority', authority: 'C_D142' }, [2, 3]],
      [{ of: 'authority', authority: 'p_cr' }, [0, 1, 2, 3, 4, 5]],
      [{ of: 'period', from: '2020-01-01T00:00:00.000Z', to: '2021-01-01T00:00:00.000Z' }, []],
      [
        { of: 'period', from: '2020-01-01T00:00:00.000Z', to: '2030-01-01T00:00:00.000Z' },
        [0, 1, 2, 3, 4, 5],
      ],
    ];
    for (const [scope, documents] of scopes) {
      await rm(join(target, '..'), { recursive: true });
      await mkdir(join(target, '..'));
      expect((await run(scope)).description.archive).toEqual({ ...scope, documents: documents.length });
      expect(await documentsIn(6), JSON.stringify(scope)).toEqual(documents);
    }
    expect((await verified()).verdict).toBe('verified');
  });

  it('of a log that has grown fetches what is new, and nothing else', async () => {
    await aPracticeBy('c_d150');
    filledTo(256 + 40);
    await log.writeTo(served);
    await run();
    asked = [];
    await run();
    const fetched = (): string[] => asked.filter((path) => /^(tile\/entries|archive)/.test(path));
    expect(fetched()).toEqual(['tile/entries/001.p/40']);
    filledTo(256 + 70);
    await log.writeTo(served);
    asked = [];
    await run();
    expect(fetched()).toEqual(['tile/entries/001.p/70', 'archive/001.p/70']);
    expect(await readdir(join(target, 'tile/entries/001.p'))).toEqual(['70']);
    expect((await verified()).log?.size).toBe(326);
  });

  it('that was stopped at any file goes on, and never leaves half a file', async () => {
    await aPracticeBy('c_d150');
    filledTo(600);
    await log.writeTo(served);
    await run();
    const whole = asked.length;
    for (const stopAt of [3, Math.floor(whole / 2), whole - 1]) {
      await rm(target, { recursive: true, force: true });
      let left = stopAt;
      const dying: ReadLogFile = (path) => {
        left -= 1;
        return left < 0 ? Promise.reject(new Error('the line is dead')) : read(path);
      };
      await expect(run({ of: 'everything' }, { read: dying })).rejects.toThrow('the line is dead');
      expect(await readdir(target).catch(() => [])).not.toContain('checkpoint');
      await run();
      expect((await verified()).log?.size).toBe(600);
    }
  });

  it('that somebody stops says so, and goes on the next time', async () => {
    await aPracticeBy('c_d150');
    filledTo(600);
    await log.writeTo(served);
    await expect(run({ of: 'everything' }, { signal: AbortSignal.abort() })).rejects.toThrow(
      coded('AUDIT_INTERRUPTED'),
    );
    asked = [];
    await run();
    expect(asked).not.toContain('tile/entries/000');
  });

  it('keeps to its folder: not where something else is, nor another log, nor another part', async () => {
    await aPracticeBy('c_d150');
    await log.writeTo(served);
    await run();
    await expect(run({ of: 'nothing' })).rejects.toThrow(coded('AUDIT_TARGET_UNSUITABLE'));
    const other = new TestLog(network, 'log.example/other');
    await other.writeTo(served);
    const foreign = { log: other.signer.verifier };
    await expect(run({ of: 'everything' }, foreign)).rejects.toThrow(coded('AUDIT_TARGET_UNSUITABLE'));
    target = join(scratch, 'letters');
    await mkdir(target);
    await writeFile(join(target, 'letter.txt'), 'dear');
    await expect(run({ of: 'everything' }, foreign)).rejects.toThrow(coded('AUDIT_TARGET_UNSUITABLE'));
    expect(await readdir(target)).toEqual(['letter.txt']);
  });

  it('is refused of a log that does not continue the one in the folder, which stays as it is', async () => {
    await aPracticeBy('c_d150');
    await aPracticeBy('c_d142');
    await log.writeTo(served);
    await run();
    log.leaves.reverse();
    await log.writeTo(served);
    await expect(run()).rejects.toThrow(coded('LOG_CONSISTENCY_INVALID'));
    log.leaves.reverse();
    await log.writeTo(served, { size: 2 });
    await expect(run()).rejects.toThrow(coded('LOG_CONSISTENCY_INVALID'));
    expect((await verified()).log?.size).toBe(4);
  });

  it('takes nothing that is not what was logged, and counts what the archive has lost', async () => {
    await aPracticeBy('c_d150');
    await log.writeTo(served, { has: (index) => index === 0 });
    expect(await run()).toMatchObject({ missing: 1, description: { archive: { documents: 1 } } });
    await rm(target, { recursive: true });
    const pack = join(served, archivePath({ index: 0, width: 2 }));
    await writeFile(pack, await writePack([Buffer.from('<Event/>'), null]));
    await expect(run()).rejects.toThrow(coded('LOG_BYTES_DIFFER'));
    await writeFile(join(served, 'tile/entries/000.p/2'), Buffer.from([0, 1, 65, 0, 1, 66]));
    await rm(target, { recursive: true });
    await expect(run()).rejects.toThrow(coded('LOG_TILE_INVALID'));
  });
});
