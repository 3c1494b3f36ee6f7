import { ACCESS_MIGRATIONS } from '#access';
import type { VerifierPool } from '#evidence';
import { KafkaConnection, MessageProducer, OutboxRelay, TopicReader } from '#messaging';
import { createDataSource, SHARED_MIGRATIONS, UnitOfWork, type MigrationClass } from '#persistence';
import {
  createLogger,
  createMetrics,
  followFaultOrders,
  systemClock,
  systemIds,
  type Logger,
  type Metrics,
} from '#platform';
import {
  CreateRegistryCopy1767225600021,
  readRootOfTrust,
  readSnapshotFile,
  RegistryCopy,
  RegistryView,
} from '#registry-view';
import { NodeStreams } from '#streams';
import type { DataSource } from 'typeorm';
import type { NodeConfig } from './node-config.ts';
import { openSigner } from './open-signer.ts';
import { openVerifier } from './open-verifier.ts';
import type { NodeSigner } from './rotating-signer.ts';
import { StreamWatch } from './streams/stream-watch.ts';

/** What every node holds open: database, broker, registry copy, relay, signing key. */
export interface OpenNode {
  /** The holder named in the node's certificates. */
  readonly name: string;
  readonly source: DataSource;
  readonly work: UnitOfWork;
  readonly connection: KafkaConnection;
  readonly producer: MessageProducer;
  /** Reads topics apart from every group's work. */
  readonly reader: TopicReader;
  readonly relay: OutboxRelay;
  readonly registry: RegistryView;
  readonly signer: NodeSigner;
  readonly verifier: VerifierPool;
  /** How far the streams are behind; watches once the node is in service. */
  readonly watch: StreamWatch;
  /** What the node reads, once it is in service. */
  readonly streams: NodeStreams;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Stops the relay and the registry view, lets go of the signing key, and disconnects. */
  close(): Promise<void>;
}

/**
 * Opens a node: the schema is brought up to date, the signing key checked, the verified registry copy loaded and
 * followed. The relay is made, not started: that is for when the node is complete.
 * @throws HubError `DATABASE_UNAVAILABLE`, those of `openSigner`, `REGISTRY_ROOT_REFUSED`, `REGISTRY_VERSION_UNKNOWN`
 */
export async function openNode(config: NodeConfig, migrations: readonly MigrationClass[]): Promise<OpenNode> {
  followFaultOrders(config.faults);
  const logger = createLogger(config.identity.NODE_NAME, config.log);
  const signer = await openSigner(config.identity, logger);
  try {
    return await openWith(signer, logger, config, migrations);
  } catch (error) {
    await signer.close();
    throw error;
  }
}

async function openWith(
  signer: NodeSigner,
  logger: Logger,
  config: NodeConfig,
  migrations: readonly MigrationClass[],
): Promise<OpenNode> {
  const { NODE_NAME: name, DATABASE_URL: url } = config.identity;
  const metrics = createMetrics(name);
  const connection = KafkaConnection.open({ ...config.kafka, tls: config.tls }, logger);
  const source = await createDataSource({
    url,
    name,
    migrations: [...SHARED_MIGRATIONS, ...ACCESS_MIGRATIONS, CreateRegistryCopy1767225600021, ...migrations],
  });
  const producer = new MessageProducer(connection);
  const relay = new OutboxRelay({
    source,
    url,
    producer,
    holder: `${name}/${systemIds.uuid()}`,
    clock: systemClock,
    logger,
    metrics,
  });
  const work = new UnitOfWork(source);
  const reader = new TopicReader(connection, name, systemIds);
  const registry = new RegistryView({
    root: readRootOfTrust(config.root),
    copy: new RegistryCopy(work),
    snapshot: () => readSnapshotFile(config.root),
    reader,
    clock: systemClock,
    logger,
    metrics,
  });
  const verifier = openVerifier(config.verifier, { logger, metrics });
  const close = async (): Promise<void> => {
    await relay.close();
    await registry.close();
    await producer.close();
    await connection.close();
    await verifier.close();
    await source.destroy();
    await signer.close();
  };
  try {
    await registry.start();
    signer.follow(registry, logger, systemClock);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    name,
    source,
    work,
    connection,
    producer,
    reader,
    relay,
    registry,
    signer,
    verifier,
    watch: new StreamWatch({ connection, clock: systemClock, logger, metrics }),
    streams: new NodeStreams(),
    logger,
    metrics,
    close,
  };
}
