/** `npm run bench -- growth`: does an event cost more when a million are stored, or when there are 40 authorities? */
import pg from 'pg';
import { median, spreadOf, type BenchOptions, type Figure } from '../measure.ts';
import { AUTHOR, inventedMembers, RECIPIENTS } from './catalogue.ts';
import type { Round } from './contender.ts';
import { fillNetwork } from './fill.ts';
import { BenchNetwork } from './network.ts';
import { Ours } from './ours.ts';

const FEW_EVENTS = 1_000;
const MANY_AUTHORITIES = 40;
const FEW_AUTHORITIES = 4;
const WARM_UP_MS = 8_000;

type Costs = readonly ReadonlyMap<string, number>[];

type Growing = (options: BenchOptions) => Promise<{ readonly few: Costs; readonly many: Costs }>;

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

/** Milliseconds of processor time a filing by process, with few events stored and with many. */
async function byEvents(options: BenchOptions): Promise<{ readonly few: Costs; readonly many: Costs }> {
  const { tell, events, cpuProf, keepLogs } = options;
  const network = await BenchNetwork.open({ cpuProf, keepLogs });
  try {
    const ours = new Ours(network);
    // The tables, the first checkpoint of the log and the warm pages come from a first run.
    await measure(ours, { ...options, rounds: 1, seconds: 1 });
    await fillNetwork(network, 1, FEW_EVENTS);
    tell(`${FEW_EVENTS} events stored`);
    const few = await measure(ours, options);
    const began = performance.now();
    await fillNetwork(network, FEW_EVENTS + 1, events);
    tell(`${events} events stored, in ${((performance.now() - began) / 1000).toFixed(0)} s`);
    return { few, many: await measure(ours, options) };
  } finally {
    await network.close();
  }
}

/** The same load, from one author or spread over all that may file; the other members' nodes do not run. */
async function byAuthorities(members: number, options: BenchOptions): Promise<Costs> {
  const { tell, cpuProf, keepLogs } = options;
  const network = await BenchNetwork.open({ members, running: [AUTHOR, ...RECIPIENTS], cpuProf, keepLogs });
  try {
    tell(`${members} authorities`);
    const invented = inventedMembers(members);
    // Each database as the author's own node makes it, the verified copy of the registry included.
    await network.startNodes();
    await network.stopNodes();
    await cloneDatabases(network, invented);
    return await measure(new Ours(network, { authors: [AUTHOR, ...invented] }), options);
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

async function measure(ours: Ours, { rounds, seconds, tell }: BenchOptions): Promise<Costs> {
  const costs: ReadonlyMap<string, number>[] = [];
  await ours.start();
  try {
    await ours.run({ ms: WARM_UP_MS });
    for (let round = 0; round < rounds; round += 1) {
      const result = await ours.run({ ms: seconds * 1000 });
      costs.push(result.cpu);
      tell(describe(result));
    }
    return costs;
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
  { few, many }: { readonly few: Costs; readonly many: Costs },
): readonly Figure[] {
  const figure = (of: string, cost: (costs: ReadonlyMap<string, number>) => number): Figure => {
    const [before, after] = [few.map(cost), many.map(cost)];
    const ratio = median(after) / median(before);
    return {
      name: of,
      value: median(after),
      unit: 'ms/filing',
      baseline: median(before),
      ratio,
      spread: spreadOf(after),
    };
  };
  const names = [...(few[0]?.keys() ?? [])].filter((process) => many[0]?.has(process) === true);
  return [
    figure(name, (costs) => [...costs.values()].reduce((sum, ms) => sum + ms, 0)),
    ...names.map((process) =>
      figure(`${name}.${process.replaceAll(' ', '-')}`, (costs) => costs.get(process) ?? 0),
    ),
  ];
}
