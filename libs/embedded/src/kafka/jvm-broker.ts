import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HubError } from '#errors';
import type { Guardian } from '../guardian/guardian.ts';
import type { NetworkPki } from '../pki/network-pki.ts';
import { startInBackground, untilReady } from '../process/background.ts';
import { clearLeftBehind, recordChild } from '../process/child-record.ts';
import { isFree, portLike } from '../process/ports.ts';
import { remember, remembered } from '../process/remembered.ts';
import { run } from '../process/run.ts';
import { terminate } from '../process/terminate.ts';
import type { StartedBroker } from './broker.ts';
import { brokerProperties } from './broker-properties.ts';
import { answers } from './connection.ts';

const READY_WITHIN_MS = 60_000;
const STOP_GRACE_MS = 10_000;
const JVM_FLAGS = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

const LOG4J = `status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %m (%c{1})%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
`;

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
  readonly guardian?: Guardian | undefined;
}

/**
 * Starts the real broker on this machine's Java and waits until it answers. The same folder again gives the same topics,
 * and the same port while it is free.
 *
 * @throws HubError `KAFKA_START_FAILED` (with the log's path), `HOME_IN_USE`
 */
export async function startJvmBroker(options: JvmBrokerOptions): Promise<StartedBroker> {
  const { dir, pki } = options;
  const record = join(dir, 'process.json');
  const config = join(dir, 'server.properties');
  const dataDir = join(dir, 'data');
  const logFile = join(options.logDir, 'kafka.log');
  await mkdir(dir, { recursive: true });
  await mkdir(options.logDir, { recursive: true });
  await clearLeftBehind(record, 'SIGTERM');
  const { port, controllerPort } = await choosePorts(dir, options.port);
  const properties = await brokerProperties(pki, {
    nodeId: 1,
    dataDir,
    host: '127.0.0.1',
    advertisedHost: 'localhost',
    port,
    controllerHost: '127.0.0.1',
    controllerPort,
    voters: [`1@localhost:${String(controllerPort)}`],
  });
  await writeFile(config, properties, { mode: 0o600 });
  await writeFile(join(dir, 'log4j2.properties'), LOG4J);
  const clusterId = await formatOnce(options, config, dataDir);
  const identity = await startInBackground(
    'KAFKA_START_FAILED',
    options.java,
    [
      ...JVM_FLAGS,
      `-Dlog4j2.configurationFile=${join(dir, 'log4j2.properties')}`,
      '-cp',
      join(options.jars, '*'),
      'kafka.Kafka',
      config,
    ],
    { logFile, cwd: dir },
  );
  options.guardian?.watch(identity.pid, 'kafka', 'SIGTERM');
  await recordChild(record, identity);
  const stop = async (): Promise<void> => {
    await terminate(identity, 'SIGTERM', STOP_GRACE_MS);
    options.guardian?.release(identity.pid);
  };
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
      { identity, logFile },
      async () => await answers(admin, clusterId),
      READY_WITHIN_MS,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { brokers, pid: identity.pid, logFile, stop };
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

/** Formats the data folder when it is new; gives the cluster's id, by which the broker is known from any other. */
async function formatOnce(options: JvmBrokerOptions, config: string, dataDir: string): Promise<string> {
  const meta = await readFile(join(dataDir, 'meta.properties'), 'utf8').catch(() => '');
  const known = /^cluster\.id=(.+)$/m.exec(meta)?.[1];
  if (known !== undefined) return known;
  const clusterId = randomBytes(16).toString('base64url');
  const done = await run(
    options.java,
    [
      ...JVM_FLAGS,
      `-Dlog4j2.configurationFile=${join(options.dir, 'log4j2.properties')}`,
      '-cp',
      join(options.jars, '*'),
      'kafka.tools.StorageTool',
      'format',
      '--ignore-formatted',
      // One argument: a random id may begin with a dash.
      `--cluster-id=${clusterId}`,
      '--config',
      config,
    ],
    { cwd: options.dir },
  );
  if (done.code !== 0) {
    throw new HubError('KAFKA_START_FAILED', `the broker's folder ${dataDir} cannot be formatted`, {
      details: { output: done.output.slice(-2_000) },
    });
  }
  return clusterId;
}
