import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { aNetwork, aPractice, TestLog } from '#testing';
import { entriesPath, parseForkEvidence, readLogEntry, tilePath, verifyFork } from '#tlog';
import { archivePath, WatchState, type RoundReport } from '../index.ts';
import { logUnderWatch, MINUTE_MS, WITNESSES } from './served-log.fixture.ts';

const under = await logUnderWatch();

const codes = ({ alarms }: RoundReport): string[] => alarms.map(({ code }) => code);

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.length - 20;
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

async function evidenceIn(report: RoundReport): Promise<Buffer> {
  return await readFile(join(under.kept, report.alarms[0]?.evidence ?? ''));
}

describe('a log that is well', () => {
  it('is verified once, and then what is new: leaves, documents, cosignatures', async () => {
    await under.grow(2);
    await under.publish();
    expect(await under.round()).toMatchObject({
      verdict: 'well',
      log: { size: 4 },
      verified: { from: 0, to: 4, now: 4 },
      counts: { leaves: { event: 2, decision: 2 }, documents: 4 },
      witnessed: { size: 4 },
    });
    await under.grow();
    await under.publish();
    expect(await under.round()).toMatchObject({ verdict: 'well', verified: { to: 6, now: 2 } });
  });

  it('is asked politely: one request at a time, nothing that is known, the checkpoint by its tag', async () => {
    await under.grow(3);
    await under.publish();
    await under.round();
    expect(under.serving.mostInHand).toBe(1);
    expect(under.serving.asked.filter((path) => path.startsWith('registry/')).length).toBe(
      under.network.entries.length + 1,
    );
    under.serving.asked.length = 0;
    await under.round();
    expect(under.serving.asked).toEqual(['witnessed-checkpoint', 'checkpoint']);
  });

  it('may be followed from now on, and by its hashes alone', async () => {
    await under.grow();
    const sample = readLogEntry(under.log.leaves[0]!.entry);
    // Of what was there before nothing is looked at.
    while (under.log.leaves.length < 260 && sample.kind === 'event')
      under.log.leaf({ ...sample, eventId: under.network.ids.uuidv7() }, null);
    await under.publish();
    expect(await under.round({ fromNow: true })).toMatchObject({ verified: { from: 260, to: 260 } });
    await under.grow();
    await under.publish();
    expect(await under.round()).toMatchObject({ verdict: 'well', verified: { from: 260, to: 262, now: 2 } });
    under.serving.asked.length = 0;
    await under.grow();
    await under.publish();
    expect(await under.round({ depth: 'tree' })).toMatchObject({ verdict: 'well', log: { size: 264 } });
    expect(under.serving.asked.some((path) => path.includes('entries') || path.includes('archive'))).toBe(
      false,
    );
  });

  it('that has shown nothing yet is not well, and silent after a while', async () => {
    expect(await under.round()).toMatchObject({ verdict: 'nothing', log: null });
    under.clock.advance(16 * MINUTE_MS);
    expect(codes(await under.round())).toEqual(['WATCH_LOG_SILENT']);
  });
});

describe('an alarm is raised', () => {
  beforeEach(async () => {
    await under.grow(2);
    await under.publish();
    await under.round();
    await under.grow(2);
  });

  it.each<[string, string, () => Promise<void>]>([
    [
      'LOG_TILE_INVALID',
      'an entry was altered',
      () => under.alter(entriesPath({ index: 0, width: 8 }), flipped),
    ],
    [
      'LOG_TILE_INVALID',
      'a tile was altered',
      () => under.alter(tilePath({ level: 0, index: 0, width: 8 }), flipped),
    ],
    [
      'LOG_TILE_MISSING',
      'a tile is not there',
      () => rm(join(under.serving.folder, tilePath({ level: 0, index: 0, width: 8 }))),
    ],
    [
      'LOG_PACK_MALFORMED',
      'documents are cut off',
      () => under.alter(archivePath({ index: 0, width: 8 }), (pack) => pack.subarray(0, -30)),
    ],
    [
      'LOG_SIGNATURE_INVALID',
      'the checkpoint was altered',
      () => under.alter('checkpoint', (note) => Buffer.from(note.toString().replace('\n8\n', '\n7\n'))),
    ],
  ])('%s: %s; it stays until it is acknowledged', async (code, _, tamper) => {
    await under.publish();
    await tamper();
    const report = await under.round();
    expect(codes(report)).toContain(code);
    await under.publish();
    const healed = await under.round();
    expect(healed).toMatchObject({ verdict: 'alarms', verified: { to: 8 } });
    const state = await WatchState.open(under.kept, under.log.vkey);
    state.alarms.acknowledge('all', under.clock.now());
    await state.save();
    await state.close();
    expect(await under.round()).toMatchObject({ verdict: 'well' });
  });

  it('for a document whose signer was not listed, by the certificate’s state at its time', async () => {
    const stranger = await aNetwork().small().at(under.clock).founded();
    const foreign = await aPractice(stranger).filedBy('c_d150').signed();
    const other = new TestLog(stranger).event(foreign);
    under.log.bytes(other.leaves[0]!.entry, foreign.bytes);
    await under.publish();
    const report = await under.round();
    expect(report.verdict).toBe('alarms');
    expect(report.alarms.every(({ subject }) => subject === 'leaf 8')).toBe(true);
    expect(report.verified.to).toBe(9);
  });

  it('for a rewritten log, with evidence that convicts it by its key alone', async () => {
    await under.goAnotherWay(3, 3);
    await under.publish();
    const report = await under.round();
    expect(codes(report)).toEqual(['LOG_CONSISTENCY_INVALID']);
    const evidence = parseForkEvidence(await evidenceIn(report));
    const { earlier, later } = verifyFork(evidence, {
      origin: under.log.origin,
      keys: [under.log.signer.verifier],
    });
    expect([evidence.kind, earlier.size, later.size]).toEqual(['rewritten', 4, 9]);
    // It is not believed: what was seen is what the next is compared with.
    expect(report).toMatchObject({ log: { size: 4 }, verified: { to: 4 } });
    expect(await readdir(join(under.kept, 'evidence'))).toHaveLength(1);
    expect((await under.round()).alarms).toMatchObject([{ times: 2 }]);
  });

  it('for two roots of one size', async () => {
    await under.goAnotherWay(2, 1);
    await under.publish();
    const report = await under.round();
    expect(codes(report)).toEqual(['AUDIT_LOG_FORKED']);
    const evidence = parseForkEvidence(await evidenceIn(report));
    expect(
      verifyFork(evidence, { origin: under.log.origin, keys: [under.log.signer.verifier] }).later.size,
    ).toBe(4);
  });

  it('for a log that was put back, until it shows again what extends the longest; and for one that goes another way from there', async () => {
    await under.publish();
    await under.round();
    const longest = [...under.log.leaves];
    under.log.leaves.splice(5);
    await under.publish();
    expect(codes(await under.round())).toEqual(['AUDIT_LOG_SHORTER']);
    under.log.leaves.splice(0, under.log.leaves.length, ...longest);
    await under.publish();
    expect((await under.round()).alarms).toMatchObject([
      { code: 'AUDIT_LOG_SHORTER', overAt: under.clock.now().toISOString() },
    ]);
    await under.goAnotherWay(3, 1);
    await under.publish();
    const report = await under.round();
    expect(codes(report)).toEqual(['AUDIT_LOG_SHORTER', 'LOG_CONSISTENCY_INVALID']);
  });

  it('for a checkpoint that witnesses have cosigned and that is none of this history', async () => {
    await under.publish();
    const [note, leaves] = [await readFile(join(under.serving.folder, 'checkpoint')), [...under.log.leaves]];
    await under.goAnotherWay(3, 1);
    const elsewhere = under.log.checkpoint(5, WITNESSES);
    under.log.leaves.splice(0, under.log.leaves.length, ...leaves);
    await writeFile(join(under.serving.folder, 'checkpoint'), note);
    await under.round();
    await writeFile(join(under.serving.folder, 'witnessed-checkpoint'), elsewhere);
    expect(codes(await under.round())).toEqual(['LOG_CONSISTENCY_INVALID']);
  });

  it('for silence, but not for an idle log that its witnesses confirm', async () => {
    await under.publish();
    await under.round();
    under.clock.advance(10 * MINUTE_MS);
    await under.publish();
    under.clock.advance(10 * MINUTE_MS);
    expect((await under.round()).verdict).toBe('well');
    under.clock.advance(6 * MINUTE_MS);
    expect(codes(await under.round())).toEqual(['WATCH_LOG_SILENT']);
    await under.publish();
    expect((await under.round()).alarms).toMatchObject([{ overAt: under.clock.now().toISOString() }]);
  });

  it('for growth that no quorum confirms in time', async () => {
    await under.publish(['one']);
    expect((await under.round()).verdict).toBe('well');
    under.clock.advance(6 * MINUTE_MS);
    expect(codes(await under.round())).toEqual(['WATCH_WITNESSES_LATE']);
    await under.publish(['one', 'two']);
    expect((await under.round()).alarms).toMatchObject([{ overAt: under.clock.now().toISOString() }]);
  });

  it('for a server that refuses or is away for longer than a moment, and not for one setback', async () => {
    await under.publish();
    under.serving.status = 503;
    under.serving.before = () => {
      if (under.serving.asked.length % 3 === 0) under.serving.status = 0;
      return Promise.resolve();
    };
    expect((await under.round({ attempts: 4 })).verdict).toBe('well');
    under.serving.before = () => Promise.resolve();
    under.serving.status = 503;
    expect(await under.round()).toMatchObject({
      verdict: 'well',
      unreachableSince: under.clock.now().toISOString(),
    });
    under.clock.advance(3 * MINUTE_MS);
    expect(codes(await under.round())).toEqual(['WATCH_LOG_UNREACHABLE']);
    under.serving.status = 403;
    expect(codes(await under.round())).toEqual(['WATCH_LOG_UNREACHABLE', 'WATCH_READ_REFUSED']);
  });

  it('for a server that never ends its answer, within the time that it has', async () => {
    await under.publish();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    under.serving.before = () => promise;
    const bounds = { silenceMs: MINUTE_MS, unwitnessedMs: MINUTE_MS, unreachableMs: 0 };
    expect(codes(await under.round({ timeoutMs: 200, bounds }))).toEqual(['WATCH_LOG_UNREACHABLE']);
    resolve(undefined);
  });
});
