/** Baseline A: the same effects the obvious way. */
import { createHash, X509Certificate } from 'node:crypto';
import pg from 'pg';
import { createIdentity, type Identity } from '../../evidence/identity.ts';
import { createTopics, deleteTopics, type BrokerAccess } from '../broker-client.ts';
import { AUTHOR, RECIPIENTS } from '../catalogue.ts';
import { BenchChild } from '../children.ts';
import { runCourse, type Contender, type Round } from '../contender.ts';
import type { LoadOrder } from '../load.ts';
import type { Watched } from '../processes.ts';
import type { ObviousPlace, ObviousTopics } from './place.ts';

/** It handles one record at a time: more on their way change nothing but the tail. */
const WINDOW = 64;
const LEAVES = 2 + RECIPIENTS.length;

export interface ObviousParts {
  readonly access: BrokerAccess;
  /** URL of the administrator's own database. */
  readonly postgres: string;
  readonly servers: () => readonly Watched[];
}

export class Obvious implements Contender {
  readonly name = 'the obvious way';
  readonly #parts: ObviousParts;
  #identities: ReadonlyMap<string, Identity> = new Map();
  #round = 0;
  #topics: readonly string[] = [];
  #children: BenchChild[] = [];
  #clients: pg.Client[] = [];

  constructor(parts: ObviousParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    this.#round += 1;
    const holders = [AUTHOR, 'router', ...RECIPIENTS];
    if (this.#identities.size === 0) {
      const made = holders.map(async (holder) => [holder, await createIdentity(holder, new Date())] as const);
      this.#identities = new Map(await Promise.all(made));
    }
    const prefix = `bench.obvious.${this.#round}`;
    const topics: ObviousTopics = {
      outbox: `${prefix}.outbox`,
      routing: `${prefix}.routing`,
      receipts: `${prefix}.receipts`,
      inboxes: [AUTHOR, ...RECIPIENTS].map((holder) => `${prefix}.inbox.${holder}`),
    };
    this.#topics = [topics.outbox, topics.routing, topics.receipts, ...topics.inboxes];
    await createTopics(this.#parts.access, this.#topics);
    this.#children = [];
    this.#children.push(await this.#begin(topics, AUTHOR, 'author'));
    this.#children.push(await this.#begin(topics, 'router', 'router'));
    for (const recipient of RECIPIENTS)
      this.#children.push(await this.#begin(topics, recipient, 'recipient'));
    this.#children.push(await this.#begin(topics, 'auditor', 'auditor'));
    for (const name of [...RECIPIENTS, 'auditor']) {
      const client = new pg.Client({ connectionString: this.#urlOf(name) });
      client.on('error', () => undefined);
      await client.connect();
      this.#clients.push(client);
    }
  }

  async run(order: Pick<Extract<LoadOrder, { kind: 'go' }>, 'ms' | 'rate' | 'atMost'>): Promise<Round> {
    const [load] = this.#children;
    if (load === undefined) throw new Error('the baseline was not started');
    return runCourse(
      {
        load,
        window: WINDOW,
        finished: () => this.#finished(),
        rest: () => Promise.resolve(),
        watched: [...this.#parts.servers(), ...this.#children.map(({ watched }) => watched)],
      },
      order,
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.stop()));
    this.#children = [];
    await Promise.all(this.#clients.map((client) => client.end()));
    this.#clients = [];
    await deleteTopics(this.#parts.access, this.#topics);
  }

  async #begin(topics: ObviousTopics, name: string, module: string): Promise<BenchChild> {
    await this.#ensureDatabase(name);
    const identity = this.#identities.get(name);
    const place: ObviousPlace = {
      access: this.#parts.access,
      topics,
      name,
      database: this.#urlOf(name),
      key: identity?.keyPem ?? '',
      certificate: identity?.certificatePem ?? '',
      holders: Object.fromEntries([...this.#identities].map(([holder, one]) => [digestOf(one), holder])),
      inbox: topics.inboxes.find((topic) => topic.endsWith(`.${name}`)) ?? '',
    };
    return BenchChild.start(name, `./obvious/${module}.js`, process.env, place);
  }

  #urlOf(name: string): string {
    const url = new URL(this.#parts.postgres);
    url.pathname = `/bench_obvious_${this.#round}_${name}`;
    return url.href;
  }

  /** A new one each round: a table that grows would make the later rounds slower. */
  async #ensureDatabase(name: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.#parts.postgres });
    await client.connect();
    const database = new URL(this.#urlOf(name)).pathname.slice(1);
    await client.query(`create database ${client.escapeIdentifier(database)}`);
    await client.end();
  }

  async #finished(): Promise<number> {
    const counts = await Promise.all(
      this.#clients.map(async (client, index) => {
        const isAuditor = index === RECIPIENTS.length;
        const { rows } = await client.query<{ n: string }>(
          `select count(*) as n from ${isAuditor ? 'leaf' : 'feed'}`,
        );
        return Math.floor(Number(rows[0]?.n ?? 0) / (isAuditor ? LEAVES : 1));
      }),
    );
    return Math.min(...counts);
  }
}

function digestOf({ certificatePem }: Identity): string {
  return createHash('sha256').update(new X509Certificate(certificatePem).raw).digest('base64');
}
