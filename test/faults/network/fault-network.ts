/** A whole network of real processes whose every part can be broken: three brokers, a database server, seven nodes. */
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { KafkaCluster, KafkaConnection, ProcessIdentity } from '#embedded';
import { parseSkey, type NoteSigner } from '#tlog';
import { ensureWitnessKey } from '../../../apps/cli/src/up/config-files.ts';
import { SERVICES } from '../../../apps/cli/src/up/network-plan.ts';
import type { NetworkFile, RunningNode } from '../../support/network.ts';
import { until } from '../../support/until.ts';
import { makeNodes, type FaultNode } from './fault-node.ts';
import type { FaultPostgres } from './fault-postgres.ts';
import type { KeptProcess } from './kept-process.ts';
import { startParts, type FaultNetworkOptions, type Parts } from './network-parts.ts';

const READ_WITHIN_MS = 60_000;

export class FaultNetwork {
  readonly home: string;
  readonly nodes: readonly FaultNode[];
  readonly postgres: FaultPostgres;
  readonly cluster: KafkaCluster;
  readonly #parts: Parts;
  readonly #extras: KeptProcess[] = [];

  private constructor(home: string, parts: Parts, nodes: readonly FaultNode[]) {
    this.home = home;
    this.#parts = parts;
    this.nodes = nodes;
    this.postgres = parts.postgres;
    this.cluster = parts.cluster;
  }

  /** @throws HubError of the part that does not start; what was started before it ends */
  static async start(options: FaultNetworkOptions): Promise<FaultNetwork> {
    const undo: (() => Promise<void>)[] = [];
    try {
      const parts = await startParts(options, undo);
      const nodes = await makeNodes(options, parts);
      const network = new FaultNetwork(options.home, parts, nodes);
      undo.push(() => network.#stopNodes());
      await network.#startNodes(options.report);
      return network;
    } catch (error) {
      for (const step of undo.reverse()) await step().catch(() => undefined);
      throw error;
    }
  }

  get authorities(): readonly FaultNode[] {
    return this.nodes.filter(({ app }) => app === 'authority');
  }

  node(name: string): FaultNode {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`no node ${name}`);
    return found;
  }

  /** The administrator's way to the brokers, which nothing cuts. */
  get admin(): KafkaConnection {
    return this.cluster.admin;
  }

  /** What `test/support` wants to know of a network. */
  file(): NetworkFile {
    const { pki, log, cluster, postgres } = this.#parts;
    const asRunning = (name: string): RunningNode => {
      const { url, token, database, process } = this.node(name);
      return { name, url, token, database, pid: process.current?.pid ?? 0 };
    };
    return {
      up: { pid: globalThis.process.pid },
      members: this.authorities.map(({ name }) => ({ ...asRunning(name), ipa: name })),
      registry: asRunning(SERVICES.registry.name),
      router: asRunning(SERVICES.router.name),
      auditor: asRunning(SERVICES.auditor.name),
      kafka: { brokers: cluster.addresses, pid: null },
      postgres: { url: postgres.adminUrl, pid: null },
      pki: { ca: pki.ca.certFile, dir: pki.dir, fingerprint: pki.ca.fingerprint },
      log: { vkey: log.vkey },
    };
  }

  /** Keys of the log's witnesses, the members. */
  async witnessKeys(): Promise<readonly string[]> {
    const { origin } = this.#parts.log;
    const keys = await Promise.all(
      this.authorities.map(({ name }) => ensureWitnessKey(this.home, origin, name)),
    );
    return keys.map(({ vkey }) => vkey);
  }

  /** The log's own key, as whoever would make another log of it has it. */
  async logSigner(): Promise<NoteSigner> {
    return parseSkey((await readFile(this.#parts.log.keyFile, 'utf8')).trim());
  }

  /** A second instance of a node, not started yet; what it does that nobody asked for is a surprise, too. */
  async secondOf(name: string): Promise<KeptProcess> {
    const second = await this.node(name).second();
    this.#extras.push(second);
    return second;
  }

  /** What processes did that nobody asked for. */
  surprises(): string[] {
    return [...this.nodes.map(({ process }) => process), ...this.#extras].flatMap(
      ({ surprises }) => surprises,
    );
  }

  /** Waits until a node has sent all it had to send. */
  async allSent(node: FaultNode, withinMs: number): Promise<void> {
    await until(`${node.name} has sent everything`, withinMs, async () => {
      const unsent = await rowsOf(node, 'select 1 from outbox where sent_at is null limit 1');
      return unsent.length === 0 ? true : undefined;
    });
  }

  /** Leaves of the newest checkpoint in the auditor's database; another fault may have killed its server. */
  async sizeOfLog(): Promise<number> {
    return await until('the size of the log is read', READ_WITHIN_MS, async () => {
      const [row] = await rowsOf<{ size: string }>(
        this.node(SERVICES.auditor.name),
        'select coalesce(max(size), 0) as size from checkpoint',
      );
      return Number(row?.size);
    });
  }

  /** Every process that this network ever had, by what it was. */
  everyProcess(): readonly (readonly [string, ProcessIdentity])[] {
    const brokers = this.cluster.brokers.flatMap(({ nodeId, identity }) =>
      identity === undefined ? [] : [[`broker ${nodeId}`, identity] as const],
    );
    const servers = this.postgres.identities.map((identity) => ['PostgreSQL', identity] as const);
    const kept = [...this.nodes.map(({ process }) => process), ...this.#extras];
    const nodes = kept.flatMap(({ name, identities }) =>
      identities.map((identity) => [name, identity] as const),
    );
    return [...brokers, ...servers, ...nodes];
  }

  async stop(): Promise<void> {
    await this.#stopNodes();
    // Nobody wants their data any more: a shutdown in good order takes them many seconds.
    for (const broker of this.cluster.brokers) broker.kill();
    await this.postgres.stop();
    await this.#parts.guardian.stop();
  }

  async #startNodes(report: (what: string) => void): Promise<void> {
    for (const apps of [['registry', 'router', 'auditor'], ['authority']]) {
      report(`starting ${apps.join(', ')}`);
      await Promise.all(
        this.nodes.filter(({ app }) => apps.includes(app)).map(({ process }) => process.start()),
      );
    }
  }

  async #stopNodes(): Promise<void> {
    await Promise.all(this.nodes.map(({ process }) => process.stop()));
    const ways = this.nodes.flatMap(({ toBrokers, fromPeers }) => [
      ...toBrokers,
      ...(fromPeers === undefined ? [] : [fromPeers]),
    ]);
    await Promise.all(ways.map((way) => way.close()));
  }
}

async function rowsOf<Row extends object>({ database }: FaultNode, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: database });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
