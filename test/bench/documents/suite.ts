/**
 * Documents under load, on a whole network of real processes: a large attachment that goes up, crosses to another node
 * whose source is killed in the middle, and comes down; and thousands of small ones through a manifest. What each node
 * holds in memory meanwhile. Wall time: only meaningful where two processors are free.
 *
 * `MEGABYTES` (2100: more bytes than a signed number of 32 bits counts) and `DOCUMENTS` (10000) choose the size.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunningNode } from '../../support/network.ts';
import { TestNetwork } from '../../support/network.ts';
import { readOnce, type Figure } from '../measure.ts';
import { file } from './upload.ts';
import { Watched } from './watched.ts';

const MEGABYTE = 1024 * 1024;
const DEFAULT_MEGABYTES = 2_100;
const DEFAULT_DOCUMENTS = 10_000;
const WARM_UP_MEGABYTES = 64;
/** Of each small document. */
const SMALL_BYTES = 10_000;
const AUTHOR = 'c_d150';
const RECEIVER = 'p_cr';
/** The whole of it, on a machine that does other things too, milliseconds. */
const PATIENCE_MS = 1_800_000;

interface Held {
  readonly documents: { readonly total: number; readonly complete: number; readonly state: string };
}

export async function benchDocuments(): Promise<readonly Figure[]> {
  const megabytes = Number(process.env['MEGABYTES'] ?? DEFAULT_MEGABYTES);
  const documents = Number(process.env['DOCUMENTS'] ?? DEFAULT_DOCUMENTS);
  // A process's variables go through to the nodes that it starts.
  process.env['MAX_FILE_BYTES'] = String((megabytes + 1) * MEGABYTE);
  const network = await TestNetwork.inNewHome();
  try {
    await network.start();
    const bench = new DocumentsBench(network);
    const figures: Figure[] = [];
    const measure = async (what: string, measured: Promise<Measured>): Promise<void> => {
      const lines = named(what, await measured);
      figures.push(...lines);
      // It takes its time: whoever waits sees how far it is.
      for (const { name, value, unit } of lines)
        process.stderr.write(`${name} ${value.toFixed(1)} ${unit}\n`);
    };
    // One filing of each size is what a machine has room for; the first, thrown away, warms up.
    await bench.large(Math.min(WARM_UP_MEGABYTES, megabytes));
    const tenth = Math.max(1, Math.round(megabytes / 10));
    await measure(`${tenth} MB`, bench.large(tenth));
    await measure(`${megabytes} MB`, bench.large(megabytes, { kill: true }));
    // What an event of so many names costs is one thing, what its documents leave behind another: nothing.
    await measure(`${documents} documents`, bench.small(documents));
    await measure(`${documents} documents again`, bench.small(documents));
    return figures;
  } finally {
    await network.stop();
    await network.remove();
  }
}

type Measured = Readonly<Record<string, readonly [value: number, unit: string]>>;

function named(what: string, measured: Measured): Figure[] {
  return Object.entries(measured).map(([name, [value, unit]]) => readOnce(`${what}: ${name}`, value, unit));
}

class DocumentsBench {
  readonly #network: TestNetwork;

  constructor(network: TestNetwork) {
    this.#network = network;
  }

  async large(megabytes: number, { kill = false } = {}): Promise<Measured> {
    const size = megabytes * MEGABYTE;
    const author = await this.#network.member(AUTHOR);
    const watching = await this.#watch();
    const begun = performance.now();
    const practice = await file(author, { count: 1, size });
    const up = performance.now() - begun;
    const crossing = performance.now();
    const kept = kill ? await this.#killAuthorAtHalf(author, size) : undefined;
    await this.#complete(practice);
    const across = performance.now() - crossing;
    const down = await this.#download(practice, size);
    const peaks = await watching();
    return {
      up: [(megabytes / up) * 1000, 'MB/s'],
      'between nodes': [(megabytes / across) * 1000, 'MB/s'],
      down: [(megabytes / down) * 1000, 'MB/s'],
      ...(kept === undefined ? {} : { 'kept over the kill': [kept / MEGABYTE, 'MB'] as const }),
      ...peaks,
    };
  }

  async small(count: number): Promise<Measured> {
    const author = await this.#network.member(AUTHOR);
    const watching = await this.#watch();
    const begun = performance.now();
    const practice = await file(author, { count, size: SMALL_BYTES });
    const up = performance.now() - begun;
    const crossing = performance.now();
    await this.#complete(practice);
    const across = performance.now() - crossing;
    return {
      up: [(count / up) * 1000, '1/s'],
      'between nodes': [(count / across) * 1000, '1/s'],
      ...(await watching()),
    };
  }

  /** Looks at the largest resident size, and at how long the turns of the event loop are, of both nodes. */
  async #watch(): Promise<() => Promise<Measured>> {
    const watched = [AUTHOR, RECEIVER].map((ipa) => {
      const one = new Watched(async () => (await this.#network.member(ipa)).pid);
      one.start();
      return { ipa, one };
    });
    // A look at the metrics begins them anew.
    await this.#loopDelay(RECEIVER);
    return async () => {
      const peaks = await Promise.all(
        watched.map(
          async ({ ipa, one }) => [`peak of ${ipa}`, [(await one.stop()) / MEGABYTE, 'MB']] as const,
        ),
      );
      return { ...Object.fromEntries(peaks), ...(await this.#loopDelay(RECEIVER)) };
    };
  }

  async #loopDelay(ipa: string): Promise<Measured> {
    const text = await (await this.#network.get(ipa, '/metrics')).text();
    const read = (name: string): number =>
      Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds\\S* (\\S+)$`, 'm').exec(text)?.[1]) * 1000;
    return {
      [`turns of ${ipa}, p99`]: [read('p99'), 'ms'],
      [`turns of ${ipa}, longest`]: [read('max'), 'ms'],
    };
  }

  /** `kill -9` when half is at the receiver; what it holds then, and must not lose, bytes. */
  async #killAuthorAtHalf(author: RunningNode, size: number): Promise<number> {
    const arriving = () => this.#largestArriving();
    await poll('half of it is there', async () => (await arriving()) >= size / 2);
    process.kill(author.pid, 'SIGKILL');
    const held = await arriving();
    await poll('the author is back', async () => (await this.#network.member(AUTHOR)).pid !== author.pid);
    const kept = await arriving();
    // A whole chunk may be unfinished; anything more means that it starts over.
    if (kept < held - MEGABYTE) throw new Error(`${held} bytes were there, ${kept} are left`);
    return kept;
  }

  async #largestArriving(): Promise<number> {
    const root = join(this.#network.home, 'documents', RECEIVER);
    let largest = 0;
    for (const folder of ['writing', 'partial']) {
      for (const name of await readdir(join(root, folder), { recursive: true }).catch(() => [])) {
        const found = await stat(join(root, folder, name)).catch(() => undefined);
        if (found?.isFile()) largest = Math.max(largest, found.size);
      }
    }
    return largest;
  }

  async #complete(practice: string): Promise<void> {
    await poll('the documents are complete', async () => {
      const answer = await this.#network.get(RECEIVER, `/v1/practices/${practice}`);
      if (!answer.ok) return false;
      const { documents } = (await answer.json()) as Held;
      return documents.total > 1 && documents.state === 'complete';
    });
  }

  async #download(practice: string, size: number): Promise<number> {
    const { documents } = await this.#network.getJson<{ documents: { id: string; role: string }[] }>(
      RECEIVER,
      `/v1/practices/${practice}/documents`,
    );
    const id = documents.find(({ role }) => role === 'attachment')?.id ?? '';
    const begun = performance.now();
    const answer = await this.#network.get(RECEIVER, `/v1/practices/${practice}/documents/${id}`);
    let got = 0;
    for await (const bytes of answer.body as unknown as AsyncIterable<Uint8Array>) got += bytes.length;
    if (got !== size) throw new Error(`${got} of ${size} bytes came`);
    return performance.now() - begun;
  }
}

async function poll(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
    await pause(50);
  }
}
