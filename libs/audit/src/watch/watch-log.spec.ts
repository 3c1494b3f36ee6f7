import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VerifierPool } from '#evidence';
import { aDecision, aNetwork, aPractice, TEST_NOW, TestClock, TestLog } from '#testing';
import { entriesPath, parseForkEvidence, quorumPolicy, readLogEntry, tilePath, verifyFork } from '#tlog';
import {
  archivePath,
  ServedLog,
  WatchLog,
  WatchState,
  type RoundReport,
  type WatchSettings,
} from '../index.ts';

const scratch = await mkdtemp(join(tmpdir(), 'watch-'));
afterAll(() => rm(scratch, { recursive: true, force: true }));

const MINUTE_MS = 60_000;
const WITNESSES = ['one', 'two', 'three'];

/** A log in a folder, served as any web server would, and misserved where a test wants it. */
class Serving {
  status = 0;
  readonly folder: string;
  readonly asked: string[] = [];
  /** Called before each answer. */
  before: (path: string) => Promise<void> = () => Promise.resolve();
  inHand = 0;
  mostInHand = 0;
  readonly #server: Server;

  constructor(folder: string) {
    this.folder = folder;
    this.#server = createServer((request, response) => {
      void this.#answer((request.url ?? '').replace('/log/', ''), request.headers['if-none-match']).then(
        ({ status, bytes, etag }) => {
          response.writeHead(status, etag === undefined ? {} : { etag }).end(bytes);
          this.inHand -= 1;
        },
      );
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/log`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(path: string, known: string | undefined) {
    this.inHand += 1;
    this.mostInHand = Math.max(this.mostInHand, this.inHand);
    this.asked.push(path);
    await this.before(path);
    if (this.status !== 0) return { status: this.status };
    const bytes = await readFile(join(this.folder, path)).catch(() => undefined);
    if (bytes === undefined) return { status: 404 };
    const etag = `"${bytes.toString('base64url').slice(-40)}"`;
    return etag === known ? { status: 304 } : { status: 200, bytes, etag };
  }
}

const clock = new TestClock(TEST_NOW);
const network = await aNetwork().at(clock).founded();
const verifier = new VerifierPool({ threads: 0 });
afterAll(() => verifier.close());

let log: TestLog;
let serving: Serving;
let url: string;
let kept: string;
const open: WatchState[] = [];

beforeEach(async () => {
  log = new TestLog(network);
  serving = new Serving(await mkdtemp(join(scratch, 'served-')));
  url = await serving.open();
  kept = await mkdtemp(join(scratch, 'state-'));
});

afterEach(async () => {
  serving.close();
  for (const state of open.splice(0)) await state.close();
});

/** A practice with one decided filing: two leaves, with their documents. */
async function grow(practices = 1): Promise<void> {
  for (let n = 0; n < practices; n += 1) {
    const filing = await aDecision(await aPractice(network).filedBy('c_d150').signed(), 1);
    log.event(filing.signed).decision(filing);
  }
}

/** Shows the log as it is, witnessed by those. */
async function publish(cosignedBy: readonly string[] = WITNESSES, size = log.leaves.length): Promise<void> {
  await log.writeTo(serving.folder, { size });
  await writeFile(join(serving.folder, 'witnessed-checkpoint'), log.checkpoint(size, cosignedBy));
}

interface How extends Partial<Omit<WatchSettings, 'log' | 'state'>> {
  readonly attempts?: number;
  readonly timeoutMs?: number;
}

/** One round of a monitor that was started anew, as after any crash. */
async function round({ attempts = 1, timeoutMs = 10_000, ...how }: How = {}): Promise<RoundReport> {
  const state = await WatchState.open(kept, log.vkey);
  open.push(state);
  const served = new ServedLog({ url, token: null, attempts, timeoutMs, pause: () => Promise.resolve() });
  const settings: WatchSettings = {
    log: served,
    policy: quorumPolicy(
      log.signer.verifier,
      WITNESSES.map((name) => log.witness(name).verifier),
      2,
    ),
    root: network.root.fingerprint,
    depth: 'documents',
    fromNow: false,
    bounds: { silenceMs: 15 * MINUTE_MS, unwitnessedMs: 5 * MINUTE_MS, unreachableMs: 2 * MINUTE_MS },
    verifier,
    state,
    now: () => clock.now(),
    ...how,
  };
  try {
    return await new WatchLog(settings).round();
  } finally {
    open.pop();
    await state.close();
  }
}

const codes = ({ alarms }: RoundReport): string[] => alarms.map(({ code }) => code);

async function alter(path: string, how: (bytes: Buffer) => Buffer): Promise<void> {
  const place = join(serving.folder, path);
  await writeFile(place, how(await readFile(place)));
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.length - 20;
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

/** Other leaves in place of those from `size` on. */
async function goAnotherWay(size: number, practices: number): Promise<void> {
  log.leaves.splice(size);
  await grow(practices);
}

async function evidenceIn(report: RoundReport): Promise<Buffer> {
  return await readFile(join(kept, report.alarms[0]?.evidence ?? ''));
}

describe('a log that is well', () => {
  it('is verified once, and then what is new: leaves, documents, cosignatures', async () => {
    await grow(2);
    await publish();
    expect(await round()).toMatchObject({
      verdict: 'well',
      log: { size: 4 },
      verified: { from: 0, to: 4, now: 4 },
      counts: { leaves: { event: 2, decision: 2 }, documents: 4 },
      witnessed: { size: 4 },
    });
    await grow();
    await publish();
    expect(await round()).toMatchObject({ verdict: 'well', verified: { to: 6, now: 2 } });
  });

  it('is asked politely: one request at a time, nothing that is known, the checkpoint by its tag', async () => {
    await grow(3);
    await publish();
    await round();
    expect(serving.mostInHand).toBe(1);
    expect(serving.asked.filter((path) => path.startsWith('registry/')).length).toBe(
      network.entries.length + 1,
    );
    serving.asked.length = 0;
    await round();
    expect(serving.asked).toEqual(['witnessed-checkpoint', 'checkpoint']);
  });

  it('may be followed from now on, and by its hashes alone', async () => {
    await grow();
    const sample = readLogEntry(log.leaves[0]!.entry);
    // Of what was there before nothing is looked at.
    while (log.leaves.length < 260 && sample.kind === 'event')
      log.leaf({ ...sample, eventId: network.ids.uuidv7() }, null);
    await publish();
    expect(await round({ fromNow: true })).toMatchObject({ verified: { from: 260, to: 260 } });
    await grow();
    await publish();
    expect(await round()).toMatchObject({ verdict: 'well', verified: { from: 260, to: 262, now: 2 } });
    serving.asked.length = 0;
    await grow();
    await publish();
    expect(await round({ depth: 'tree' })).toMatchObject({ verdict: 'well', log: { size: 264 } });
    expect(serving.asked.some((path) => path.includes('entries') || path.includes('archive'))).toBe(false);
  });

  it('that has shown nothing yet is not well, and silent after a while', async () => {
    expect(await round()).toMatchObject({ verdict: 'nothing', log: null });
    clock.advance(16 * MINUTE_MS);
    expect(codes(await round())).toEqual(['WATCH_LOG_SILENT']);
  });
});

describe('an alarm is raised', () => {
  beforeEach(async () => {
    await grow(2);
    await publish();
    await round();
    await grow(2);
  });

  it.each<[string, string, () => Promise<void>]>([
    ['LOG_TILE_INVALID', 'an entry was altered', () => alter(entriesPath({ index: 0, width: 8 }), flipped)],
    [
      'LOG_TILE_INVALID',
      'a tile was altered',
      () => alter(tilePath({ level: 0, index: 0, width: 8 }), flipped),
    ],
    [
      'LOG_TILE_MISSING',
      'a tile is not there',
      () => rm(join(serving.folder, tilePath({ level: 0, index: 0, width: 8 }))),
    ],
    [
      'LOG_PACK_MALFORMED',
      'documents are cut off',
      () => alter(archivePath({ index: 0, width: 8 }), (pack) => pack.subarray(0, -30)),
    ],
    [
      'LOG_SIGNATURE_INVALID',
      'the checkpoint was altered',
      () => alter('checkpoint', (note) => Buffer.from(note.toString().replace('\n8\n', '\n7\n'))),
    ],
  ])('%s: %s; it stays until it is acknowledged', async (code, _, tamper) => {
    await publish();
    await tamper();
    const report = await round();
    expect(codes(report)).toContain(code);
    await publish();
    const healed = await round();
    expect(healed).toMatchObject({ verdict: 'alarms', verified: { to: 8 } });
    const state = await WatchState.open(kept, log.vkey);
    state.alarms.acknowledge('all', clock.now());
    await state.save();
    await state.close();
    expect(await round()).toMatchObject({ verdict: 'well' });
  });

  it('for a document whose signer was not listed, by the certificate’s state at its time', async () => {
    const stranger = await aNetwork().at(clock).founded();
    const foreign = await aPractice(stranger).filedBy('c_d150').signed();
    const other = new TestLog(stranger).event(foreign);
    log.bytes(other.leaves[0]!.entry, foreign.bytes);
    await publish();
    const report = await round();
    expect(report.verdict).toBe('alarms');
    expect(report.alarms.every(({ subject }) => subject === 'leaf 8')).toBe(true);
    expect(report.verified.to).toBe(9);
  });

  it('for a rewritten log, with evidence that convicts it by its key alone', async () => {
    await goAnotherWay(3, 3);
    await publish();
    const report = await round();
    expect(codes(report)).toEqual(['LOG_CONSISTENCY_INVALID']);
    const evidence = parseForkEvidence(await evidenceIn(report));
    const { earlier, later } = verifyFork(evidence, { origin: log.origin, keys: [log.signer.verifier] });
    expect([evidence.kind, earlier.size, later.size]).toEqual(['rewritten', 4, 9]);
    // It is not believed: what was seen is what the next is compared with.
    expect(report).toMatchObject({ log: { size: 4 }, verified: { to: 4 } });
    expect(await readdir(join(kept, 'evidence'))).toHaveLength(1);
    expect((await round()).alarms).toMatchObject([{ times: 2 }]);
  });

  it('for two roots of one size', async () => {
    await goAnotherWay(2, 1);
    await publish();
    const report = await round();
    expect(codes(report)).toEqual(['AUDIT_LOG_FORKED']);
    const evidence = parseForkEvidence(await evidenceIn(report));
    expect(verifyFork(evidence, { origin: log.origin, keys: [log.signer.verifier] }).later.size).toBe(4);
  });

  it('for a log that was put back, until it shows again what extends the longest; and for one that goes another way from there', async () => {
    await publish();
    await round();
    const longest = [...log.leaves];
    log.leaves.splice(5);
    await publish();
    expect(codes(await round())).toEqual(['AUDIT_LOG_SHORTER']);
    log.leaves.splice(0, log.leaves.length, ...longest);
    await publish();
    expect((await round()).alarms).toMatchObject([
      { code: 'AUDIT_LOG_SHORTER', overAt: clock.now().toISOString() },
    ]);
    await goAnotherWay(3, 1);
    await publish();
    const report = await round();
    expect(codes(report)).toEqual(['AUDIT_LOG_SHORTER', 'LOG_CONSISTENCY_INVALID']);
  });

  it('for a checkpoint that witnesses have cosigned and that is none of this history', async () => {
    await publish();
    const [note, leaves] = [await readFile(join(serving.folder, 'checkpoint')), [...log.leaves]];
    await goAnotherWay(3, 1);
    const elsewhere = log.checkpoint(5, WITNESSES);
    log.leaves.splice(0, log.leaves.length, ...leaves);
    await writeFile(join(serving.folder, 'checkpoint'), note);
    await round();
    await writeFile(join(serving.folder, 'witnessed-checkpoint'), elsewhere);
    expect(codes(await round())).toEqual(['LOG_CONSISTENCY_INVALID']);
  });

  it('for silence, but not for an idle log that its witnesses confirm', async () => {
    await publish();
    await round();
    clock.advance(10 * MINUTE_MS);
    await publish();
    clock.advance(10 * MINUTE_MS);
    expect((await round()).verdict).toBe('well');
    clock.advance(6 * MINUTE_MS);
    expect(codes(await round())).toEqual(['WATCH_LOG_SILENT']);
    await publish();
    expect((await round()).alarms).toMatchObject([{ overAt: clock.now().toISOString() }]);
  });

  it('for growth that no quorum confirms in time', async () => {
    await publish(['one']);
    expect((await round()).verdict).toBe('well');
    clock.advance(6 * MINUTE_MS);
    expect(codes(await round())).toEqual(['WATCH_WITNESSES_LATE']);
    await publish(['one', 'two']);
    expect((await round()).alarms).toMatchObject([{ overAt: clock.now().toISOString() }]);
  });

  it('for a server that refuses or is away for longer than a moment, and not for one setback', async () => {
    await publish();
    serving.status = 503;
    serving.before = () => {
      if (serving.asked.length % 3 === 0) serving.status = 0;
      return Promise.resolve();
    };
    expect((await round({ attempts: 4 })).verdict).toBe('well');
    serving.before = () => Promise.resolve();
    serving.status = 503;
    expect(await round()).toMatchObject({ verdict: 'well', unreachableSince: clock.now().toISOString() });
    clock.advance(3 * MINUTE_MS);
    expect(codes(await round())).toEqual(['WATCH_LOG_UNREACHABLE']);
    serving.status = 403;
    expect(codes(await round())).toEqual(['WATCH_LOG_UNREACHABLE', 'WATCH_READ_REFUSED']);
  });

  it('for a server that never ends its answer, within the time that it has', async () => {
    await publish();
    const { promise, resolve } = Promise.withResolvers<void>();
    serving.before = () => promise;
    const bounds = { silenceMs: MINUTE_MS, unwitnessedMs: MINUTE_MS, unreachableMs: 0 };
    expect(codes(await round({ timeoutMs: 200, bounds }))).toEqual(['WATCH_LOG_UNREACHABLE']);
    resolve();
  });
});

describe('a monitor that ends at any moment', () => {
  it('goes on from what it had, whichever request was its last', async () => {
    await grow(2);
    await publish();
    await round();
    const before = await mkdtemp(join(scratch, 'before-'));
    await cp(kept, before, { recursive: true });
    await grow(2);
    await publish();
    for (let last = 1; ; last += 1) {
      await rm(kept, { recursive: true });
      await cp(before, kept, { recursive: true });
      serving.asked.length = 0;
      const died = new Error('killed');
      const state = await WatchState.open(kept, log.vkey);
      const served = new ServedLog({ url, token: null });
      const read: typeof served.read = async (path) => {
        if (serving.asked.length >= last) throw died;
        return await served.read(path);
      };
      const dying = { read, readTagged: served.readTagged.bind(served) };
      const ended = await roundOf(state, dying).catch((error: unknown) => error);
      await state.close();
      expect(await round()).toMatchObject({ verdict: 'well', verified: { from: 0, to: 8 } });
      if (ended !== died) break;
    }
  });

  it('refuses a state that is damaged, or another log’s: who begins anew forgets what shows a rewrite', async () => {
    await grow();
    await publish();
    await round();
    await expect(WatchState.open(kept, new TestLog(network).vkey)).rejects.toMatchObject({
      code: 'AUDIT_STATE_UNUSABLE',
    });
    const state = await WatchState.open(kept, log.vkey);
    await expect(WatchState.open(kept, log.vkey)).rejects.toMatchObject({ code: 'AUDIT_STATE_UNUSABLE' });
    await state.close();
    const file = await readFile(join(kept, 'watch.json'), 'utf8');
    await writeFile(join(kept, 'watch.json'), file.replaceAll('\\n2\\n', '\\n1\\n'));
    await expect(round()).rejects.toMatchObject({ code: 'AUDIT_STATE_UNUSABLE' });
    await writeFile(join(kept, 'watch.json'), '{"format":');
    await expect(round()).rejects.toMatchObject({ code: 'AUDIT_STATE_UNUSABLE' });
  });
});

async function roundOf(state: WatchState, served: WatchSettings['log']): Promise<RoundReport> {
  return await new WatchLog({
    log: served,
    policy: quorumPolicy(
      log.signer.verifier,
      WITNESSES.map((name) => log.witness(name).verifier),
      2,
    ),
    root: network.root.fingerprint,
    depth: 'documents',
    fromNow: false,
    bounds: { silenceMs: 15 * MINUTE_MS, unwitnessedMs: 5 * MINUTE_MS, unreachableMs: 2 * MINUTE_MS },
    verifier,
    state,
    now: () => clock.now(),
  }).round();
}
