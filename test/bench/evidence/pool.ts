/** Spreading verification over worker threads: two against one, and what the calling thread pays. */
import { serializeEvent } from '#contracts';
import { signXml, VerifierPool, type TrustView } from '#evidence';
import { median, spreadOf, type Figure, type Options } from '../measure.ts';
import { filing } from './event.ts';
import type { Identity } from './identity.ts';

const BATCH = 512;

/** Wall time, because waiting is what is measured: only meaningful while two processors are free. */
export async function benchPool(
  author: string,
  at: Date,
  { signer, trust }: Identity,
  { rounds }: Options,
): Promise<readonly Figure[]> {
  const events: Buffer[] = [];
  for (let n = 0; n < BATCH; n += 1) {
    events.push(await signXml(serializeEvent(filing(author, at, n)), signer, at));
  }
  const one = new VerifierPool({ threads: 1 });
  const two = new VerifierPool({ threads: 2 });
  const times: Record<'one' | 'two' | 'calling', number[]> = { one: [], two: [], calling: [] };
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const first = await run(one);
      const second = await run(two);
      if (round === 0) continue;
      times.one.push(first.perSecond);
      times.two.push(second.perSecond);
      times.calling.push(second.callingMicros);
    }
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
  const ratios = times.two.map((sample, i) => sample / (times.one[i] ?? Number.NaN));
  return [
    {
      name: 'evidence.pool.two-against-one',
      value: median(times.two),
      unit: '1/s',
      baseline: median(times.one),
      ratio: median(ratios),
      spread: spreadOf(ratios),
    },
    {
      name: 'evidence.pool.calling-thread',
      value: median(times.calling),
      unit: 'µs',
      baseline: null,
      ratio: null,
      spread: spreadOf(times.calling),
    },
  ];

  async function run(pool: VerifierPool): Promise<{ perSecond: number; callingMicros: number }> {
    const cpu = process.threadCpuUsage();
    const start = performance.now();
    await verifyAll(pool, events, trust, at);
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.threadCpuUsage(cpu);
    return { perSecond: BATCH / seconds, callingMicros: (user + system) / BATCH };
  }
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
