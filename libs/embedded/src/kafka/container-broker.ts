import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HubError } from '#errors';
import type { NetworkPki } from '../pki/network-pki.ts';
import { portLike } from '../process/ports.ts';
import { remember, remembered } from '../process/remembered.ts';
import type { StartedBroker } from './broker.ts';
import { brokerProperties } from './broker-properties.ts';
import { answers } from './connection.ts';

export const BROKER_IMAGE = 'apache/kafka:4.4.0';

const CONFIG = '/tmp/reset-hub/server.properties';
/** A volume of the image that belongs to its user: a named volume there keeps the topics. */
const DATA = '/var/lib/kafka/data';
/** Inside the container; nobody else is there. */
const CONTROLLER_PORT = 9093;
const READY_WITHIN_MS = 120_000;
const LOOK_MS = 250;

/** What a container engine is asked to run. */
export interface ContainerSpec {
  readonly image: string;
  readonly command: readonly string[];
  /** The same port inside and outside: it is part of the address that the broker tells its clients. */
  readonly port: number;
  readonly volume: { readonly name: string; readonly target: string };
  readonly file: { readonly target: string; readonly content: string };
}

/** The part of a container engine that is used. `start` returns when the container runs. */
export interface ContainerEngine {
  start(spec: ContainerSpec): Promise<{ stop(): Promise<unknown> }>;
}

interface ContainerPlace {
  readonly port: number;
  readonly volume: string;
  readonly clusterId: string;
}

export interface ContainerBrokerOptions {
  readonly dir: string;
  readonly pki: NetworkPki;
  readonly port?: number | undefined;
  /** Testcontainers when absent. */
  readonly engine?: ContainerEngine;
  /** Asks the broker whether it is there; a metadata request by the administrator when absent. */
  readonly isReady?: (brokers: readonly string[]) => Promise<boolean>;
}

/**
 * Starts the official image with the same configuration as on the JVM, and waits until it answers. A named volume keeps
 * the topics; testcontainers' reaper removes the container when this process dies.
 *
 * @throws HubError `KAFKA_START_FAILED`
 */
export async function startContainerBroker(options: ContainerBrokerOptions): Promise<StartedBroker> {
  await mkdir(options.dir, { recursive: true });
  const place = await choosePlace(options);
  const brokers = [`localhost:${String(place.port)}`];
  const engine = options.engine ?? testcontainersEngine;
  let container: Awaited<ReturnType<ContainerEngine['start']>>;
  try {
    container = await engine.start(await containerSpec(options.pki, place));
  } catch (cause) {
    throw new HubError('KAFKA_START_FAILED', `Docker could not run ${BROKER_IMAGE}`, { cause });
  }
  const stop = async (): Promise<void> => {
    await container.stop();
  };
  const isReady = options.isReady ?? (async () => await answers(adminOf(options.pki, brokers)));
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await isReady(brokers))) {
    if (Date.now() > deadline) {
      await stop();
      throw new HubError(
        'KAFKA_START_FAILED',
        `the broker in ${BROKER_IMAGE} did not answer on ${brokers.join()}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return { brokers, pid: null, logFile: null, stop };
}

async function containerSpec(pki: NetworkPki, place: ContainerPlace): Promise<ContainerSpec> {
  const content = await brokerProperties(pki, {
    nodeId: 1,
    dataDir: DATA,
    host: '0.0.0.0',
    advertisedHost: 'localhost',
    port: place.port,
    controllerHost: '127.0.0.1',
    controllerPort: CONTROLLER_PORT,
    voters: [`1@localhost:${String(CONTROLLER_PORT)}`],
  });
  const format = `/opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id=${place.clusterId} --config ${CONFIG}`;
  return {
    image: BROKER_IMAGE,
    command: ['/bin/bash', '-c', `${format} && exec /opt/kafka/bin/kafka-server-start.sh ${CONFIG}`],
    port: place.port,
    volume: { name: place.volume, target: DATA },
    file: { target: CONFIG, content },
  };
}

async function choosePlace(options: ContainerBrokerOptions): Promise<ContainerPlace> {
  const file = join(options.dir, 'container.json');
  const before = await remembered<ContainerPlace>(file);
  const place = {
    port: options.port ?? (await portLike(before.port)),
    volume: before.volume ?? `reset-hub-kafka-${randomBytes(8).toString('hex')}`,
    clusterId: before.clusterId ?? randomBytes(16).toString('base64url'),
  };
  await remember(file, place);
  return place;
}

function adminOf(pki: NetworkPki, brokers: readonly string[]): Parameters<typeof answers>[0] {
  return { brokers, caFile: pki.ca.certFile, certFile: pki.admin.certFile, keyFile: pki.admin.keyFile };
}

const testcontainersEngine: ContainerEngine = {
  async start(spec) {
    // Loaded only here: a machine without Docker does not pay for it.
    const { GenericContainer, Wait } = await import('testcontainers');
    return await new GenericContainer(spec.image)
      .withCommand([...spec.command])
      .withExposedPorts({ container: spec.port, host: spec.port })
      .withBindMounts([{ source: spec.volume.name, target: spec.volume.target }])
      .withCopyContentToContainer([{ ...spec.file, mode: 0o644 }])
      .withEnvironment({ KAFKA_HEAP_OPTS: '-Xmx384m' })
      .withWaitStrategy(Wait.forListeningPorts())
      .withStartupTimeout(READY_WITHIN_MS)
      .start();
  },
};
