/** `npm run bench -- growth`: does an event cost more when a million are stored, or when there are 40 authorities? */
import pg from 'pg';
import { median, spreadOf, type BenchOptions, type Figure } from '../measure.ts';
import { batchesOf, fullness } from './batches.ts';
import { AUTHOR, inventedMembers, RECIPIENTS } from './catalogue.ts';
import type { Round } from './contender.ts';
import { fillNetwork } from './fill.ts';
import { BenchNetwork } from './network.ts';
import { Ours } from './ours.ts';

const FEW_EVENTS = 1_000;
const MANY_AUTHORITIES = 40;
const FEW_AUTHORITIES = 4;
const WARM_UP_MS = 8_000;

/** Milliseconds of processor time a filing, by process. */
type Costs = ReadonlyMap<string, number>;

interface Measured {
  readonly cpu: Costs;
  /** Records in a batch of the router's, by stream. */
  readonly batches: ReadonlyMap<string, number>;
}

type Rounds = readonly Measured[];

type Growing = (options: BenchOptions) => Promise<{ readonly few: Rounds; readonly many: Rounds }>;

const GROWING: Readonly<Record<string, Growing>> = {
  events: byEvents,
  authorities: async (options) => ({
    few: await byAuthorities(FEW_AUTHORITIES, options),
    many: await byAuthorities(MANY_AUTHORITIES, options),
  }),
};

/** @throws RangeError if `only` names nothing that grows */
export async function benchGrowth(options: BenchOptions): Promise<readonly Figure[]> {
  const { only } = options;
  const asked = Object.entries(GROWING).filter(([name]) => only === undefined || only === name);
  if (asked.length === 0) throw new RangeError(`--only is one of ${Object.keys(GROWING).join(', ')}`);
  const all: Figure[] = [];
  for (const [name, costs] of asked) all.push(...figures(`growth.${name}`, await costs(options)));
  return all;
}

/** With few events stored and with many. */
async function byEvents(options: BenchOptions): Promise<{ readonly few: Rounds; readonly many: Rounds }> {
  const { tell, events, cpuProf, keepLogs } = options;
  const network = await BenchNetwork.open({ cpuProf, keepLogs });
  try {
    const ours = new Ours(network);
    // The tables, the first checkpoint of the log and the warm pages come from a first run.
    await measure(network, ours, { ...options, rounds: 1, seconds: 1 });
    await fillNetwork(network, 1, FEW_EVENTS);
    tell(`${FEW_EVENTS} events stored`);
    const few = await measure(network, ours, options);
    const began = performance.now();
    await fillNetwork(network, FEW_EVENTS + 1, events);
    tell(`${events} events stored, in ${((performance.now() - began) / 1000).toFixed(0)} s`);
    return { few, many: await measure(network, ours, options) };
  } finally {
    await network.close();
  }
}

/** The same load, from one author or spread over all that may file; the other members' nodes do not run. */
async function byAuthorities(members: number, options: BenchOptions): Promise<Rounds> {
  const { tell, cpuProf, keepLogs } = options;
  const network = await BenchNetwork.open({ members, running: [AUTHOR, ...RECIPIENTS], cpuProf, keepLogs });
  try {
    tell(`${members} authorities`);
    const invented = inventedMembers(members);
    // Each database as the author's own node makes it, the verified copy of the registry included.
    await network.startNodes();
    await network.stopNodes();
    await cloneDatabases(network, invented);
    return await measure(network, new Ours(network, { authors: [AUTHOR, ...invented] }), options);
  } finally {
    await network.close();
  }
}

async function cloneDatabases(network: BenchNetwork, members: readonly string[]): Promise<void> {
  const template = new URL(network.database(AUTHOR)).pathname.slice(1);
  const client = new pg.Client({ connectionString: network.network.postgres.url });
  await client.connect();
  for (const ipa of members) {
    const name = client.escapeIdentifier(template.replace(AUTHOR, ipa));
    await client.query(`drop database if exists ${name}`);
    await client.query(`create database ${name} template ${client.escapeIdentifier(template)}`);
  }
  await client.end();
}

async function measure(
  network: BenchNetwork,
  ours: Ours,
  { rounds, seconds, tell }: BenchOptions,
): Promise<Rounds> {
  const measured: Measured[] = [];
  await ours.start();
  try {
    await ours.run({ ms: WARM_UP_MS });
    for (let round = 0; round < rounds; round += 1) {
      const before = await batchesOf(network.network.router);
      const result = await ours.run({ ms: seconds * 1000 });
      const batches = fullness(before, await batchesOf(network.network.router));
      measured.push({ cpu: result.cpu, batches });
      tell(describe(result));
    }
    return measured;
  } finally {
    await ours.stop();
  }
}

function describe({ filings, seconds, cpu }: Round): string {
  const parts = [...cpu].map(([name, ms]) => `${name} ${ms.toFixed(2)}`).join(', ');
  return `${(filings / seconds).toFixed(1)} filings/s; ms of CPU a filing: ${parts}`;
}

function figures(
  name: string,
  { few, many }: { readonly few: Rounds; readonly many: Rounds },
): readonly Figure[] {
  const figure = (of: string, unit: string, read: (measured: Measured) => number): Figure => {
    const [before, after] = [few.map(read), many.map(read)];
    const ratio = median(after) / median(before);
    return { name: of, value: median(after), unit, baseline: median(before), ratio, spread: spreadOf(after) };
  };
  const both = (read: (measured: Measured) => ReadonlyMap<string, number>): string[] => {
    const [before, after] = [few[0], many[0]].map((one) => (one === undefined ? [] : [...read(one).keys()]));
    return (before ?? []).filter((key) => after?.includes(key) === true);
  };
  return [
    figure(name, 'ms/filing', ({ cpu }) => [...cpu.values()].reduce((sum, ms) => sum + ms, 0)),
    ...both(({ cpu }) => cpu).map((process) =>
      figure(`${name}.${process.replaceAll(' ', '-')}`, 'ms/filing', ({ cpu }) => cpu.get(process) ?? 0),
    ),
    ...both(({ batches }) => batches).map((stream) =>
      figure(`${name}.batch.${stream}`, 'records/batch', ({ batches }) => batches.get(stream) ?? 0),
    ),
  ];
}
