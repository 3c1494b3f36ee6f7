/**
 * What one record costs between two nodes: processor time of the node that sends (append, relay), of the database
 * (append, read, mark; positions of the reader), of the broker and of the node that reads, by kind and size of batch.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureNetworkPki, startGuardian, startKafka, startPostgres } from '#embedded';
import { createTopics, type BrokerAccess } from '../exchange/broker-client.ts';
import { BenchChild, type Said } from '../exchange/children.ts';
import { cpuOf, spent, type Watched } from '../exchange/processes.ts';
import { alone, type BenchOptions, type Figure } from '../measure.ts';
import { KINDS, type ReadOrder, type SendOrder, type Spent, type WirePlace } from './traffic.ts';

/** Records of a round by size of batch: enough for the hundredths of a second in which a server's time is told. */
const COUNTS: Readonly<Record<number, number>> = { 1: 128, 8: 512, 64: 2_048, 256: 4_096 };

/** Run first and thrown away: the broker's compiler is at work for its first thousands of requests. */
const WARM_UP: Omit<SendOrder, 'topics'> = { kind: KINDS.receipt, size: 4, count: 4_096 };

type Place = 'sender' | 'database' | 'broker' | 'reader';
const PLACES: readonly Place[] = ['sender', 'database', 'broker', 'reader'];

export async function benchWire(options: BenchOptions): Promise<readonly Figure[]> {
  const courses = Object.entries(KINDS)
    .flatMap(([name, kind]) =>
      Object.entries(COUNTS).map(([size, count]) => ({
        name: `${name}-${size}`,
        kind,
        size: Number(size),
        count,
      })),
    )
    .filter(({ name }) => (options.only ?? name) === name);
  const network = await BenchWire.open(options.cpuProf);
  try {
    options.tell('warming up');
    await network.measure({ ...WARM_UP, topics: ['bench.warm.0', 'bench.warm.1'] });
    const costs = new Map<string, number[]>();
    // The first round warms up and is thrown away.
    for (let round = 0; round <= options.rounds; round += 1) {
      for (const { name, ...course } of courses) {
        options.tell(`round ${round} of ${options.rounds}: ${name}`);
        const topics = Array.from({ length: course.kind.topics }, (_, n) => `bench.${round}.${name}.${n}`);
        const measured = await network.measure({ ...course, topics });
        if (round === 0) continue;
        for (const place of PLACES) {
          const key = `wire.${name}.${place}`;
          costs.set(key, [...(costs.get(key) ?? []), measured[place]]);
        }
      }
    }
    return [...costs].map(([name, samples]) => alone(name, samples, 'µs/record'));
  } finally {
    await network.close();
  }
}

/** One broker, one PostgreSQL with default durability, a node that sends and one that reads. */
class BenchWire {
  readonly #ends: (() => Promise<unknown>)[] = [];
  readonly #servers: Watched[] = [];
  #access: BrokerAccess | undefined;
  #sender: BenchChild | undefined;
  #reader: BenchChild | undefined;

  static async open(cpuProf: string | undefined): Promise<BenchWire> {
    const wire = new BenchWire();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        void wire.close().finally(() => process.exit(130));
      });
    }
    try {
      await wire.#start(cpuProf);
      return wire;
    } catch (error) {
      await wire.close();
      throw error;
    }
  }

  async #start(cpuProf: string | undefined): Promise<void> {
    const home = await mkdtemp(join(tmpdir(), 'reset-hub-wire-'));
    this.#ends.push(() => rm(home, { recursive: true, force: true }));
    const guardian = await startGuardian();
    this.#ends.push(() => guardian.stop());
    const pki = await ensureNetworkPki({ dir: join(home, 'pki'), holders: [] });
    const postgres = await startPostgres({ home, guardian, durability: 'full', env: {} });
    this.#ends.push(() => postgres.stop());
    const kafka = await startKafka({
      home,
      pki,
      guardian,
      env: { ...process.env, KAFKA_BROKERS: undefined },
    });
    this.#ends.push(() => kafka.stop());
    this.#servers.push(
      { name: 'database', pid: postgres.pid ?? 0, withChildren: true },
      { name: 'broker', pid: kafka.pid ?? 0, withChildren: false },
    );
    const { brokers, caFile: ca, certFile: cert, keyFile: key } = kafka.admin;
    const access = { brokers, ca, cert, key };
    const flags = cpuProf === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${cpuProf}`];
    const start = async (name: string): Promise<BenchChild> => {
      const place: WirePlace = { access, database: await postgres.ensureDatabase(name) };
      const child = await BenchChild.start(name, `../wire/${name}.js`, process.env, place, [
        '--expose-gc',
        ...flags,
      ]);
      this.#ends.push(() => child.stop());
      return child;
    };
    this.#access = access;
    this.#sender = await start('sender');
    this.#reader = await start('reader');
  }

  /** Microseconds for each record. */
  async measure(order: SendOrder): Promise<Readonly<Record<Place, number>>> {
    const [access, sender, reader] = [this.#access, this.#sender, this.#reader];
    if (access === undefined || sender === undefined || reader === undefined) throw new Error('not started');
    const { topics, size, count } = order;
    await createTopics(access, topics);
    const joined = heard(reader, 'ready');
    const read: ReadOrder = { topic: topics[0] ?? '', size, count };
    reader.tell(read);
    await joined;
    const before = cpuOf(this.#servers);
    const [sent, received] = [heard(sender, 'ended'), heard(reader, 'received')];
    sender.tell(order);
    const [own, other] = [await sent, await received];
    const used = spent(before, cpuOf(this.#servers));
    return {
      sender: own / count,
      database: ((used.get('database') ?? 0) * 1_000) / count,
      broker: ((used.get('broker') ?? 0) * 1_000) / count,
      reader: other / count,
    };
  }

  /** Ends everything and removes the folder. */
  async close(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}

/** The next time that a child says this: the microseconds that it tells. */
async function heard(child: BenchChild, kind: Said['kind']): Promise<number> {
  return new Promise((resolve) => {
    const stop = child.hear((said) => {
      if (said.kind !== kind) return;
      stop();
      resolve((said.values as Spent | undefined)?.micros ?? 0);
    });
  });
}
