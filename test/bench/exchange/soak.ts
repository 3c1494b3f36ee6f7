/** `npm run bench -- soak`: does memory, lag or latency grow with time, at half of what the pipeline can do? */
import { median, quantile, spreadOf, type BenchOptions, type Figure } from '../measure.ts';
import { AUTHOR } from './catalogue.ts';
import { passages, serverNow, type Passage } from './commit-times.ts';
import { BenchNetwork } from './network.ts';
import { Ours } from './ours.ts';
import { memoryOf } from './processes.ts';

const WARM_UP_MS = 15_000;
const PROBE_MS = 15_000;
const MEMORY_EVERY_MS = 5_000;
const MIB = 1024 * 1024;
const PROVINCE = 'p_cr';

interface Sample {
  readonly at: number;
  readonly memory: ReadonlyMap<string, number>;
  /** Filings that were filed and not finished everywhere. */
  readonly behind: number;
}

export async function benchSoak(options: BenchOptions): Promise<readonly Figure[]> {
  const { minutes, tell, cpuProf, keepLogs } = options;
  const network = await BenchNetwork.open({ cpuProf, keepLogs, commitTimes: true });
  const samples: Sample[] = [];
  try {
    const ours = new Ours(network, {
      look: (filed, finished) => {
        if (performance.now() - (samples.at(-1)?.at ?? 0) < MEMORY_EVERY_MS) return;
        const memory = memoryOf([...network.servers(), ...network.nodes()]);
        samples.push({ at: performance.now(), memory, behind: filed - finished });
      },
    });
    await ours.start();
    try {
      await ours.run({ ms: WARM_UP_MS });
      const rate = options.rate ?? (await halfOf(ours));
      tell(`${rate} filings/s for ${minutes} minutes`);
      samples.length = 0;
      const since = await serverNow(ours.client(AUTHOR));
      const round = await ours.run({ ms: minutes * 60_000, rate });
      const passed = await passages(ours.client(AUTHOR), ours.client(PROVINCE), since);
      return report(samples, passed, { asked: rate, reached: round.filings / round.seconds });
    } finally {
      await ours.stop();
    }
  } finally {
    await network.close();
  }
}

async function halfOf(ours: Ours): Promise<number> {
  const { filings, seconds } = await ours.run({ ms: PROBE_MS });
  return Math.max(1, Math.round(filings / seconds / 2));
}

function report(
  samples: readonly Sample[],
  passed: readonly Passage[],
  { asked, reached }: { readonly asked: number; readonly reached: number },
): readonly Figure[] {
  const [, middle, last] = thirds(samples);
  const names = [...(samples[0]?.memory.keys() ?? [])];
  const compare = (
    name: string,
    unit: string,
    before: readonly number[],
    after: readonly number[],
  ): Figure => ({
    name,
    value: median(after),
    unit,
    baseline: median(before),
    ratio: median(after) / median(before),
    spread: spreadOf(after),
  });
  const inOrder = passed.toSorted((a, b) => a.at - b.at);
  const [first, , end] = thirds(inOrder);
  const latency = (name: string, share: number): Figure => {
    const [before, after] = [first, end].map((part) =>
      quantile(
        part.map(({ took }) => took),
        share,
      ),
    );
    const ratio = (after ?? 0) / (before ?? 1);
    return { name, value: after ?? 0, unit: 'ms', baseline: before ?? 0, ratio, spread: 0 };
  };
  return [
    { name: 'soak', value: reached, unit: 'filings/s', baseline: asked, ratio: reached / asked, spread: 0 },
    ...names.map((name) =>
      compare(
        `soak.memory.${name}`,
        'MiB',
        middle.map(({ memory }) => (memory.get(name) ?? 0) / MIB),
        last.map(({ memory }) => (memory.get(name) ?? 0) / MIB),
      ),
    ),
    compare(
      'soak.behind',
      'filings',
      middle.map(({ behind }) => behind),
      last.map(({ behind }) => behind),
    ),
    latency('soak.latency', 0.5),
    latency('soak.latency.p99', 0.99),
  ];
}

function thirds<T>(all: readonly T[]): readonly [readonly T[], readonly T[], readonly T[]] {
  const third = Math.floor(all.length / 3);
  return [all.slice(0, third), all.slice(third, 2 * third), all.slice(2 * third)];
}
