import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyEvent } from '#evidence';
import { aDecision, aNetwork, aPractice, TEST_NOW, TestClock, TestLog, type SignedEvent } from '#testing';
import { archivePath, eventEntry, writePack } from '../index.ts';
import { copies, found, notesOf, resultOf } from './copies.fixture.ts';

const clock = new TestClock(TEST_NOW);
const network = await aNetwork().small().at(clock).founded();
const under = await copies(network);
const MINUTE_MS = 60_000;

describe('leaves and documents that are wrong', () => {
  const PACK = archivePath({ index: 0, width: 5 });

  it('one document is another, one is missing, the others are judged', async () => {
    await under.aWholePractice();
    await under.log.writeTo(under.folder, { archive: { of: 'everything' } });
    const documents = under.log.leaves.map(({ signed }) => signed);
    await writeFile(join(under.folder, PACK), await writePack([documents[2]!, null, ...documents.slice(2)]));
    const report = await under.verify();
    expect(found(report)).toEqual({ LOG_BYTES_DIFFER: 1, AUDIT_BYTES_MISSING: 1 });
    expect(report.findings.listed.map(({ index }) => index)).toEqual([0, 1]);
    expect(report.counts.documents).toBe(3);
    expect(resultOf(report, 'signatures')).toBe('passed');
    // The log itself is right: its checkpoint is the measure of the next one.
    expect(await readdir(under.state)).toContain('checkpoint');
  });

  it('a pack is garbage: one finding, and the tree still comes out', async () => {
    await under.aWholePractice();
    await under.log.writeTo(under.folder, { archive: { of: 'everything' } });
    await under.change(PACK, () => Buffer.from('garbage'));
    const report = await under.verify();
    expect(found(report)).toEqual({ LOG_PACK_MALFORMED: 1, AUDIT_BYTES_MISSING: 1 });
    expect(resultOf(report, 'tree')).toBe('passed');
  });

  it('a part of an export was taken out of it afterwards', async () => {
    await under.aWholePractice();
    await under.log.writeTo(under.folder, { archive: { of: 'authority', authority: 'c_d150' } });
    await under.change(PACK, (bytes) => bytes);
    await writeFile(
      join(under.folder, PACK),
      await writePack([null, ...under.log.leaves.slice(1).map(({ signed }) => signed)]),
    );
    expect(found(await under.verify())).toEqual({ AUDIT_BYTES_MISSING: 1 });
  });

  it('entries of no known shape, of an unknown kind, twice, and saying other than their document', async () => {
    const [filing] = await under.aWholePractice();
    const entry = eventEntry(verifyEvent(filing.signed.bytes, network.registry, clock.now()));
    under.log.bytes(Buffer.from('{"hello":1}')).bytes(Buffer.from('{"kind":"dream","version":1}'));
    under.log.leaf({ ...entry, time: '2026-01-01T00:00:00.000Z' }, filing.signed.bytes);
    await under.log.writeTo(under.folder);
    const report = await under.verify();
    expect(found(report)).toEqual({
      LOG_ENTRY_MALFORMED: 1,
      LOG_ENTRY_KIND_UNKNOWN: 1,
      AUDIT_ENTRY_DISAGREES: 1,
      AUDIT_LEAF_TWICE: 1,
    });
    expect(report.findings.listed.find(({ code }) => code === 'AUDIT_LEAF_TWICE')?.index).toBe(7);
  });

  it('the registry is not in the copy, is under another root, or was altered', async () => {
    await under.aWholePractice();
    await under.log.writeTo(under.folder);
    const other = await aNetwork()
      .small()
      .without(() => true)
      .founded();
    expect(found(await under.verify({ root: other.root.fingerprint }))).toEqual({ REGISTRY_ROOT_REFUSED: 1 });
    await under.change('registry/3.xml', (bytes) =>
      Buffer.from(bytes.toString().replace('time="2026', 'time="2025')),
    );
    const altered = await under.verify();
    expect(found(altered)).toEqual({ REGISTRY_ENTRY_REFUSED: 1 });
    expect(resultOf(altered, 'signatures')).toBe('not-reached');
    await rm(join(under.folder, 'registry'), { recursive: true });
    expect(found(await under.verify())).toEqual({ AUDIT_REGISTRY_MISSING: 1 });
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
    under.log.event(events[0]!).decision(filing);
    for (const [n, position] of [
      [1, 3],
      [2, 3],
    ] as const)
      under.log.event(events[n]!).decision(await aDecision(events[n]!, position, { participants }));
    under.log.decision(await aDecision(events[3]!, 4, { participants }));
    later();
    await under.aWholePractice();
    await under.log.writeTo(under.folder);
    expect(found(await under.verify())).toEqual({
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
    under.log.event(filing.signed).decision(filing).decision(act);
    await under.log.writeTo(under.folder);
    const report = await under.verify();
    expect(found(report)).toEqual({});
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
    under.log
      .event(one)
      .decision(await aDecision(twin, 1))
      .event(other);
    await under.log.writeTo(under.folder);
    expect(found(await under.verify())).toEqual({ AUDIT_DECISION_OTHER_EVENT: 1 });
  });
});

describe('keys that were revoked', () => {
  it('before: a finding, though the router did not look; afterwards, from a moment before: a note', async () => {
    const time = new TestClock(clock.now());
    const own = await aNetwork().small().at(time).founded();
    under.log = new TestLog(own);
    const accepted = await aDecision(await aPractice(own).filedBy('c_d142').signed(), 1);
    under.log.event(accepted.signed).decision(accepted);
    const { participants } = accepted.decision;
    // Two hours later a router places what a stolen key has signed, as of before, and by a registry of before.
    time.advance(120 * MINUTE_MS);
    const stolen = await aPractice(own).filedBy('c_d142').signedAt(TEST_NOW).signed();
    under.log.event(stolen).decision(await aDecision(stolen, 1, { participants }));
    // An hour before, the key was revoked, from half an hour before the first event on.
    time.advance(-60 * MINUTE_MS);
    await own.revoke('c_d142', new Date(time.now().getTime() - 90 * MINUTE_MS));
    time.advance(60 * MINUTE_MS);
    await under.log.writeTo(under.folder);
    const report = await under.verify({ root: own.root.fingerprint, now: () => time.now() });
    expect(found(report)).toEqual({ KEY_REVOKED_BEFORE_ARRIVAL: 1 });
    expect(report.findings.listed[0]).toMatchObject({ index: 2, step: 'signatures' });
    expect(notesOf(report)).toMatchObject({ 'key-revoked-later': 1 });
  });

  it('a retired router cannot date a decision back behind what the log had before it', async () => {
    const time = new TestClock(clock.now());
    const own = await aNetwork().small().at(time).founded();
    under.log = new TestLog(own);
    const early = await aPractice(own).filedBy('c_d150').signed();
    const backDated = await aDecision(early, 1);
    time.advance(60 * MINUTE_MS);
    await own.revoke('router-1', time.now());
    time.advance(60 * MINUTE_MS);
    under.log.event(await aPractice(own).filedBy('c_d142').signed());
    under.log.event(early).decision(backDated);
    await under.log.writeTo(under.folder);
    const report = await under.verify({ root: own.root.fingerprint, now: () => time.now() });
    expect(found(report)).toEqual({ KEY_REVOKED_BEFORE_ARRIVAL: 1 });
    expect(report.findings.listed[0]?.index).toBe(2);
  });
});
