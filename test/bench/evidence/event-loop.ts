/** How long signatures hold up the event loop of the thread that asks for them. */
import { verifyEvent, VerifierPool } from '#evidence';
import { median, quantile, spreadOf, type Figure, type Options } from '../measure.ts';
import { signedFilings } from './event.ts';
import { verifyAll } from './pool.ts';
import type { Identity } from './identity.ts';

/** Events of a batch, as many as a consumer gathers. */
const BATCH = 256;
/** Rounds before measuring: code is compiled and memory has its size. */
const WARM_UP_ROUNDS = 5;

/** What passed between two turns of the event loop, milliseconds. */
interface Gaps {
  readonly wall: readonly number[];
  /** Processor time of the calling thread, its garbage collection included: what other programs do does not count. */
  readonly cpu: readonly number[];
}

/** Longest and 99th percentile, against the same batch verified one after the other on the calling thread. */
export async function benchEventLoop(
  author: string,
  at: Date,
  { signer, trust }: Identity,
  { rounds }: Options,
): Promise<readonly Figure[]> {
  const events = await signedFilings(BATCH, author, at, signer);
  const pool = new VerifierPool({ threads: 2 });
  const sequential: number[] = [];
  const pooled: Gaps[] = [];
  try {
    for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
      const start = performance.now();
      for (const event of events) verifyEvent(event, trust, at);
      const held = performance.now() - start;
      const gaps = await gapsDuring(verifyAll(pool, events, trust, at));
      if (round < 0) continue;
      sequential.push(held);
      pooled.push(gaps);
    }
  } finally {
    await pool.close();
  }
  const baseline = median(sequential);
  const figure = (name: string, value: number, perRound: readonly number[]): Figure => ({
    name: `evidence.event-loop.${name}`,
    value,
    unit: 'ms',
    baseline,
    ratio: baseline / value,
    spread: spreadOf(perRound),
  });
  const longestOf = (of: keyof Gaps): readonly number[] => pooled.map((gaps) => Math.max(...gaps[of]));
  const all = pooled.flatMap(({ wall }) => wall);
  return [
    figure('held-by-a-batch.longest', Math.max(...longestOf('wall')), longestOf('wall')),
    figure('held-by-a-batch.longest-cpu', Math.max(...longestOf('cpu')), longestOf('cpu')),
    figure(
      'held-by-a-batch.p99',
      quantile(all, 0.99),
      pooled.map(({ wall }) => quantile(wall, 0.99)),
    ),
  ];
}

/** A timer of one millisecond is due in every turn that took longer. */
async function gapsDuring(work: Promise<unknown>): Promise<Gaps> {
  const wall: number[] = [];
  const cpu: number[] = [];
  let last = performance.now();
  let lastCpu = process.threadCpuUsage();
  const watch = setInterval(() => {
    const now = performance.now();
    const { user, system } = process.threadCpuUsage(lastCpu);
    wall.push(now - last);
    cpu.push((user + system) / 1000);
    last = now;
    lastCpu = process.threadCpuUsage();
  }, 1);
  try {
    await work;
  } finally {
    clearInterval(watch);
  }
  return { wall, cpu };
}
