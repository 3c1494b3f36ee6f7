/** `npm run bench -- latency`: from the commit at the Comune to the commit at the Provincia, at 50 filings a second. */
import type pg from 'pg';
import { median, quantile, readOnce, spreadOf, type BenchOptions, type Figure } from '../measure.ts';
import { createTopics } from './broker-client.ts';
import { AUTHOR } from './catalogue.ts';
import { BenchChild } from './children.ts';
import { passages, serverNow, type Passage } from './commit-times.ts';
import { BenchNetwork } from './network.ts';
import { Ours } from './ours.ts';
import { accessOf } from './pipeline.ts';

const RATE = 50;
const EVENT_BYTES = 5_200;
/** Compilers of Node and the JVM work for as many requests as a node in service makes in a quarter of an hour: full speed first. */
const FULL_SPEED_MS = 30_000;
const WARM_UP_MS = 10_000;
const PROVINCE = 'p_cr';
const PROBE_TOPIC = 'bench.probe';
const MS_PER_WINDOW = 10_000;

export async function benchLatency(options: BenchOptions): Promise<readonly Figure[]> {
  const { tell, cpuProf, keepLogs, rate = RATE } = options;
  const ms = options.seconds * 1000;
  const network = await BenchNetwork.open({ cpuProf, keepLogs, commitTimes: true });
  try {
    const ours = new Ours(network);
    await ours.start();
    const access = accessOf(network);
    await createTopics(access, [PROBE_TOPIC]);
    const place = { access, topic: PROBE_TOPIC, bytes: EVENT_BYTES };
    const probe = await BenchChild.start('probe', './probe.js', process.env, place);
    try {
      tell(`warming up, for ${FULL_SPEED_MS / 1000} s as fast as it goes, then at ${rate} filings/s`);
      await ours.run({ ms: FULL_SPEED_MS });
      await ours.rest();
      await Promise.all([ours.run({ ms: WARM_UP_MS, rate }), hop(probe, { ms: WARM_UP_MS, rate })]);
      const since = await serverNow(ours.client(AUTHOR));
      tell(`${rate} filings/s for ${ms / 1000} s`);
      const [syncs, commits] = [
        await walSyncs(ours.client(AUTHOR)),
        await commitsByNode(ours.client(AUTHOR)),
      ];
      const [round, hops] = await Promise.all([ours.run({ ms, rate }), hop(probe, { ms, rate })]);
      const passed = await passages(ours.client(AUTHOR), ours.client(PROVINCE), since);
      if (passed.length !== round.filings)
        throw new Error(`${round.filings} were filed, ${passed.length} have both commit times`);
      const synced = (await walSyncs(ours.client(AUTHOR))) - syncs;
      const committed = await commitsByNode(ours.client(AUTHOR));
      return [
        ...report(passed, hops),
        rateFigure(round.filings / round.seconds, rate),
        readOnce('latency.wal-syncs', synced / round.filings, '1/filing'),
        ...[...committed].map(([node, count]) =>
          readOnce(
            `latency.transactions.${node}`,
            (count - (commits.get(node) ?? 0)) / round.filings,
            '1/filing',
          ),
        ),
      ];
    } finally {
      await probe.stop();
      await ours.stop();
    }
  } finally {
    await network.close();
  }
}

function hop(probe: BenchChild, order: object): Promise<readonly number[]> {
  return new Promise((resolve) => {
    let heard = false;
    probe.hear(({ kind, values }) => {
      if (kind !== 'measured' || heard) return;
      heard = true;
      resolve(values as readonly number[]);
    });
    probe.tell(order);
  });
}

function report(passed: readonly Passage[], hops: readonly number[]): readonly Figure[] {
  const took = passed.map((one) => one.took);
  const figure = (name: string, share: number): Figure => ({
    name,
    value: quantile(took, share),
    unit: 'ms',
    baseline: quantile(hops, share),
    ratio: quantile(took, share) / quantile(hops, share),
    spread: spreadOf(windowed(passed).map((window) => quantile(window, share))),
  });
  return [
    { ...figure('latency', 0.5), name: 'latency' },
    figure('latency.p90', 0.9),
    figure('latency.p99', 0.99),
    figure('latency.max', 1),
    {
      name: 'latency.worst-window-p99',
      value: Math.max(...windowed(passed).map((window) => quantile(window, 0.99))),
      unit: 'ms',
      baseline: median(windowed(passed).map((window) => quantile(window, 0.99))),
      ratio: null,
      spread: 0,
    },
  ];
}

/** How often the server has waited for the disk with its write-ahead log, all its databases together. */
async function walSyncs(client: pg.Client): Promise<number> {
  await client.query('select pg_stat_clear_snapshot()');
  const { rows } = await client.query<{ n: string | null }>(
    "select sum(fsyncs) as n from pg_stat_io where object = 'wal'",
  );
  return Number(rows[0]?.n ?? 0);
}

/** How many transactions the databases of the nodes have committed, by node. */
async function commitsByNode(client: pg.Client): Promise<ReadonlyMap<string, number>> {
  await client.query('select pg_stat_clear_snapshot()');
  const { rows } = await client.query<{ node: string; commits: string }>(
    `select regexp_replace(datname, '^hub_[^_]+_', '') as node, xact_commit as commits
     from pg_stat_database where datname like 'hub%' order by 1`,
  );
  return new Map(rows.map(({ node, commits }) => [node, Number(commits)]));
}

/** Below the rate that was asked for, the machine could not keep up, and the latencies are of a queue. */
function rateFigure(value: number, asked: number): Figure {
  return { name: 'latency.rate', value, unit: 'filings/s', baseline: asked, ratio: value / asked, spread: 0 };
}

/** Ten seconds each. */
export function windowed(passed: readonly Passage[], ms = MS_PER_WINDOW): readonly (readonly number[])[] {
  const start = Math.min(...passed.map(({ at }) => at));
  const windows = Map.groupBy(passed, ({ at }) => Math.floor((at - start) / ms));
  return [...windows.values()].map((window) => window.map(({ took }) => took));
}
