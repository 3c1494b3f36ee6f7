/** Spreading verification over worker threads: two against one and against none, and what the calling thread pays. */
import { VerifierPool, verifyEvent, type TrustView } from '#evidence';
import { alone, median, spreadOf, type Figure, type Options } from '../measure.ts';
import { signedFilings } from './event.ts';
import type { Identity } from './identity.ts';

const BATCH = 512;

/** Wall time, because waiting is what is measured: only meaningful while two processors are free. */
export async function benchPool(
  author: string,
  at: Date,
  { signer, trust }: Identity,
  { rounds }: Options,
): Promise<readonly Figure[]> {
  const events = await signedFilings(BATCH, author, at, signer);
  const one = new VerifierPool({ threads: 1 });
  const two = new VerifierPool({ threads: 2 });
  const times: Record<'none' | 'one' | 'two' | 'calling', number[]> = {
    none: [],
    one: [],
    two: [],
    calling: [],
  };
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const sequential = runSequentially();
      const first = await run(one);
      const second = await run(two);
      if (round === 0) continue;
      times.none.push(sequential);
      times.one.push(first.perSecond);
      times.two.push(second.perSecond);
      times.calling.push(second.callingMicros);
    }
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
  return [
    compared('evidence.pool.two-against-one', times.two, times.one),
    compared('evidence.pool.two-against-sequential', times.two, times.none),
    alone('evidence.pool.calling-thread', times.calling, 'µs'),
  ];

  /** The same batch, one event after the other on the calling thread: events a second. */
  function runSequentially(): number {
    const start = performance.now();
    for (const event of events) verifyEvent(event, trust, at);
    return (BATCH * 1000) / (performance.now() - start);
  }

  async function run(pool: VerifierPool): Promise<{ perSecond: number; callingMicros: number }> {
    const cpu = process.threadCpuUsage();
    const start = performance.now();
    await verifyAll(pool, events, trust, at);
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.threadCpuUsage(cpu);
    return { perSecond: BATCH / seconds, callingMicros: (user + system) / BATCH };
  }
}

function compared(name: string, rates: readonly number[], baseline: readonly number[]): Figure {
  const ratios = rates.map((rate, round) => rate / (baseline[round] ?? Number.NaN));
  return {
    name,
    value: median(rates),
    unit: '1/s',
    baseline: median(baseline),
    ratio: median(ratios),
    spread: spreadOf(ratios),
  };
}

/** Bytes checked by the pool, signers judged on the calling thread. @throws HubError for the first that is refused */
export async function verifyAll(
  pool: VerifierPool,
  events: readonly Buffer[],
  trust: TrustView,
  at: Date,
): Promise<void> {
  for (const checked of await pool.check('event', events, (bytes) => bytes)) checked.judge(trust, at);
}
