import type { DataSource } from 'typeorm';
import { ACCESS_MIGRATIONS } from '#access';
import type { HeldSigner } from '#hsm';
import { KafkaConnection, MessageProducer, OutboxRelay, TopicReader } from '#messaging';
import { openSigner, PublishedMarks, type NodeConfig } from '#node';
import { createDataSource, SHARED_MIGRATIONS, UnitOfWork } from '#persistence';
import {
  createLogger,
  createMetrics,
  followFaultOrders,
  systemClock,
  systemIds,
  type Clock,
  type Logger,
  type Metrics,
} from '#platform';
import { topics } from '#contracts';
import { readRootOfTrust } from '#registry-view';
import { ReconcileCatalogue } from './catalogue/reconcile-catalogue.ts';
import type { RegistryConfig } from './config.ts';
import { Heartbeat } from './heartbeat/heartbeat.ts';
import { CreateRegistryEntry1767225600022 } from './ledger/create-registry-entry.ts';
import { RegistryLedger } from './ledger/registry-ledger.ts';
import { RecoverRegistry } from './recovery/recover-registry.ts';
import { Roots } from './roots/roots.ts';

/** What the registry's process holds open. */
export interface OpenRegistry {
  readonly source: DataSource;
  readonly work: UnitOfWork;
  readonly signer: HeldSigner;
  readonly roots: Roots;
  readonly clock: Clock;
  readonly ledger: RegistryLedger;
  readonly reconcile: ReconcileCatalogue;
  readonly heartbeat: Heartbeat;
  readonly relay: OutboxRelay;
  /** Compares the ledger with what was published. */
  readonly recover: RecoverRegistry;
  readonly marks: PublishedMarks;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Stops heartbeat, relay and marks, and disconnects. May be called twice. */
  close(): Promise<void>;
}

export interface RegistrySettings {
  readonly node: NodeConfig;
  readonly registry: RegistryConfig;
  readonly clock?: Clock;
  /** `registry.state` unless given. */
  readonly topic?: string;
}

/**
 * Opens the registry: the schema is brought up to date, the stored chain verified. Relay and heartbeat are made, not
 * started, and nothing is published. No broker is needed yet.
 * @throws HubError `DATABASE_UNAVAILABLE`, those of `openSigner`, `TRUST_ANCHOR_WRONG`, `REGISTRY_ROOT_REFUSED`
 */
export async function openRegistry(settings: RegistrySettings): Promise<OpenRegistry> {
  const { identity, log, faults } = settings.node;
  followFaultOrders(faults);
  const logger = createLogger(identity.NODE_NAME, log);
  const signer = await openSigner(identity, logger);
  try {
    return await openWith(signer, logger, settings);
  } catch (error) {
    await signer.close();
    throw error;
  }
}

async function openWith(
  signer: HeldSigner,
  logger: Logger,
  settings: RegistrySettings,
): Promise<OpenRegistry> {
  const { node, registry, clock = systemClock } = settings;
  const { NODE_NAME: name, DATABASE_URL: url } = node.identity;
  const { topic = topics.registryState } = settings;
  const metrics = createMetrics(name);
  const root = readRootOfTrust(node.root);
  const roots = new Roots(signer, registry.rootsDir);
  const connection = KafkaConnection.open({ ...node.kafka, tls: node.tls }, logger);
  const source = await createDataSource({
    url,
    name,
    migrations: [...SHARED_MIGRATIONS, ...ACCESS_MIGRATIONS, CreateRegistryEntry1767225600022],
  });
  const work = new UnitOfWork(source);
  const producer = new MessageProducer(connection);
  const holder = `${name}/${systemIds.uuid()}`;
  const relay = new OutboxRelay({ source, url, producer, holder, clock, logger, metrics });
  const ledger = new RegistryLedger({ work, roots, root, clock, topic });
  const intervalMs = registry.heartbeatMs;
  const heartbeat = new Heartbeat({ ledger, producer, clock, logger, intervalMs, topic });
  const reconcile = new ReconcileCatalogue(ledger, registry);
  const reader = new TopicReader(connection, name, systemIds);
  const recover = new RecoverRegistry({ work, connection, reader, ledger, logger, topic });
  const sending = {
    get sent(): number {
      return relay.sent + heartbeat.sent;
    },
  };
  const marks = new PublishedMarks({ topics: [topic], connection, relay: sending, work, logger });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= end());
  const end = async (): Promise<void> => {
    await heartbeat.close();
    await relay.close();
    await marks.close();
    await producer.close();
    await connection.close();
    await source.destroy();
    await signer.close();
  };
  try {
    await ledger.open();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...{ source, work, signer, roots, clock, ledger, reconcile, heartbeat, relay, recover, marks },
    ...{ logger, metrics, close },
  };
}
