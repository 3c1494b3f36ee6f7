import { join } from 'node:path';
import { HubError } from '#errors';
import type { Guardian } from '../guardian/guardian.ts';
import type { NetworkPki } from '../pki/network-pki.ts';
import { brokerPom } from '../project-root.ts';
import type { RunningKafka, StartedBroker } from './broker.ts';
import { startContainerBroker } from './container-broker.ts';
import { dockerEngine } from './docker-engine.ts';
import { connectExternal, externalCluster } from './external.ts';
import { findJava, OLDEST_JAVA, type NoWay } from './find-java.ts';
import { connectionOf, localIdentities, type KafkaIdentities } from './identities.ts';
import { cacheDir, ensureBrokerJars } from './jars.ts';
import { startJvmBroker } from './jvm-broker.ts';

export interface KafkaOptions {
  /** The network's folder; the broker's own lies in `kafka/` under it and stays. */
  readonly home: string;
  /** Folder of the log; `<home>/logs` when absent. */
  readonly logDir?: string;
  readonly pki: NetworkPki;
  /** Client port; the one of last time, or a free one, when absent. */
  readonly port?: number;
  /** A broker of a test: quick to start, slow for ever (on Java; a container's is its image's). */
  readonly shortLived?: boolean;
  readonly guardian?: Guardian;
  readonly env?: NodeJS.ProcessEnv;
  /** Told what is being done when it takes long (a download). */
  readonly onProgress?: (what: string) => void;
}

/**
 * A Kafka cluster for a network, by the first way that applies: `KAFKA_BROKERS`, Docker, Java 17+ with Maven. Returns
 * once the administrator's certificate gets an answer.
 *
 * @throws HubError `KAFKA_UNAVAILABLE` with the three ways to mend it; `KAFKA_START_FAILED` with the log's path;
 *   `HOME_IN_USE`
 */
export async function startKafka(options: KafkaOptions): Promise<RunningKafka> {
  const env = options.env ?? process.env;
  const cluster = externalCluster(env);
  if (cluster !== undefined) {
    const identities = await connectExternal(cluster, options.pki);
    return running('external', identities, {
      brokers: cluster.brokers,
      pid: null,
      logFile: null,
      stop: async () => Promise.resolve(),
    });
  }
  const identities = localIdentities(options.pki);
  const docker = await byDocker(options, env);
  if (!('reason' in docker)) return running('container', identities, docker);
  const jvm = await byJava(options, env);
  if (!('reason' in jvm)) return running('jvm', identities, jvm);
  throw unavailable(docker, jvm);
}

async function byDocker(options: KafkaOptions, env: NodeJS.ProcessEnv): Promise<StartedBroker | NoWay> {
  const engine = await dockerEngine(env);
  if (!engine.reachable) return engine;
  try {
    return await startContainerBroker({
      dir: join(options.home, 'kafka'),
      pki: options.pki,
      port: options.port,
    });
  } catch (cause) {
    // An engine that cannot have the image: this machine's Java may still do.
    return { reason: cause instanceof Error ? cause.message : 'it cannot run the image', cause };
  }
}

async function byJava(options: KafkaOptions, env: NodeJS.ProcessEnv): Promise<StartedBroker | NoWay> {
  const java = await findJava(env);
  if (typeof java !== 'string') return java;
  let jars: string;
  try {
    jars = await ensureBrokerJars({
      pom: brokerPom(),
      cache: cacheDir(env),
      env,
      onProgress: options.onProgress,
    });
  } catch (cause) {
    return { reason: cause instanceof Error ? cause.message : 'Maven does not run', cause };
  }
  const { home, pki, port, shortLived, guardian, logDir = join(home, 'logs') } = options;
  const dir = join(home, 'kafka');
  return await startJvmBroker({ dir, logDir, jars, java, pki, port, shortLived, guardian });
}

function running(
  kind: RunningKafka['kind'],
  identities: KafkaIdentities,
  broker: StartedBroker,
): RunningKafka {
  return {
    ...broker,
    kind,
    admin: { brokers: broker.brokers, ...identities.admin },
    principals: identities.principals,
    connectionFor: (holder) => connectionOf(identities, broker.brokers, holder),
  };
}

function unavailable(docker: NoWay, java: NoWay): HubError {
  return new HubError(
    'KAFKA_UNAVAILABLE',
    [
      'there is no way to a Kafka broker. Do one of these:',
      '1. set KAFKA_BROKERS to a cluster (now: not set)',
      `2. start a Docker engine (now: ${docker.reason})`,
      `3. install Java ${String(OLDEST_JAVA)} or later and Maven (now: ${java.reason})`,
    ].join('\n'),
    { cause: java.cause ?? docker.cause },
  );
}
