/** `npm run bench -- pipeline`: filings a second, from the call of the use case to three recipients and the log. */
import pg from 'pg';
import { topics } from '#contracts';
import { parseIpaCode } from '#contracts';
import { alone, median, readOnce, spreadOf, type BenchOptions, type Figure } from '../measure.ts';
import { withAdmin, type BrokerAccess } from './broker-client.ts';
import { AUTHOR, RECIPIENTS } from './catalogue.ts';
import type { Contender, Round } from './contender.ts';
import { Copy } from './copy/copy.ts';
import { BenchNetwork } from './network.ts';
import { Obvious } from './obvious/obvious.ts';
import { Ours } from './ours.ts';

/** The first filings of a network, whose signed bytes a baseline copies. */
const FIRST_MS = 4_000;
/** Each round begins with so much that is not counted: pools and groups are there, and code that runs for years is compiled. */
const WARM_UP_MS = 15_000;

export async function benchPipeline(options: BenchOptions): Promise<readonly Figure[]> {
  const { seconds, rounds, tell, cpuProf } = options;
  const network = await BenchNetwork.open({ cpuProf, keepLogs: options.keepLogs });
  try {
    const ours = new Ours(network);
    await ours.start();
    tell('the network is founded');
    await ours.run({ ms: FIRST_MS, atMost: 200 });
    const event = await sampleEvent(network);
    await ours.stop();
    const access = accessOf(network);
    const servers = () => network.servers();
    const contenders: readonly Contender[] = [
      new Obvious({ access, postgres: network.network.postgres.url, servers }),
      new Copy(access, event, servers),
      ours,
    ].filter((contender) => options.only === undefined || contender === ours);
    const samples = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const contender of contenders) {
        const sample = await takeTurn(contender, seconds * 1000);
        samples.get(contender.name)?.push(sample);
        tell(`round ${round}: ${contender.name}: ${describe(sample)}`);
      }
    }
    const twice = await sentTwice(network, access);
    return report(samples, event.length, twice);
  } finally {
    await network.close();
  }
}

async function takeTurn(contender: Contender, ms: number): Promise<Round> {
  await contender.start();
  try {
    await contender.run({ ms: Math.min(WARM_UP_MS, 2 * ms) });
    return await contender.run({ ms });
  } finally {
    await contender.stop();
  }
}

export function accessOf({ network }: BenchNetwork): BrokerAccess {
  const { brokers, admin } = network.kafka;
  return { brokers, ...admin };
}

/** An event as the hub carries it, for those who only copy. */
async function sampleEvent(network: BenchNetwork): Promise<Buffer> {
  const client = new pg.Client({ connectionString: network.database(AUTHOR) });
  await client.connect();
  const { rows } = await client.query<{ bytes: Buffer }>('select bytes from event limit 1');
  await client.end();
  const [row] = rows;
  if (row === undefined) throw new Error('nothing was filed');
  return row.bytes;
}

/** Records on the topics beyond what the outboxes hold for them: without a fault there is none. */
async function sentTwice(network: BenchNetwork, access: BrokerAccess): Promise<number> {
  const rows = new Map<string, number>();
  for (const name of [AUTHOR, ...RECIPIENTS, 'router-1']) {
    const client = new pg.Client({ connectionString: network.database(name) });
    await client.connect();
    const found = await client.query<{ topic: string; n: string }>(
      `select t.topic, count(*) as n from outbox, unnest(topics) as t(topic) where sent_at is not null group by 1`,
    );
    await client.end();
    for (const { topic, n } of found.rows) rows.set(topic, (rows.get(topic) ?? 0) + Number(n));
  }
  const members = [AUTHOR, ...RECIPIENTS].map(parseIpaCode);
  const names = [
    ...members.flatMap((ipa) => [topics.outbox(ipa), topics.inbox(ipa)]),
    topics.routing,
    topics.receipts,
  ];
  return withAdmin(access, async (admin) => {
    let surplus = 0;
    for (const name of names) {
      const partitions = await admin.fetchTopicOffsets(name);
      const records = partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
      surplus += Math.abs(records - (rows.get(name) ?? 0));
    }
    return surplus;
  });
}

const rateOf = ({ filings, seconds }: Round): number => filings / seconds;
const cpuOf = ({ cpu }: Round): number => [...cpu.values()].reduce((sum, ms) => sum + ms, 0);

function describe(round: Round): string {
  const parts = [...round.cpu].map(([name, ms]) => `${name} ${ms.toFixed(2)}`).join(', ');
  return `${rateOf(round).toFixed(1)} filings/s (${round.filings} in ${round.seconds.toFixed(1)} s); ms of CPU a filing: ${parts}`;
}

function report(
  samples: ReadonlyMap<string, readonly Round[]>,
  eventBytes: number,
  twice: number,
): readonly Figure[] {
  const ours = samples.get('ours') ?? [];
  const rates = ours.map(rateOf);
  const against = (name: string, baseline: string): Figure[] => {
    const others = samples.get(baseline);
    if (others === undefined) return [];
    const ratios = rates.map((rate, index) => rate / rateOf(others[index]!));
    return [
      {
        name,
        value: median(rates),
        unit: 'filings/s',
        baseline: median(others.map(rateOf)),
        ratio: median(ratios),
        spread: spreadOf(ratios),
      },
    ];
  };
  const processes = [...(ours[0]?.cpu.keys() ?? [])];
  return [
    ...(samples.size === 1 ? [alone('pipeline', rates, 'filings/s')] : []),
    ...against('pipeline', 'the obvious way'),
    ...against('pipeline.of-bare-kafkajs', 'bare kafkajs'),
    ...[...samples].flatMap(([name, all]) =>
      name === 'ours'
        ? []
        : [alone(`pipeline.cpu.${name.replaceAll(' ', '-')}`, all.map(cpuOf), 'ms/filing')],
    ),
    alone('pipeline.cpu', ours.map(cpuOf), 'ms/filing'),
    ...processes.map((name) =>
      alone(
        `pipeline.cpu.${name.replaceAll(' ', '-')}`,
        ours.map(({ cpu }) => cpu.get(name) ?? 0),
        'ms/filing',
      ),
    ),
    readOnce('pipeline.event', eventBytes, 'bytes'),
    readOnce('pipeline.sent-twice', twice, 'records'),
  ];
}
