/** What the nodes of a network stand on: keys, ports, a database server, three brokers, and the ways between them all. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ensureNetworkPki,
  provisionTopics,
  startGuardian,
  startKafkaCluster,
  type Guardian,
  type KafkaCluster,
  type KafkaConnection,
  type NetworkPki,
  type RunningKafka,
} from '#embedded';
import { ensureLogKey, writeRegistryFiles, type LogIdentity } from '../../../apps/cli/src/up/config-files.ts';
import { planNetwork, SERVICES, type NetworkPlan } from '../../../apps/cli/src/up/network-plan.ts';
import { Secrets } from '../../../apps/cli/src/up/secrets.ts';
import { CuttableWay } from './cut.ts';
import { FaultPostgres } from './fault-postgres.ts';
import { lastingPort } from './ports.ts';
import { whoseSocket } from './whose-socket.ts';

const BROKERS = 3;
const BROKER_HEAP_MB = 256;
/** Certificates are older than any clock that is off: what they sign with one is valid all the same. */
const CERTIFICATES_AGE_MS = 86_400_000;
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

/** Everything of a network but its nodes. */
export interface Parts {
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

/**
 * Starts it all, and says by which ways each node reaches the brokers and is reached.
 * @param undo receives what ends each part that was started
 */
export async function startParts(
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
  const peers = [SERVICES.router.name, ...plan.members.map(({ ipa }) => ipa)].map((name) => `${name} peer`);
  const ports: Record<string, number> = {};
  for (const name of [...names, ...peers]) ports[name] = await lastingPort();
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
      findPort: lastingPort,
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

/** A node's way to the brokers, and the certificate that it shows there. */
export function connectionOf(
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
