import { appendFile, cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { parseEventId, parseSha256, type Receipt } from '#contracts';
import type { ErrorCode } from '#errors';
import { verifyEvent } from '#evidence';
import {
  aDecision,
  aNetwork,
  aPractice,
  TEST_NOW,
  TestClock,
  TestLog,
  type DecidedEvent,
  type SignedEvent,
  type TestNetwork,
} from '#testing';
import { entriesPath, formatBundle, quorumPolicy, readLogEntry, tilePath } from '#tlog';
import {
  archivePath,
  eventEntry,
  verifyFolder,
  writePack,
  type AuditReport,
  type VerifyFolderSettings,
} from '../index.ts';

const scratch = await mkdtemp(join(tmpdir(), 'verify-'));
afterAll(() => rm(scratch, { recursive: true, force: true }));

const clock = new TestClock(TEST_NOW);
const network = await aNetwork().at(clock).founded();
const MINUTE_MS = 60_000;

let folder: string;
let state: string;
let log: TestLog;

beforeEach(async () => {
  folder = await mkdtemp(join(scratch, 'copy-'));
  state = await mkdtemp(join(scratch, 'state-'));
  log = new TestLog(network);
});

function aReceipt({ signed, decision }: DecidedEvent, kind: Receipt['kind'] = 'received'): Receipt {
  const { event, digest } = signed;
  return {
    version: '1.0',
    kind,
    by: event.author.ipa,
    time: clock.now().toISOString(),
    event: { author: event.author.ipa, id: event.id, digest },
    practice: event.practice,
    position: decision.position,
    code: null,
    registration: null,
    cancellation: null,
  };
}

/** A practice with a filing and an act, both decided, with a receipt: five leaves. */
async function aWholePractice(into = log, of: TestNetwork = network): Promise<readonly DecidedEvent[]> {
  const practice = aPractice(of);
  const filing = await aDecision(await practice.filedBy('c_d150').signed(), 1);
  const { participants } = filing.decision;
  const act = await aDecision(await practice.actBy('c_d150', 'proceeding.ended').signed(), 2, {
    participants,
  });
  into.event(filing.signed).decision(filing).event(act.signed).decision(act);
  await into.receipts([aReceipt(filing)], 'c_d150');
  return [filing, act];
}

async function verify(other: Partial<VerifyFolderSettings> = {}): Promise<AuditReport> {
  return await verifyFolder({
    folder,
    stateFolder: state,
    policy: quorumPolicy(log.signer.verifier, [], 0),
    earlier: [],
    root: network.root.fingerprint,
    now: () => clock.now(),
    threads: 0,
    ...other,
  });
}

const failed = (report: AuditReport): Record<string, number> => ({ ...report.findings.byCode });
const resultOf = ({ steps }: AuditReport, step: string) => steps.find((one) => one.step === step)?.result;
const notesOf = ({ notes }: AuditReport): Record<string, number> =>
  Object.fromEntries(notes.map(({ kind, count }) => [kind, count]));
const coded = (code: ErrorCode): Error => expect.objectContaining({ code }) as Error;

/** Alters a file of the copy. */
async function change(path: string, alter: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(join(folder, path), alter(await readFile(join(folder, path))));
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

describe('a copy that is right', () => {
  it('is verified: every step, every kind of leaf, every signature', async () => {
    await aWholePractice();
    await log.action(
      {
        version: '1.0',
        id: parseEventId(network.ids.uuidv7()),
        kind: 'quarantine.released',
        node: 'router-1',
        role: 'router',
        time: clock.now().toISOString(),
        outcome: 'released',
        actors: [{ kind: 'token', reference: parseSha256('ab'.repeat(32)) }],
        reason: null,
        record: null,
        event: null,
        practice: null,
        set: null,
        details: [],
      },
      'router-1',
    );
    await log.writeTo(folder, { archive: { of: 'everything' }, cosignedBy: ['a', 'b'] });
    const policy = quorumPolicy(
      log.signer.verifier,
      ['a', 'b', 'c'].map((name) => log.witness(name).verifier),
      2,
    );
    const earlier = [{ from: 'a witness', note: log.checkpoint(2) }];
    const report = await verify({ policy, earlier });
    expect(report).toMatchObject({
      verdict: 'verified',
      log: { origin: 'log.example/test', size: 6 },
      witnesses: { asked: true, by: [{ name: 'a' }, { name: 'b' }] },
      continues: [{ from: 'a witness', size: 2 }],
      registry: { root: network.root.fingerprint, rootFrom: 'given', entries: network.entries.length },
      counts: { leaves: { event: 2, decision: 2, receipt: 1, action: 1 }, documents: 6 },
      findings: { total: 0 },
      notes: [],
    });
    expect(new Set(report.steps.map(({ result }) => result))).toEqual(new Set(['passed']));
  });

  it.each([0, 1, 255, 256, 257])('of %i leaves is verified, with threads too', async (size) => {
    const [filing] = size === 0 ? [] : await aWholePractice();
    const sample = filing && readLogEntry(log.leaves[0]!.entry);
    while (log.leaves.length < size && sample?.kind === 'event')
      log.leaf({ ...sample, eventId: network.ids.uuidv7() }, null);
    await log.writeTo(folder, { size });
    const report = await verify({ threads: 1 });
    expect(failed(report)).toEqual({});
    expect(report.log?.size).toBe(size);
    expect(notesOf(report)['document-not-in-copy'] ?? 0).toBe(Math.max(0, size - 5));
  });

  it('says from where the root comes when nobody has named it, and what the copy does not have', async () => {
    await aWholePractice();
    await log.writeTo(folder, {
      has: (index) => index !== 2,
      archive: { of: 'authority', authority: 'c_d150' },
    });
    const report = await verify({ root: null });
    expect(failed(report)).toEqual({});
    expect(report.registry).toMatchObject({ root: network.root.fingerprint, rootFrom: 'copy' });
    expect(notesOf(report)).toEqual({
      'no-witness-asked': 1,
      'root-from-copy': 1,
      'document-not-in-copy': 1,
    });
  });

  it('is read whichever of a pair the log has read first', async () => {
    const practice = aPractice(network);
    const decided = await aDecision(await practice.filedBy('c_d150').signed(), 1);
    log.decision(decided).event(decided.signed);
    log.event(await aPractice(network).filedBy('c_d142').signed());
    await log.writeTo(folder);
    const report = await verify();
    expect(failed(report)).toEqual({});
    expect(notesOf(report)).toMatchObject({ 'event-without-decision': 1 });
  });
});

describe('a log that is not what it has signed for', () => {
  beforeEach(async () => {
    await aWholePractice();
  });

  it.each<[string, number | null, () => Promise<void>]>([
    [
      'an entry was altered',
      0,
      () => change(entriesPath({ index: 0, width: 5 }), (bytes) => flipped(bytes, 40)),
    ],
    [
      'a tile was altered',
      null,
      () => change(tilePath({ level: 0, index: 0, width: 5 }), (bytes) => flipped(bytes, 40)),
    ],
    [
      'an entry was taken out',
      2,
      async () => {
        const entries = log.leaves.map(({ entry }) => entry);
        await writeFile(
          join(folder, entriesPath({ index: 0, width: 5 })),
          formatBundle([...entries.slice(0, 2), ...entries.slice(3), entries[4]!]),
        );
      },
    ],
  ])('%s: the tree does not come out, and nothing behind it is believed', async (_, index, alter) => {
    await log.writeTo(folder);
    await alter();
    const report = await verify();
    expect(failed(report)).toEqual({ LOG_TILE_INVALID: 1 });
    expect(resultOf(report, 'tree')).toBe('failed');
    expect(report.findings.listed[0]?.index).toBe(index);
    expect(resultOf(report, 'signatures')).toBe('not-reached');
    expect(await readdir(state)).not.toContain('checkpoint');
  });

  it.each([
    ['a bundle', entriesPath({ index: 0, width: 5 })],
    ['a tile', tilePath({ level: 0, index: 0, width: 5 })],
  ])('%s is missing', async (_, path) => {
    await log.writeTo(folder);
    await rm(join(folder, path));
    expect(failed(await verify())).toEqual({ LOG_TILE_MISSING: 1 });
  });

  it('files are garbage', async () => {
    await log.writeTo(folder);
    await change(entriesPath({ index: 0, width: 5 }), () => Buffer.from('garbage'));
    expect(failed(await verify())).toEqual({ LOG_TILE_MALFORMED: 1 });
  });

  it('somebody else’s signature stands on the checkpoint', async () => {
    await log.writeTo(folder);
    await change('checkpoint', (bytes) => {
      const text = bytes.toString();
      return Buffer.from(text.replace('\n5\n', '\n4\n'));
    });
    const report = await verify();
    expect(failed(report)).toEqual({ LOG_SIGNATURE_INVALID: 1 });
    expect([resultOf(report, 'checkpoint'), resultOf(report, 'tree'), report.log]).toEqual([
      'failed',
      'not-reached',
      null,
    ]);
  });

  it('too few witnesses have cosigned', async () => {
    await log.writeTo(folder, { cosignedBy: ['a'] });
    const policy = quorumPolicy(
      log.signer.verifier,
      [log.witness('a').verifier, log.witness('b').verifier],
      2,
    );
    const report = await verify({ policy });
    expect(failed(report)).toEqual({ LOG_NOT_WITNESSED: 1 });
    expect(resultOf(report, 'tree')).toBe('passed');
  });

  it.each<[string, () => Buffer | undefined]>([
    ['there is no checkpoint', () => undefined],
    ['another log has signed it', () => new TestLog(network).checkpoint()],
    ['the checkpoint is no note', () => Buffer.from('size 5\n')],
  ])('%s: that is neither a yes nor a no', async (_, note) => {
    await log.writeTo(folder);
    const bytes = note();
    if (bytes === undefined) await rm(join(folder, 'checkpoint'));
    else await writeFile(join(folder, 'checkpoint'), bytes);
    await expect(verify()).rejects.toThrow();
    await expect(verify()).rejects.not.toThrow(coded('INTERNAL_ERROR'));
  });
});

describe('a log that has forgotten', () => {
  /** The same log with another history from the third leaf on. */
  function forked(): TestLog {
    const other = new TestLog(network);
    Object.assign(other, { signer: log.signer });
    other.leaves.push(...log.leaves.slice(0, 2), ...log.leaves.slice(2).reverse());
    return other;
  }

  it('continues what was verified last, and says so', async () => {
    await aWholePractice();
    await log.writeTo(folder);
    expect(resultOf(await verify(), 'consistency')).toBe('skipped');
    await aWholePractice();
    await log.writeTo(folder);
    const report = await verify();
    expect(report.continues).toEqual([{ from: 'the last verification', size: 5 }]);
    expect(resultOf(report, 'consistency')).toBe('passed');
  });

  it('is shorter than the last time, or than what a witness holds', async () => {
    await aWholePractice();
    await log.writeTo(folder);
    await verify();
    await log.writeTo(folder, { size: 4 });
    expect(failed(await verify())).toEqual({ AUDIT_LOG_SHORTER: 1 });
    const fresh = { stateFolder: join(state, 'other') };
    expect(failed(await verify(fresh))).toEqual({});
    const earlier = [{ from: 'a witness', note: log.checkpoint(5) }];
    expect(failed(await verify({ ...fresh, earlier }))).toEqual({ AUDIT_LOG_SHORTER: 1 });
  });

  it('has two roots of one length', async () => {
    await aWholePractice();
    await log.writeTo(folder);
    await verify();
    await forked().writeTo(folder);
    const report = await verify();
    expect(failed(report)).toEqual({ AUDIT_LOG_FORKED: 1 });
    // The one that was verified first stays the measure.
    expect((await readFile(join(state, 'checkpoint'))).equals(log.checkpoint())).toBe(true);
  });

  it('has grown from another history', async () => {
    await aWholePractice();
    await log.writeTo(folder);
    await verify();
    const other = forked();
    await aWholePractice(other);
    await other.writeTo(folder);
    expect(failed(await verify())).toEqual({ LOG_CONSISTENCY_INVALID: 1 });
  });
});

describe('leaves and documents that are wrong', () => {
  const PACK = archivePath({ index: 0, width: 5 });

  it('one document is another, one is missing, the others are judged', async () => {
    await aWholePractice();
    await log.writeTo(folder, { archive: { of: 'everything' } });
    const documents = log.leaves.map(({ signed }) => signed);
    await writeFile(join(folder, PACK), await writePack([documents[2]!, null, ...documents.slice(2)]));
    const report = await verify();
    expect(failed(report)).toEqual({ LOG_BYTES_DIFFER: 1, AUDIT_BYTES_MISSING: 1 });
    expect(report.findings.listed.map(({ index }) => index)).toEqual([0, 1]);
    expect(report.counts.documents).toBe(3);
    expect(resultOf(report, 'signatures')).toBe('passed');
    // The log itself is right: its checkpoint is the measure of the next one.
    expect(await readdir(state)).toContain('checkpoint');
  });

  it('a pack is garbage: one finding, and the tree still comes out', async () => {
    await aWholePractice();
    await log.writeTo(folder, { archive: { of: 'everything' } });
    await change(PACK, () => Buffer.from('garbage'));
    const report = await verify();
    expect(failed(report)).toEqual({ LOG_PACK_MALFORMED: 1, AUDIT_BYTES_MISSING: 1 });
    expect(resultOf(report, 'tree')).toBe('passed');
  });

  it('a part of an export was taken out of it afterwards', async () => {
    await aWholePractice();
    await log.writeTo(folder, { archive: { of: 'authority', authority: 'c_d150' } });
    await change(PACK, (bytes) => bytes);
    await writeFile(
      join(folder, PACK),
      await writePack([null, ...log.leaves.slice(1).map(({ signed }) => signed)]),
    );
    expect(failed(await verify())).toEqual({ AUDIT_BYTES_MISSING: 1 });
  });

  it('entries of no known shape, of an unknown kind, twice, and saying other than their document', async () => {
    const [filing] = await aWholePractice();
    const entry = eventEntry(verifyEvent(filing!.signed.bytes, network.registry, clock.now()));
    log.bytes(Buffer.from('{"hello":1}')).bytes(Buffer.from('{"kind":"dream","version":1}'));
    log.leaf({ ...entry, time: '2026-01-01T00:00:00.000Z' }, filing!.signed.bytes);
    await log.writeTo(folder);
    const report = await verify();
    expect(failed(report)).toEqual({
      LOG_ENTRY_MALFORMED: 1,
      LOG_ENTRY_KIND_UNKNOWN: 1,
      AUDIT_ENTRY_DISAGREES: 1,
      AUDIT_LEAF_TWICE: 1,
    });
    expect(report.findings.listed.find(({ code }) => code === 'AUDIT_LEAF_TWICE')?.index).toBe(7);
  });

  it('the registry is not in the copy, is under another root, or was altered', async () => {
    await aWholePractice();
    await log.writeTo(folder);
    const other = await aNetwork()
      .without(() => true)
      .founded();
    expect(failed(await verify({ root: other.root.fingerprint }))).toEqual({ REGISTRY_ROOT_REFUSED: 1 });
    await change('registry/3.xml', (bytes) =>
      Buffer.from(bytes.toString().replace('time="2026', 'time="2025')),
    );
    const altered = await verify();
    expect(failed(altered)).toEqual({ REGISTRY_ENTRY_REFUSED: 1 });
    expect(resultOf(altered, 'signatures')).toBe('not-reached');
    await rm(join(folder, 'registry'), { recursive: true });
    expect(failed(await verify())).toEqual({ AUDIT_REGISTRY_MISSING: 1 });
  });
});

describe('the order of things', () => {
  const later = () => {
    clock.advance(20 * MINUTE_MS);
  };

  it('a position is missing, one is given twice, a decision has no event', async () => {
    const practice = aPractice(network);
    const events: SignedEvent[] = [await practice.filedBy('c_d150').signed()];
    for (let n = 0; n < 3; n += 1) events.push(await practice.actBy('c_d150', 'proceeding.ended').signed());
    const filing = await aDecision(events[0]!, 1);
    const { participants } = filing.decision;
    log.event(events[0]!).decision(filing);
    for (const [n, position] of [
      [1, 3],
      [2, 3],
    ] as const)
      log.event(events[n]!).decision(await aDecision(events[n]!, position, { participants }));
    log.decision(await aDecision(events[3]!, 4, { participants }));
    later();
    await aWholePractice();
    await log.writeTo(folder);
    expect(failed(await verify())).toEqual({
      AUDIT_POSITION_GAP: 1,
      AUDIT_POSITION_TWICE: 1,
      AUDIT_DECISION_WITHOUT_EVENT: 1,
    });
  });

  it('of the newest leaves nothing is said yet: what belongs to them may be on its way', async () => {
    const practice = aPractice(network);
    const filing = await aDecision(await practice.filedBy('c_d150').signed(), 1);
    const { participants } = filing.decision;
    const act = await aDecision(await practice.actBy('c_d150', 'proceeding.ended').signed(), 3, {
      participants,
    });
    log.event(filing.signed).decision(filing).decision(act);
    await log.writeTo(folder);
    const report = await verify();
    expect(failed(report)).toEqual({});
    expect(notesOf(report)).toMatchObject({ 'not-settled': 2 });
  });

  it('a decision is about other bytes than the event of that id', async () => {
    const practice = aPractice(network);
    const [one, other] = [
      await practice.filedBy('c_d150').signed(),
      await practice.filedBy('c_d150').signed(),
    ];
    const id = one.event.id;
    const twin = await aPractice(network).filedBy('c_d150').id(id).signed();
    log
      .event(one)
      .decision(await aDecision(twin, 1))
      .event(other);
    await log.writeTo(folder);
    expect(failed(await verify())).toEqual({ AUDIT_DECISION_OTHER_EVENT: 1 });
  });
});

describe('keys that were revoked', () => {
  it('before: a finding, though the router did not look; afterwards, from a moment before: a note', async () => {
    const own = await aNetwork().at(new TestClock(clock.now())).founded();
    const time = own.clock as TestClock;
    log = new TestLog(own);
    const accepted = await aDecision(await aPractice(own).filedBy('c_d142').signed(), 1);
    log.event(accepted.signed).decision(accepted);
    const { participants } = accepted.decision;
    // Two hours later a router places what a stolen key has signed, as of before, and by a registry of before.
    time.advance(120 * MINUTE_MS);
    const stolen = await aPractice(own).filedBy('c_d142').signedAt(TEST_NOW).signed();
    log.event(stolen).decision(await aDecision(stolen, 1, { participants }));
    // An hour before, the key was revoked, from half an hour before the first event on.
    time.advance(-60 * MINUTE_MS);
    await own.revoke('c_d142', new Date(time.now().getTime() - 90 * MINUTE_MS));
    time.advance(60 * MINUTE_MS);
    await log.writeTo(folder);
    const report = await verify({ root: own.root.fingerprint, now: () => time.now() });
    expect(failed(report)).toEqual({ KEY_REVOKED_BEFORE_ARRIVAL: 1 });
    expect(report.findings.listed[0]).toMatchObject({ index: 2, step: 'signatures' });
    expect(notesOf(report)).toMatchObject({ 'key-revoked-later': 1 });
  });

  it('a retired router cannot date a decision back behind what the log had before it', async () => {
    const own = await aNetwork().at(new TestClock(clock.now())).founded();
    const time = own.clock as TestClock;
    log = new TestLog(own);
    const early = await aPractice(own).filedBy('c_d150').signed();
    const backDated = await aDecision(early, 1);
    time.advance(60 * MINUTE_MS);
    await own.revoke('router-1', time.now());
    time.advance(60 * MINUTE_MS);
    log.event(await aPractice(own).filedBy('c_d142').signed());
    log.event(early).decision(backDated);
    await log.writeTo(folder);
    const report = await verify({ root: own.root.fingerprint, now: () => time.now() });
    expect(failed(report)).toEqual({ KEY_REVOKED_BEFORE_ARRIVAL: 1 });
    expect(report.findings.listed[0]?.index).toBe(2);
  });
});

describe('a verification that was interrupted', () => {
  beforeEach(async () => {
    await aWholePractice();
    const sample = readLogEntry(log.leaves[0]!.entry);
    while (log.leaves.length < 600 && sample.kind === 'event')
      log.leaf({ ...sample, eventId: network.ids.uuidv7() }, null);
    // Each of the two bundles has something that is found once, and only once.
    log.leaves[100] = log.leaves[101]!;
    await log.writeTo(folder);
  });

  async function interrupted(): Promise<void> {
    const abort = new AbortController();
    const onProgress = (done: number) => {
      if (done >= 256) abort.abort();
    };
    await expect(verify({ signal: abort.signal, onProgress })).rejects.toThrow(coded('AUDIT_INTERRUPTED'));
  }

  it('goes on where it stopped, and comes to the same report', async () => {
    await interrupted();
    const seen: number[] = [];
    const report = await verify({ onProgress: (done) => void seen.push(done) });
    expect(seen[0]).toBe(256);
    const whole = await verify({ stateFolder: join(state, 'other') });
    expect(failed(whole)).toEqual({ AUDIT_LEAF_TWICE: 1 });
    expect(report).toEqual(whole);
    expect(await readdir(join(state, 'work'))).toEqual([]);
  });

  it('begins anew when the copy has changed since, even if only a file was put there again', async () => {
    await interrupted();
    const path = join(folder, archivePath({ index: 0, width: 256 }));
    await cp(path, `${path}.copy`);
    await rename(`${path}.copy`, path);
    const seen: number[] = [];
    const report = await verify({ onProgress: (done) => void seen.push(done) });
    expect(seen[0]).toBe(0);
    expect(failed(report)).toEqual({ AUDIT_LEAF_TWICE: 1 });
    expect(notesOf(report)).toMatchObject({ 'begun-anew': 1 });
  });

  it('does not run twice at a time over one state, and goes on after one that was killed', async () => {
    await writeFile(join(state, 'lock'), String(process.ppid));
    await expect(verify()).rejects.toThrow(coded('AUDIT_STATE_UNUSABLE'));
    await writeFile(join(state, 'lock'), '999999999');
    expect(failed(await verify())).toEqual({ AUDIT_LEAF_TWICE: 1 });
    await appendFile(join(state, 'checkpoint'), 'x');
    await expect(verify()).rejects.toThrow(coded('AUDIT_STATE_UNUSABLE'));
  });
});
