import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HubError } from '#errors';
import type { Guardian } from '../guardian/guardian.ts';
import type { NetworkPki } from '../pki/network-pki.ts';
import { untilReady } from '../process/background.ts';
import { clearLeftBehind } from '../process/child-record.ts';
import { isRunning, type ProcessIdentity } from '../process/identity.ts';
import { freePort } from '../process/ports.ts';
import type { BrokerPlace } from './broker-properties.ts';
import { answers, type KafkaConnection } from './connection.ts';
import { localIdentities } from './identities.ts';
import { cacheDir, ensureBrokerJars } from './jars.ts';
import { clusterIdOf, format, METADATA_LOG } from './jvm-format.ts';
import { configure, dataDirOf, launch, recordOf, type JvmProcess, type JvmSettings } from './jvm-process.ts';
import { findJava } from './find-java.ts';
import { brokerPom } from '../project-root.ts';

const READY_WITHIN_MS = 90_000;
const DEFAULT_HEAP_MB = 256;

export interface KafkaClusterOptions {
  /** The cluster's folder; each broker has its own in it, and they stay. */
  readonly dir: string;
  readonly logDir: string;
  readonly pki: NetworkPki;
  /** How many brokers; each is a voter of the controllers' quorum too. */
  readonly size: number;
  readonly heapMb?: number;
  /** Names of further listeners on each broker, letters, digits and `_`; what each tells its clients is asked for. */
  readonly doors?: readonly string[];
  /** The port that clients of a door are told, for the door's own. */
  readonly advertise?: (door: string, nodeId: number, port: number) => Promise<number>;
  /** Finds a port to listen on; the system's choice unless given. */
  readonly findPort?: () => Promise<number>;
  readonly guardian?: Guardian;
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: (what: string) => void;
}

/** A Kafka cluster on one machine whose brokers can be ended and started one by one. */
export interface KafkaCluster {
  readonly brokers: readonly ClusterBroker[];
  /** The way to the cluster by its common listener. */
  readonly addresses: readonly string[];
  /** With the administrator's certificate. */
  readonly admin: KafkaConnection;
  /** The node id of the active controller, as the voters' own files have it; null before the first election. */
  controller(): Promise<number | null>;
  stop(): Promise<void>;
}

/**
 * Starts brokers in KRaft combined mode as one cluster, with mutual TLS and ACLs as a broker alone has them, and waits
 * until all are members.
 * @throws HubError `KAFKA_UNAVAILABLE` without Java 17 or its jars; `KAFKA_START_FAILED` with the log's path
 */
export async function startKafkaCluster(options: KafkaClusterOptions): Promise<KafkaCluster> {
  const { dir, pki, size, env = process.env, onProgress } = options;
  const java = await findJava(env);
  if (typeof java !== 'string')
    throw new HubError('KAFKA_UNAVAILABLE', `a cluster needs Java: ${java.reason}`);
  const jars = await ensureBrokerJars({ pom: brokerPom(), cache: cacheDir(env), env, onProgress });
  const ids = Array.from({ length: size }, (_, index) => index + 1);
  await mkdir(options.logDir, { recursive: true });
  const places = await choosePlaces(options, ids);
  const brokers = places.map(
    (place) => new ClusterBroker(settingsOf(options, place.nodeId, jars, java), pki, place),
  );
  const addresses = brokers.map(({ address }) => address);
  const admin: KafkaConnection = { brokers: addresses, ...localIdentities(pki).admin };
  const clusterId = (await clusterIdOf(folderOf(dir, 1))) ?? randomBytes(16).toString('base64url');
  const stop = async (): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker.stop()));
  };
  try {
    const [first, ...others] = brokers;
    await first?.prepare(clusterId);
    // Not beside it: what was made for it is kept for them.
    await Promise.all(others.map((broker) => broker.prepare(clusterId)));
    await Promise.all(brokers.map((broker) => broker.start(admin)));
  } catch (error) {
    await stop();
    throw error;
  }
  const controller = async (): Promise<number | null> => leaderOf(ids.map((id) => folderOf(dir, id)));
  return { brokers, addresses, admin, controller, stop };
}

/** One broker of a cluster, from one process to the next. */
export class ClusterBroker {
  readonly nodeId: number;
  /** Where its clients find it by the common listener. */
  readonly address: string;
  readonly #settings: JvmSettings;
  readonly #pki: NetworkPki;
  readonly #place: BrokerPlace;
  #process: JvmProcess | undefined;

  constructor(settings: JvmSettings, pki: NetworkPki, place: BrokerPlace) {
    this.#settings = settings;
    this.#pki = pki;
    this.#place = place;
    this.nodeId = place.nodeId;
    this.address = `${place.advertisedHost}:${String(place.port)}`;
  }

  /** Its process; undefined before the first start. */
  get identity(): ProcessIdentity | undefined {
    return this.#process?.identity;
  }

  /**
   * Configuration and formatted folder.
   * @throws HubError `KAFKA_START_FAILED`, `HOME_IN_USE`
   */
  async prepare(clusterId: string): Promise<void> {
    await clearLeftBehind(recordOf(this.#settings.dir), 'SIGTERM');
    await configure(this.#settings, this.#pki, this.#place);
    if ((await clusterIdOf(this.#settings.dir)) !== undefined) return;
    await format(this.#settings, this.nodeId, clusterId);
  }

  /** Starts its process and waits until it answers. @throws HubError `KAFKA_START_FAILED` */
  async start(admin: KafkaConnection): Promise<void> {
    this.#process = await launch(this.#settings, `kafka-${String(this.nodeId)}`);
    const alone = { ...admin, brokers: [this.address] };
    try {
      await untilReady(
        'KAFKA_START_FAILED',
        `Kafka broker ${String(this.nodeId)}`,
        this.#process,
        async () => await answers(alone),
        READY_WITHIN_MS,
      );
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Ends its process as `kill -9` does; its folder stays as it is. */
  kill(): void {
    const identity = this.identity;
    if (identity === undefined || !isRunning(identity)) return;
    process.kill(identity.pid, 'SIGKILL');
    this.#settings.guardian?.release(identity.pid);
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }
}

function settingsOf(options: KafkaClusterOptions, nodeId: number, jars: string, java: string): JvmSettings {
  const { dir, logDir, heapMb = DEFAULT_HEAP_MB, guardian } = options;
  const logFile = join(logDir, `kafka-${String(nodeId)}.log`);
  // Its brokers are there to be ended and started again.
  return { dir: folderOf(dir, nodeId), logFile, jars, java, heapMb, guardian, shortLived: true };
}

function folderOf(dir: string, nodeId: number): string {
  return join(dir, `broker-${String(nodeId)}`);
}

async function choosePlaces(
  { dir, doors = [], advertise, findPort = freePort }: KafkaClusterOptions,
  ids: readonly number[],
): Promise<BrokerPlace[]> {
  const taken = new Set<number>();
  const port = async (): Promise<number> => {
    for (;;) {
      const found = await findPort();
      if (taken.has(found)) continue;
      taken.add(found);
      return found;
    }
  };
  const controllers = new Map<number, number>();
  for (const id of ids) controllers.set(id, await port());
  const voters = [...controllers].map(([id, at]) => `${String(id)}@localhost:${String(at)}`);
  const places: BrokerPlace[] = [];
  for (const [nodeId, controllerPort] of controllers) {
    const own = [];
    for (const name of doors) {
      const at = await port();
      own.push({ name, port: at, advertisedPort: (await advertise?.(name, nodeId, at)) ?? at });
    }
    places.push({
      nodeId,
      dataDir: dataDirOf(folderOf(dir, nodeId)),
      host: '127.0.0.1',
      advertisedHost: 'localhost',
      port: await port(),
      controllerHost: '127.0.0.1',
      controllerPort,
      voters,
      doors: own,
    });
  }
  return places;
}

/** The leader of the latest epoch that any voter has written down (KRaft's `quorum-state`). */
async function leaderOf(folders: readonly string[]): Promise<number | null> {
  let latest = { leaderId: -1, leaderEpoch: -1 };
  for (const folder of folders) {
    const text = await readFile(join(dataDirOf(folder), METADATA_LOG, 'quorum-state'), 'utf8').catch(
      () => '{}',
    );
    const seen = { ...latest, ...(JSON.parse(text) as Partial<typeof latest>) };
    if (seen.leaderEpoch > latest.leaderEpoch && seen.leaderId >= 0) latest = seen;
  }
  return latest.leaderId < 0 ? null : latest.leaderId;
}
