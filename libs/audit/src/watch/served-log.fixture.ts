/** A log of real documents, served over HTTP as any web server would, and a monitor of it that is started anew for each round. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach } from 'vitest';
import { VerifierPool } from '#evidence';
import { aDecision, aNetwork, aPractice, TEST_NOW, TestClock, TestLog, type TestNetwork } from '#testing';
import { quorumPolicy } from '#tlog';
import { ServedLog, WatchLog, WatchState, type RoundReport, type WatchSettings } from '../index.ts';

export const MINUTE_MS = 60_000;
export const WITNESSES = ['one', 'two', 'three'];

/** A log in a folder, served as any web server would, and misserved where a test wants it. */
export class Serving {
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

interface How extends Partial<Omit<WatchSettings, 'log' | 'state'>> {
  readonly attempts?: number;
  readonly timeoutMs?: number;
}

/** For each test a new log, served, and a folder for the monitor. Call it once in a file. */
export async function logUnderWatch(): Promise<LogUnderWatch> {
  const scratch = await mkdtemp(join(tmpdir(), 'watch-'));
  const clock = new TestClock(TEST_NOW);
  const under = new LogUnderWatch(scratch, clock, await aNetwork().small().at(clock).founded());
  beforeEach(() => under.begin());
  afterEach(() => {
    under.serving.close();
  });
  afterAll(async () => {
    await under.verifier.close();
    await rm(scratch, { recursive: true, force: true });
  });
  return under;
}

export class LogUnderWatch {
  readonly scratch: string;
  readonly clock: TestClock;
  readonly network: TestNetwork;
  readonly verifier = new VerifierPool({ threads: 0 });
  log: TestLog;
  serving: Serving;
  url = '';
  /** What the monitor keeps. */
  kept = '';

  constructor(scratch: string, clock: TestClock, network: TestNetwork) {
    this.scratch = scratch;
    this.clock = clock;
    this.network = network;
    this.log = new TestLog(network);
    this.serving = new Serving(scratch);
  }

  async begin(): Promise<void> {
    this.log = new TestLog(this.network);
    this.serving = new Serving(await mkdtemp(join(this.scratch, 'served-')));
    this.url = await this.serving.open();
    this.kept = await mkdtemp(join(this.scratch, 'state-'));
  }

  /** Decided filings, each in a practice of its own: two leaves, with their documents. */
  async grow(practices = 1): Promise<void> {
    for (let n = 0; n < practices; n += 1) {
      const filing = await aDecision(await aPractice(this.network).filedBy('c_d150').signed(), 1);
      this.log.event(filing.signed).decision(filing);
    }
  }

  /** Other leaves in place of those from `size` on. */
  async goAnotherWay(size: number, practices: number): Promise<void> {
    this.log.leaves.splice(size);
    await this.grow(practices);
  }

  /** Shows the log as it is, witnessed by those. */
  async publish(cosignedBy: readonly string[] = WITNESSES): Promise<void> {
    await this.log.writeTo(this.serving.folder);
    const witnessed = this.log.checkpoint(this.log.leaves.length, cosignedBy);
    await writeFile(join(this.serving.folder, 'witnessed-checkpoint'), witnessed);
  }

  /** Alters a file that is served. */
  async alter(path: string, how: (bytes: Buffer) => Buffer): Promise<void> {
    const place = join(this.serving.folder, path);
    await writeFile(place, how(await readFile(place)));
  }

  /** One round of a monitor that was started anew, as after any crash. */
  async round({ attempts = 1, timeoutMs = 10_000, ...how }: How = {}): Promise<RoundReport> {
    const pause = (): Promise<void> => Promise.resolve();
    return await this.roundOf(new ServedLog({ url: this.url, token: null, attempts, timeoutMs, pause }), how);
  }

  /** The same by another reader of what is served. */
  async roundOf(served: WatchSettings['log'], how: How = {}): Promise<RoundReport> {
    const state = await WatchState.open(this.kept, this.log.vkey);
    const witnesses = WITNESSES.map((name) => this.log.witness(name).verifier);
    const settings: WatchSettings = {
      log: served,
      policy: quorumPolicy(this.log.signer.verifier, witnesses, 2),
      root: this.network.root.fingerprint,
      depth: 'documents',
      fromNow: false,
      bounds: { silenceMs: 15 * MINUTE_MS, unwitnessedMs: 5 * MINUTE_MS, unreachableMs: 2 * MINUTE_MS },
      verifier: this.verifier,
      state,
      now: () => this.clock.now(),
      ...how,
    };
    try {
      return await new WatchLog(settings).round();
    } finally {
      await state.close();
    }
  }
}
