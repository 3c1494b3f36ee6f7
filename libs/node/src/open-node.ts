import { CreateAccessToken1767225600010 } from '#access';
import type { Signer } from '#evidence';
import { KafkaConnection, MessageProducer, OutboxRelay, TopicReader } from '#messaging';
import { createDataSource, SHARED_MIGRATIONS, UnitOfWork, type MigrationClass } from '#persistence';
import { createLogger, createMetrics, systemClock, systemIds, type Logger, type Metrics } from '#platform';
import { CreateRegistryCopy1767225600021, readRootOfTrust, RegistryCopy, RegistryView } from '#registry-view';
import type { DataSource } from 'typeorm';
import type { NodeConfig } from './node-config.ts';
import { RotatingSigner } from './rotating-signer.ts';

/** What every node holds open: database, broker, registry copy, relay, signing key. */
export interface OpenNode {
  /** The holder named in the node's certificates. */
  readonly name: string;
  readonly source: DataSource;
  readonly work: UnitOfWork;
  readonly connection: KafkaConnection;
  readonly producer: MessageProducer;
  readonly relay: OutboxRelay;
  readonly registry: RegistryView;
  readonly signer: Signer;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Stops the relay and the registry view, and disconnects. */
  close(): Promise<void>;
}

/**
 * Opens a node: the schema is brought up to date, the signing key checked, the verified registry copy loaded and
 * followed. The relay is made, not started: that is for when the node is complete.
 * @throws HubError `DATABASE_UNAVAILABLE`, `SIGNING_KEY_UNUSABLE`, `REGISTRY_ROOT_REFUSED`, `REGISTRY_VERSION_UNKNOWN`
 */
export async function openNode(config: NodeConfig, migrations: readonly MigrationClass[]): Promise<OpenNode> {
  const { NODE_NAME: name, DATABASE_URL: url } = config.identity;
  const logger = createLogger(name, config.log);
  const metrics = createMetrics(name);
  const signer = new RotatingSigner(config.identity);
  const connection = KafkaConnection.open({ ...config.kafka, tls: config.tls }, logger);
  const source = await createDataSource({
    url,
    name,
    migrations: [
      ...SHARED_MIGRATIONS,
      CreateAccessToken1767225600010,
      CreateRegistryCopy1767225600021,
      ...migrations,
    ],
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
  const registry = new RegistryView({
    root: readRootOfTrust(config.root),
    copy: new RegistryCopy(work),
    reader: new TopicReader(connection, name, systemIds),
    clock: systemClock,
    logger,
    metrics,
  });
  let unfollow = (): void => undefined;
  const close = async (): Promise<void> => {
    unfollow();
    await relay.close();
    await registry.close();
    await producer.close();
    await connection.close();
    await source.destroy();
  };
  try {
    await registry.start();
    unfollow = signer.follow(registry, logger, () => systemClock.now());
  } catch (error) {
    await close();
    throw error;
  }
  return { name, source, work, connection, producer, relay, registry, signer, logger, metrics, close };
}
