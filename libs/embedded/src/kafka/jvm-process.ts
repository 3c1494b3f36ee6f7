/** One broker's process on this machine's Java, for a broker alone as for those of a cluster. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Guardian } from '../guardian/guardian.ts';
import type { NetworkPki } from '../pki/network-pki.ts';
import { startInBackground } from '../process/background.ts';
import { recordChild } from '../process/child-record.ts';
import type { ProcessIdentity } from '../process/identity.ts';
import { terminate } from '../process/terminate.ts';
import { brokerProperties, type BrokerPlace } from './broker-properties.ts';

const STOP_GRACE_MS = 10_000;
const DEFAULT_HEAP_MB = 384;

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

/** What runs a broker: its folder (data, configuration), its log, its Java. */
export interface JvmSettings {
  readonly dir: string;
  readonly logFile: string;
  readonly jars: string;
  readonly java: string;
  readonly heapMb?: number | undefined;
  /** For a test: it starts with little compiling, and is many times slower under load for ever. */
  readonly shortLived?: boolean | undefined;
  readonly guardian?: Guardian | undefined;
}

/** A broker's process, started; whether it answers is for its starter to see. */
export interface JvmProcess {
  readonly identity: ProcessIdentity;
  readonly logFile: string;
  stop(): Promise<void>;
}

/** Where a broker of that folder keeps its data. */
export function dataDirOf(dir: string): string {
  return join(dir, 'data');
}

/** The file that names a broker's process, for a later start in the same folder. */
export function recordOf(dir: string): string {
  return join(dir, 'process.json');
}

/** Writes a broker's configuration; again with other ports at each start. */
export async function configure(settings: JvmSettings, pki: NetworkPki, place: BrokerPlace): Promise<void> {
  const { dir } = settings;
  await mkdir(dir, { recursive: true });
  await writeFile(configOf(dir), await brokerProperties(pki, place), { mode: 0o600 });
  await writeFile(log4jOf(dir), LOG4J);
}

/** Starts a configured and formatted broker, watched by the guardian. @throws HubError `KAFKA_START_FAILED` */
export async function launch(settings: JvmSettings, label: string): Promise<JvmProcess> {
  const { dir, logFile, guardian } = settings;
  const identity = await startInBackground(
    'KAFKA_START_FAILED',
    settings.java,
    [...flagsOf(settings), 'kafka.Kafka', configOf(dir)],
    { logFile, cwd: dir },
  );
  guardian?.watch(identity.pid, label, 'SIGTERM');
  await recordChild(recordOf(dir), identity);
  const stop = async (): Promise<void> => {
    await terminate(identity, 'SIGTERM', STOP_GRACE_MS);
    guardian?.release(identity.pid);
  };
  return { identity, logFile, stop };
}

/**
 * Kafka puts a PEM key into a key store in memory, under a password that it makes up, for each of its listeners: deriving a key from
 * that password ten thousand times over protects nothing, and took a fifth of a start.
 */
const KEY_STORE_ITERATIONS = '-Dkeystore.pkcs12.keyPbeIterationCount=1';

/** The first tier of the JVM's compiler knows no AES instructions: a broker that is left there encrypts 30 MB a second. */
const FIRST_TIER = '-XX:TieredStopAtLevel=1';

/** What Java is told for every program of a broker. */
export function flagsOf({ dir, jars, heapMb = DEFAULT_HEAP_MB, shortLived }: JvmSettings): string[] {
  return [
    `-Xmx${String(heapMb)}m`,
    '-XX:+UseSerialGC',
    ...(shortLived === true ? [FIRST_TIER] : []),
    '-Xshare:auto',
    KEY_STORE_ITERATIONS,
    `-Dlog4j2.configurationFile=${log4jOf(dir)}`,
    '-cp',
    join(jars, '*'),
  ];
}

/** The file with a broker's configuration. */
export function configOf(dir: string): string {
  return join(dir, 'server.properties');
}

function log4jOf(dir: string): string {
  return join(dir, 'log4j2.properties');
}
