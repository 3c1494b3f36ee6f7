/**
 * Appending documents of 4 KB as the auditor does once they are verified: admitted in the batches in which they come, each
 * counted when a published checkpoint covers it. So many are in flight at any time; who is done begins the next one.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseEventId, parseIpaCode, parsePracticeId } from '#contracts';
import { sha256Hex } from '#evidence';
import { logEntry } from '#tlog';
import { admitLeaves } from '../../../apps/auditor/src/intake/admit-leaves.ts';
import type { LeafCandidate } from '../../../apps/auditor/src/intake/leaf-candidate.ts';
import type { BenchServer } from '../hot-path/server.ts';
import type { OpenLog } from './open-log.ts';

export const IN_FLIGHT = 512;
export const BYTES = 4_096;
/** As the auditor's streams hand them over, at most; of two streams at a time. */
const BATCH = 256;
/** How often it is looked whether a single entry is published, milliseconds. */
const LOOK_MS = 5;
const AUTHOR = parseIpaCode('c_d150');

/** Bytes that do not compress; of an entry, the first ones are its own. The baseline's load is made in the same way. */
const BLOCK = randomBytes(BYTES);
const OWN_BYTES = 16;

/** Documents as they come from the broker: behind each other in one buffer, each with bytes of its own. */
function documents(count: number): readonly Buffer[] {
  const fetched = Buffer.allocUnsafe(count * BYTES);
  const own = randomBytes(count * OWN_BYTES);
  return Array.from({ length: count }, (_, n) => {
    const document = fetched.subarray(n * BYTES, (n + 1) * BYTES);
    BLOCK.copy(document);
    own.copy(document, 0, n * OWN_BYTES, (n + 1) * OWN_BYTES);
    return document;
  });
}

/** A UUIDv7, as events have, without asking the system for its random bits. */
function newId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** An event's leaf; what is signed was verified before. */
function candidate(bytes: Buffer): LeafCandidate {
  const sha256 = sha256Hex(bytes);
  const eventId = parseEventId(newId());
  const practice = { owner: AUTHOR, uuid: parsePracticeId(randomUUID()) };
  const about = { kind: 'event', author: AUTHOR, eventId, practice } as const;
  const time = new Date().toISOString();
  const { bytes: entry } = logEntry({ ...about, position: null, type: 'practice.filed', time, sha256 });
  const none = { speaker: '', receiptKind: '', decided: null, batch: null } as const;
  return { ...about, ...none, contentDigest: sha256, bytes, sha256, entry };
}

/** Knows up to where the log is published, and tells whoever waits for it. It looks whenever the writer has written. */
class Published {
  readonly #log: OpenLog;
  #size = 0;
  #waiting: { readonly size: number; readonly reached: () => void }[] = [];
  #isLooking = false;
  #isWritten = false;

  constructor(log: OpenLog) {
    this.#log = log;
    log.onWritten(() => this.#written());
  }

  async reaches(size: number): Promise<void> {
    if (this.#size >= size) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#waiting.push({
      size,
      reached: () => {
        resolve(undefined);
      },
    });
    await promise;
  }

  /** What is written while it looks, it looks for once more. */
  async #written(): Promise<void> {
    this.#isWritten = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#isWritten) {
      this.#isWritten = false;
      await this.#look();
    }
    this.#isLooking = false;
  }

  async #look(): Promise<void> {
    this.#size = Math.max(this.#size, await this.#log.size());
    const done = this.#waiting.filter(({ size }) => size <= this.#size);
    this.#waiting = this.#waiting.filter(({ size }) => size > this.#size);
    for (const { reached } of done) reached();
  }
}

export interface Appended {
  readonly perSecond: number;
  /** Processor time for each entry, microseconds. */
  readonly node: number;
  readonly postgres: number;
}

/** @returns entries a second that were durable and under a published checkpoint, after a fifth of the time that warms up */
export async function append(log: OpenLog, server: BenchServer, seconds: number): Promise<Appended> {
  const published = new Published(log);
  const load = new Load(log, published);
  const lanes = Array.from({ length: IN_FLIGHT / BATCH }, () => load.lane());
  await pause(seconds * 200);
  const [before, start] = [load.done, performance.now()];
  const [own, database] = [process.cpuUsage(), await server.cpuMicros()];
  await pause(seconds * 1_000);
  const entries = load.done - before;
  const { user, system } = process.cpuUsage(own);
  const spent = {
    node: (user + system) / entries,
    postgres: ((await server.cpuMicros()) - database) / entries,
  };
  const perSecond = (entries * 1_000) / (performance.now() - start);
  load.stop();
  await Promise.all(lanes);
  return { perSecond, ...spent };
}

class Load {
  readonly #log: OpenLog;
  readonly #published: Published;
  #admitted = 0;
  #isStopped = false;
  /** Entries that are covered. */
  done = 0;

  constructor(log: OpenLog, published: Published) {
    this.#log = log;
    this.#published = published;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /**
   * One stream: a batch, until it is published. What is committed is covered by the next checkpoint as a whole, since no more waits
   * at any time than a checkpoint takes.
   */
  async lane(): Promise<void> {
    while (!this.#isStopped) {
      const candidates = documents(BATCH).map(candidate);
      await this.#log.work.run((tx) => admitLeaves(tx, candidates));
      this.#admitted += candidates.length;
      await this.#published.reaches(this.#admitted);
      this.done += candidates.length;
    }
  }
}

/** How long a single entry takes until it is published, in a log that is otherwise idle. Milliseconds. */
export async function appendSingles(log: OpenLog, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  let size = await log.size();
  for (let n = 0; n < count; n += 1) {
    // Any moment of the writer's pace.
    await pause(300 + Math.random() * 400);
    const start = performance.now();
    await log.work.run((tx) => admitLeaves(tx, documents(1).map(candidate)));
    size += 1;
    while ((await log.size()) < size) await pause(LOOK_MS);
    times.push(performance.now() - start);
  }
  return times;
}

/** Entries a second of the load beside which proofs are timed, and how they come: in batches, as often as the auditor's streams give one. */
const STEADY = { perSecond: 1_280, everyMs: 200 } as const;

/** Runs `work` while entries come at the steady rate. */
export async function besideLoad<T>(log: OpenLog, work: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const load = comeSteadily(log, stop.signal);
  try {
    return await work();
  } finally {
    stop.abort();
    await load;
  }
}

async function comeSteadily(log: OpenLog, stop: AbortSignal): Promise<void> {
  const { perSecond, everyMs } = STEADY;
  for (let next = performance.now(); !stop.aborted; next += everyMs) {
    const candidates = documents((perSecond * everyMs) / 1_000).map(candidate);
    await log.work.run((tx) => admitLeaves(tx, candidates));
    await pause(Math.max(0, next + everyMs - performance.now()));
  }
}
