/** A whole network of real processes whose every part can be broken: three brokers, a database server, seven nodes. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import {
  ensureNetworkPki,
  freePort,
  provisionTopics,
  startGuardian,
  startKafkaCluster,
  type Guardian,
  type KafkaCluster,
  type KafkaConnection,
  type NetworkPki,
  type ProcessIdentity,
  type RunningKafka,
} from '#embedded';
import { choosePorts } from '../../../apps/cli/src/up/choose-ports.ts';
import { ensureLogKey, writeRegistryFiles, type LogIdentity } from '../../../apps/cli/src/up/config-files.ts';
import { filingPlanOf } from '../../../apps/cli/src/up/filing-plan.ts';
import { planNetwork, SERVICES, type NetworkPlan } from '../../../apps/cli/src/up/network-plan.ts';
import { nodeEnvironment } from '../../../apps/cli/src/up/node-environment.ts';
import { Secrets, tokenDigest } from '../../../apps/cli/src/up/secrets.ts';
import type { NetworkFile, RunningNode } from '../../support/network.ts';
import { until } from '../../support/until.ts';
import { CuttableWay } from './cut.ts';
import { FaultPostgres } from './fault-postgres.ts';
import { KeptProcess } from './kept-process.ts';
import { whoseSocket } from './whose-socket.ts';

const BROKERS = 3;
const BROKER_HEAP_MB = 256;
/** Certificates are older than any clock that is off: what they sign with one is valid all the same. */
const CERTIFICATES_AGE_MS = 86_400_000;
/** The registry has something to send even when nothing changes. */
const HEARTBEAT_MS = '2000';

export type App = 'registry' | 'router' | 'auditor' | 'authority';

/** A node as faults see it. */
export interface FaultNode {
  readonly name: string;
  readonly app: App;
  readonly url: string;
  readonly token: string;
  /** URL of its own database, and the database's name. */
  readonly database: string;
  readonly databaseName: string;
  readonly process: KeptProcess;
  /** Its ways to the brokers; nobody else uses them. */
  readonly toBrokers: readonly CuttableWay[];
  /** The way of the other nodes to it; an authority has one. */
  readonly fromPeers: CuttableWay | undefined;
  /** A second instance of the same node over the same database, on ports of its own; not started yet. */
  second(): Promise<KeptProcess>;
}

export interface FaultNetworkOptions {
  readonly home: string;
  /** The compiled programs to run: `dist`, or that of a defect. */
  readonly dist: string;
  readonly report: (what: string) => void;
}

/** Door of the brokers that a node comes in by. */
function doorOf(name: string): string {
  return `NODE_${name.replaceAll(/[^A-Za-z0-9]/g, '_').toUpperCase()}`;
}

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

  /** Keeps account of a process beside those of the nodes themselves. */
  note(extra: KeptProcess): void {
    this.#extras.push(extra);
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
      const client = new pg.Client({ connectionString: node.database });
      client.on('error', () => undefined);
      try {
        await client.connect();
        const { rowCount } = await client.query('select 1 from outbox where sent_at is null limit 1');
        return rowCount === 0 ? true : undefined;
      } finally {
        await client.end().catch(() => undefined);
      }
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

interface Parts {
  readonly plan: NetworkPlan;
  readonly guardian: Guardian;
  readonly pki: NetworkPki;
  readonly log: LogIdentity;
  readonly ports: Readonly<Record<string, number>>;
  readonly tokens: Readonly<Record<string, string>>;
  readonly postgres: FaultPostgres;
  readonly cluster: KafkaCluster;
  readonly toBrokers: ReadonlyMap<string, readonly CuttableWay[]>;
  readonly fromPeers: ReadonlyMap<string, CuttableWay>;
  /** Process id of each node that runs, by name. */
  readonly running: Map<string, number>;
}

/** Everything but the nodes. */
async function startParts(
  { home, report }: FaultNetworkOptions,
  undo: (() => Promise<void>)[],
): Promise<Parts> {
  const plan = planNetwork(undefined);
  const services = Object.values(SERVICES).map(({ name, role }) => ({ holder: name, role }));
  const members = plan.members.map(({ ipa }) => ({ holder: ipa, role: 'authority' as const }));
  const names = [...services, ...members].map(({ holder }) => holder);
  const logDir = join(home, 'logs');
  await mkdir(logDir, { recursive: true });
  report('keys, PostgreSQL and three brokers');
  const guardian = await startGuardian();
  undo.push(() => guardian.stop());
  const pki = await ensureNetworkPki({
    dir: join(home, 'pki'),
    holders: [...services, ...members],
    now: new Date(Date.now() - CERTIFICATES_AGE_MS),
  });
  const peers = plan.members.map(({ ipa }) => `${ipa} peer`);
  const ports = await choosePorts(join(home, 'ports.json'), [...names, ...peers]);
  const secrets = await Secrets.open(join(home, 'secrets.json'));
  const tokens = await secrets.adminTokens(names);
  const log = await ensureLogKey(home, 'reset-hub.example/faults');
  const ways = new Map<string, CuttableWay[]>(names.map((name) => [doorOf(name), []]));
  const [postgres, cluster] = await Promise.all([
    FaultPostgres.start(home, guardian),
    startKafkaCluster({
      dir: join(home, 'kafka'),
      logDir,
      pki,
      guardian,
      size: BROKERS,
      heapMb: BROKER_HEAP_MB,
      doors: [...ways.keys()],
      advertise: async (door, _, port) => {
        const way = await CuttableWay.open({ to: () => port });
        ways.get(door)?.push(way);
        return way.port;
      },
    }),
  ]);
  undo.push(
    () => postgres.stop(),
    () => cluster.stop(),
  );
  const fromPeers = new Map<string, CuttableWay>();
  const running = new Map<string, number>();
  for (const { ipa } of plan.members) {
    const way = { to: () => ports[`${ipa} peer`] ?? 0, whose: (port: number) => whoseSocket(port, running) };
    fromPeers.set(ipa, await CuttableWay.open(way));
  }
  const toBrokers = new Map(names.map((name) => [name, ways.get(doorOf(name)) ?? []]));
  const parts = { plan, guardian, pki, log, ports, tokens, postgres, cluster, toBrokers, fromPeers, running };
  report('topics and permissions');
  await provision(home, parts);
  return parts;
}

async function provision(home: string, { plan, pki, cluster, toBrokers, fromPeers }: Parts): Promise<void> {
  const principals = Object.fromEntries(
    Object.values(pki.holders).map(({ holder, transport }) => [holder, transport.principal]),
  );
  await provisionTopics(cluster.admin, {
    members: plan.members.map(({ ipa }) => ipa),
    principals: Object.values(pki.holders).map(({ holder, role }) => ({
      holder,
      role,
      principal: principals[holder] ?? '',
    })),
  });
  const kafka: RunningKafka = {
    kind: 'jvm',
    brokers: cluster.addresses,
    admin: cluster.admin,
    principals,
    connectionFor: (holder) => connectionOf(pki, toBrokers, holder),
    pid: null,
    logFile: null,
    stop: () => Promise.resolve(),
  };
  const urls = [...fromPeers].map(([ipa, { port }]) => [ipa, `https://127.0.0.1:${port}`] as const);
  await writeRegistryFiles(home, Object.fromEntries(urls), pki, kafka);
}

function connectionOf(
  pki: NetworkPki,
  ways: ReadonlyMap<string, readonly CuttableWay[]>,
  holder: string,
): KafkaConnection {
  const { transport } = pki.holders[holder]!;
  return {
    brokers: (ways.get(holder) ?? []).map(({ port }) => `localhost:${port}`),
    caFile: pki.ca.certFile,
    certFile: transport.certFile,
    keyFile: transport.keyFile,
  };
}

async function makeNodes(options: FaultNetworkOptions, parts: Parts): Promise<FaultNode[]> {
  const { registry, router, auditor } = SERVICES;
  const config = join(options.home, 'config');
  const own = {
    [registry.name]: {
      CATALOGUE_DIR: parts.plan.dir,
      CERTIFICATES_FILE: join(config, 'certificates.json'),
      MEMBERS_FILE: join(config, 'members.json'),
      ROOTS_DIR: join(parts.pki.dir, 'roots'),
      HEARTBEAT_MS,
    },
    [router.name]: {},
    [auditor.name]: { LOG_ORIGIN: parts.log.origin, LOG_KEY_FILE: parts.log.keyFile },
  };
  const services = Object.values(SERVICES).map(({ name, role }) =>
    makeNode(options, parts, name, role, own[name] ?? {}),
  );
  const members = parts.plan.members.map(({ ipa }) =>
    makeNode(options, parts, ipa, 'authority', {
      PEER_HOST: '127.0.0.1',
      PEER_PORT: String(parts.ports[`${ipa} peer`]),
      DOCUMENTS_DIR: join(options.home, 'documents', ipa),
      AUDITOR_URL: `http://127.0.0.1:${parts.ports[auditor.name]}`,
      AUDITOR_TOKEN: parts.tokens[auditor.name] ?? '',
      ...filingPlanOf(parts.plan, ipa),
    }),
  );
  return await Promise.all([...services, ...members]);
}

async function makeNode(
  { home, dist }: FaultNetworkOptions,
  { pki, ports, tokens, postgres, guardian, toBrokers, fromPeers, running }: Parts,
  name: string,
  app: App,
  own: Readonly<Record<string, string>>,
): Promise<FaultNode> {
  const databaseName = `hub_${name.replaceAll(/[^A-Za-z0-9]/g, '_').toLowerCase()}`;
  const database = await postgres.ensureDatabase(databaseName);
  const token = tokens[name] ?? '';
  const settings = {
    name,
    databaseUrl: database,
    holder: pki.holders[name]!,
    connection: connectionOf(pki, toBrokers, name),
    pki,
    port: ports[name] ?? 0,
    adminTokenSha256: tokenDigest(token),
  };
  const specOf = (instance: string, changed: Readonly<Record<string, string>> = {}) => ({
    name: instance,
    main: join(dist, 'apps', app, 'src/main.js'),
    logFile: join(home, 'logs', `${instance}.log`),
    env: { ...nodeEnvironment(settings, own, ENVIRONMENT), ...changed },
  });
  const started = (pid: number): void => {
    running.set(name, pid);
  };
  const process = new KeptProcess(specOf(name), join(home, 'orders', name), guardian, started);
  const second = async (): Promise<KeptProcess> => {
    const changed = {
      HTTP_PORT: String(await freePort()),
      ...(app === 'authority' ? { PEER_PORT: String(await freePort()) } : {}),
    };
    return new KeptProcess(specOf(`${name}-2`, changed), join(home, 'orders', `${name}-2`), guardian);
  };
  const url = `http://127.0.0.1:${settings.port}`;
  const ways = { toBrokers: toBrokers.get(name) ?? [], fromPeers: fromPeers.get(name) };
  return { name, app, url, token, database, databaseName, process, second, ...ways };
}

/** What nodes get of this process's own environment: nothing that would make one run unlike another. */
const ENVIRONMENT = { PATH: process.env['PATH'], LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn' };
