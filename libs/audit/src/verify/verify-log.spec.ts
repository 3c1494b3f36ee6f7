import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ACCESS_ANCHORED,
  anchorDetails,
  parseEventId,
  parseRegistryEntry,
  parseSha256,
  type OperatorAction,
} from '#contracts';
import { sha256Hex } from '#evidence';
import { aDecision, aNetwork, aPractice, TEST_NOW, TestLog } from '#testing';
import { entriesPath, formatBundle, quorumPolicy, readLogEntry, tilePath, type AccessEntry } from '#tlog';
import { registryEntry } from '../index.ts';
import { coded, copies, found, notesOf, resultOf } from './copies.fixture.ts';

const network = await aNetwork().small().founded();
const under = await copies(network);

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

function anAction(other: Partial<OperatorAction> = {}): OperatorAction {
  return {
    version: '1.0',
    id: parseEventId(network.ids.uuidv7()),
    kind: 'quarantine.released',
    node: 'router-1',
    role: 'router',
    time: network.clock.now().toISOString(),
    outcome: 'released',
    actors: [{ kind: 'token', reference: parseSha256('ab'.repeat(32)) }],
    reason: null,
    record: null,
    event: null,
    practice: null,
    set: null,
    details: [],
    ...other,
  };
}

/** The accesses of so many seconds. */
function anAnchor(author: string, from: number, to: number): AccessEntry {
  const at = (second: number) => new Date(TEST_NOW.getTime() + second * 1_000).toISOString();
  return {
    ...{ kind: 'access', author, eventId: network.ids.uuidv7(), practice: null, position: null },
    ...{ type: ACCESS_ANCHORED, time: at(to), sha256: 'ab'.repeat(32), size: 2 },
    ...{ root: Buffer.alloc(32, 7).toString('base64'), from: at(from), to: at(to) },
  };
}

describe('a copy that is right', () => {
  it('is verified: every step, every kind of leaf, every signature', async () => {
    for (const bytes of network.entries.slice(0, 2)) under.log.change(bytes);
    await under.aWholePractice();
    await under.log.action(anAction(), 'router-1');
    const at = network.clock.now().toISOString();
    const set = { size: 2, root: Buffer.alloc(32, 7).toString('base64') };
    await under.log.action(
      anAction({ kind: ACCESS_ANCHORED, set, details: anchorDetails({ from: at, to: at }) }),
      'router-1',
    );
    await under.log.writeTo(under.folder, { archive: { of: 'everything' }, cosignedBy: ['a', 'b'] });
    const policy = quorumPolicy(
      under.log.signer.verifier,
      ['a', 'b', 'c'].map((name) => under.log.witness(name).verifier),
      2,
    );
    const earlier = [{ from: 'a witness', note: under.log.checkpoint(2) }];
    const report = await under.verify({ policy, earlier });
    expect(report).toMatchObject({
      verdict: 'verified',
      log: { origin: 'log.example/test', size: 9 },
      witnesses: { asked: true, by: [{ name: 'a' }, { name: 'b' }] },
      continues: [{ from: 'a witness', size: 2 }],
      registry: { root: network.root.fingerprint, rootFrom: 'given', entries: network.entries.length },
      counts: {
        leaves: { registry: 2, event: 2, decision: 2, receipt: 1, action: 1, access: 1 },
        documents: 9,
      },
      findings: { total: 0 },
      notes: [],
    });
    expect(new Set(report.steps.map(({ result }) => result))).toEqual(new Set(['passed']));
  });

  it('shows a change of the registry that is not in its chain, is a leaf twice, or says something else', async () => {
    const [first, second] = network.entries as [Buffer, Buffer];
    const beside = await network.announce(parseRegistryEntry(second).change);
    under.log.change(first).change(first).change(beside);
    const moved = registryEntry(parseRegistryEntry(second), 'registry-2', sha256Hex(second));
    await under.log.leaf(moved, second).writeTo(under.folder);
    expect(found(await under.verify())).toEqual({
      AUDIT_LEAF_TWICE: 1,
      REGISTRY_BEHIND: 1,
      AUDIT_ENTRY_DISAGREES: 1,
    });
  });

  it.each([0, 1, 255, 256, 257])('of %i leaves is verified, with threads too', async (size) => {
    const [filing] = size === 0 ? [] : await under.aWholePractice();
    const sample = filing && readLogEntry(under.log.leaves[0]!.entry);
    while (under.log.leaves.length < size && sample?.kind === 'event')
      under.log.leaf({ ...sample, eventId: network.ids.uuidv7() }, null);
    await under.log.writeTo(under.folder, { size });
    const report = await under.verify({ threads: 1 });
    expect(found(report)).toEqual({});
    expect(report.log?.size).toBe(size);
    expect(notesOf(report)['document-not-in-copy'] ?? 0).toBe(Math.max(0, size - 5));
  });

  it('says from where the root comes when nobody has named it, and what the copy does not have', async () => {
    await under.aWholePractice();
    await under.log.writeTo(under.folder, {
      has: (index) => index !== 2,
      archive: { of: 'authority', authority: 'c_d150' },
    });
    const report = await under.verify({ root: null });
    expect(found(report)).toEqual({});
    expect(report.registry).toMatchObject({ root: network.root.fingerprint, rootFrom: 'copy' });
    expect(notesOf(report)).toEqual({
      'no-witness-asked': 1,
      'root-from-copy': 1,
      'document-not-in-copy': 1,
    });
  });

  it('tells of accesses that a node may have anchored twice, as one does whose database was restored', async () => {
    const anchors = [
      ['c_d150', 0, 50],
      ['p_cr', 10, 40],
      ['C_D150', 50, 110],
      // From here on the node knows nothing of the anchor before.
      ['c_d150', 60, 130],
      ['c_d150', 131, 140],
    ] as const;
    for (const [author, from, to] of anchors) under.log.leaf(anAnchor(author, from, to), null);
    await under.log.writeTo(under.folder);
    const report = await under.verify();
    expect(found(report)).toEqual({});
    expect(report.notes).toContainEqual({ kind: 'accesses-overlap', count: 1, first: 3 });
  });

  it('may have an anchor of accesses as any action: the auditor was older than the node that signed it', async () => {
    const at = network.clock.now().toISOString();
    const set = { size: 2, root: Buffer.alloc(32, 7).toString('base64') };
    const details = anchorDetails({ from: at, to: at });
    await under.log.action(anAction({ kind: ACCESS_ANCHORED, set, details }), 'router-1');
    const { entry, signed } = under.log.leaves.pop()!;
    const { author, eventId, type, time, sha256 } = readLogEntry(entry);
    const common = { author, eventId, practice: null, position: null, type, time, sha256 };
    under.log.leaf({ kind: 'action', ...common, outcome: 'anchored' }, signed);
    await under.log.writeTo(under.folder);
    // Its outcome is what the action says: that is compared as ever.
    expect(found(await under.verify())).toEqual({ AUDIT_ENTRY_DISAGREES: 1 });
    under.log.leaves.pop();
    under.log.leaf({ kind: 'action', ...common, outcome: 'released' }, signed);
    await under.log.writeTo(under.folder);
    expect(found(await under.verify({ stateFolder: join(under.state, 'other') }))).toEqual({});
  });

  it('is read whichever of a pair the log has read first', async () => {
    const practice = aPractice(network);
    const decided = await aDecision(await practice.filedBy('c_d150').signed(), 1);
    under.log.decision(decided).event(decided.signed);
    under.log.event(await aPractice(network).filedBy('c_d142').signed());
    await under.log.writeTo(under.folder);
    const report = await under.verify();
    expect(found(report)).toEqual({});
    expect(notesOf(report)).toMatchObject({ 'event-without-decision': 1 });
  });
});

describe('a log that is not what it has signed for', () => {
  beforeEach(async () => {
    await under.aWholePractice();
  });

  it.each<[string, number | null, () => Promise<void>]>([
    [
      'an entry was altered',
      0,
      () => under.change(entriesPath({ index: 0, width: 5 }), (bytes) => flipped(bytes, 40)),
    ],
    [
      'a tile was altered',
      null,
      () => under.change(tilePath({ level: 0, index: 0, width: 5 }), (bytes) => flipped(bytes, 40)),
    ],
    [
      'an entry was taken out',
      2,
      async () => {
        const entries = under.log.leaves.map(({ entry }) => entry);
        await writeFile(
          join(under.folder, entriesPath({ index: 0, width: 5 })),
          formatBundle([...entries.slice(0, 2), ...entries.slice(3), entries[4]!]),
        );
      },
    ],
  ])('%s: the tree does not come out, and nothing behind it is believed', async (_, index, alter) => {
    await under.log.writeTo(under.folder);
    await alter();
    const report = await under.verify();
    expect(found(report)).toEqual({ LOG_TILE_INVALID: 1 });
    expect(resultOf(report, 'tree')).toBe('failed');
    expect(report.findings.listed[0]?.index).toBe(index);
    expect(resultOf(report, 'signatures')).toBe('not-reached');
    expect(await readdir(under.state)).not.toContain('checkpoint');
  });

  it.each([
    ['a bundle', entriesPath({ index: 0, width: 5 })],
    ['a tile', tilePath({ level: 0, index: 0, width: 5 })],
  ])('%s is missing', async (_, path) => {
    await under.log.writeTo(under.folder);
    await rm(join(under.folder, path));
    expect(found(await under.verify())).toEqual({ LOG_TILE_MISSING: 1 });
  });

  it('files are garbage', async () => {
    await under.log.writeTo(under.folder);
    await under.change(entriesPath({ index: 0, width: 5 }), () => Buffer.from('garbage'));
    expect(found(await under.verify())).toEqual({ LOG_TILE_MALFORMED: 1 });
  });

  it('somebody else’s signature stands on the checkpoint', async () => {
    await under.log.writeTo(under.folder);
    await under.change('checkpoint', (bytes) => {
      const text = bytes.toString();
      return Buffer.from(text.replace('\n5\n', '\n4\n'));
    });
    const report = await under.verify();
    expect(found(report)).toEqual({ LOG_SIGNATURE_INVALID: 1 });
    expect([resultOf(report, 'checkpoint'), resultOf(report, 'tree'), report.log]).toEqual([
      'failed',
      'not-reached',
      null,
    ]);
  });

  it('too few witnesses have cosigned', async () => {
    await under.log.writeTo(under.folder, { cosignedBy: ['a'] });
    const policy = quorumPolicy(
      under.log.signer.verifier,
      [under.log.witness('a').verifier, under.log.witness('b').verifier],
      2,
    );
    const report = await under.verify({ policy });
    expect(found(report)).toEqual({ LOG_NOT_WITNESSED: 1 });
    expect(resultOf(report, 'tree')).toBe('passed');
  });

  it.each<[string, () => Buffer | undefined]>([
    ['there is no checkpoint', () => undefined],
    ['another log has signed it', () => new TestLog(network).checkpoint()],
    ['the checkpoint is no note', () => Buffer.from('size 5\n')],
  ])('%s: that is neither a yes nor a no', async (_, note) => {
    await under.log.writeTo(under.folder);
    const bytes = note();
    if (bytes === undefined) await rm(join(under.folder, 'checkpoint'));
    else await writeFile(join(under.folder, 'checkpoint'), bytes);
    await expect(under.verify()).rejects.toThrow();
    await expect(under.verify()).rejects.not.toThrow(coded('INTERNAL_ERROR'));
  });
});

describe('a log that has forgotten', () => {
  /** The same log with another history from the third leaf on. */
  function forked(): TestLog {
    const other = new TestLog(network);
    Object.assign(other, { signer: under.log.signer });
    other.leaves.push(...under.log.leaves.slice(0, 2), ...under.log.leaves.slice(2).reverse());
    return other;
  }

  it('continues what was verified last, and says so', async () => {
    await under.aWholePractice();
    await under.log.writeTo(under.folder);
    expect(resultOf(await under.verify(), 'consistency')).toBe('skipped');
    await under.aWholePractice();
    await under.log.writeTo(under.folder);
    const report = await under.verify();
    expect(report.continues).toEqual([{ from: 'the last verification', size: 5 }]);
    expect(resultOf(report, 'consistency')).toBe('passed');
  });

  it('is shorter than the last time, or than what a witness holds', async () => {
    await under.aWholePractice();
    await under.log.writeTo(under.folder);
    await under.verify();
    await under.log.writeTo(under.folder, { size: 4 });
    expect(found(await under.verify())).toEqual({ AUDIT_LOG_SHORTER: 1 });
    const fresh = { stateFolder: join(under.state, 'other') };
    expect(found(await under.verify(fresh))).toEqual({});
    const earlier = [{ from: 'a witness', note: under.log.checkpoint(5) }];
    expect(found(await under.verify({ ...fresh, earlier }))).toEqual({ AUDIT_LOG_SHORTER: 1 });
  });

  it('has two roots of one length', async () => {
    await under.aWholePractice();
    await under.log.writeTo(under.folder);
    await under.verify();
    await forked().writeTo(under.folder);
    const report = await under.verify();
    expect(found(report)).toEqual({ AUDIT_LOG_FORKED: 1 });
    // The one that was verified first stays the measure.
    expect((await readFile(join(under.state, 'checkpoint'))).equals(under.log.checkpoint())).toBe(true);
  });

  it('has grown from another history', async () => {
    await under.aWholePractice();
    await under.log.writeTo(under.folder);
    await under.verify();
    const other = forked();
    await under.aWholePractice(other);
    await other.writeTo(under.folder);
    expect(found(await under.verify())).toEqual({ LOG_CONSISTENCY_INVALID: 1 });
  });
});
