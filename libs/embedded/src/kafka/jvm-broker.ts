import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HubError } from '#errors';
import type { Guardian } from '../guardian/guardian.ts';
import type { NetworkPki } from '../pki/network-pki.ts';
import { untilReady } from '../process/background.ts';
import { clearLeftBehind } from '../process/child-record.ts';
import { isFree, portLike } from '../process/ports.ts';
import { remember, remembered } from '../process/remembered.ts';
import type { StartedBroker } from './broker.ts';
import { answers } from './connection.ts';
import { clusterIdOf, format } from './jvm-format.ts';
import { configure, dataDirOf, launch, recordOf } from './jvm-process.ts';

const READY_WITHIN_MS = 60_000;
/** Of a broker alone. */
const NODE_ID = 1;

interface Ports {
  readonly port: number;
  readonly controllerPort: number;
}

export interface JvmBrokerOptions {
  /** Own folder of the broker: data, configuration, log. */
  readonly dir: string;
  readonly logDir: string;
  readonly jars: string;
  readonly java: string;
  readonly pki: NetworkPki;
  readonly port?: number | undefined;
  readonly shortLived?: boolean | undefined;
  readonly guardian?: Guardian | undefined;
}

/**
 * Starts the real broker on this machine's Java and waits until it answers. The same folder again gives the same topics,
 * and the same port while it is free.
 *
 * @throws HubError `KAFKA_START_FAILED` (with the log's path), `HOME_IN_USE`
 */
export async function startJvmBroker(options: JvmBrokerOptions): Promise<StartedBroker> {
  const { dir, pki, jars, java, shortLived, guardian } = options;
  const settings = { dir, jars, java, shortLived, guardian, logFile: join(options.logDir, 'kafka.log') };
  await mkdir(dir, { recursive: true });
  await mkdir(options.logDir, { recursive: true });
  await clearLeftBehind(recordOf(dir), 'SIGTERM');
  const { port, controllerPort } = await choosePorts(dir, options.port);
  await configure(settings, pki, {
    nodeId: NODE_ID,
    dataDir: dataDirOf(dir),
    host: '127.0.0.1',
    advertisedHost: 'localhost',
    port,
    controllerHost: '127.0.0.1',
    controllerPort,
    voters: [`${String(NODE_ID)}@localhost:${String(controllerPort)}`],
  });
  let clusterId = await clusterIdOf(dir);
  if (clusterId === undefined) {
    clusterId = randomBytes(16).toString('base64url');
    await format(settings, NODE_ID, clusterId);
  }
  const broker = await launch(settings, 'kafka');
  const brokers = [`localhost:${String(port)}`];
  const admin = {
    brokers,
    caFile: pki.ca.certFile,
    certFile: pki.admin.certFile,
    keyFile: pki.admin.keyFile,
  };
  try {
    await untilReady(
      'KAFKA_START_FAILED',
      'the Kafka broker',
      broker,
      async () => await answers(admin, clusterId),
      READY_WITHIN_MS,
    );
  } catch (error) {
    await broker.stop();
    throw error;
  }
  return {
    brokers,
    pid: broker.identity.pid,
    logFile: broker.logFile,
    stop: async () => {
      await broker.stop();
    },
  };
}

async function choosePorts(dir: string, given: number | undefined): Promise<Ports> {
  const file = join(dir, 'ports.json');
  const before = await remembered<Ports>(file);
  if (given !== undefined && !(await isFree(given))) {
    throw new HubError('KAFKA_START_FAILED', `port ${String(given)} is in use`);
  }
  const port = given ?? (await portLike(before.port));
  let controllerPort = await portLike(before.controllerPort);
  while (controllerPort === port) controllerPort = await portLike(undefined);
  await remember(file, { port, controllerPort } satisfies Ports);
  return { port, controllerPort };
}
