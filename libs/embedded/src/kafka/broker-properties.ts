import { readFile } from 'node:fs/promises';
import type { NetworkPki } from '../pki/network-pki.ts';
import { LONGEST_RETENTION_DAYS, MAX_BATCH_BYTES } from '../limits.ts';

const MINUTES_PER_DAY = 24 * 60;

/** One of the brokers of a cluster, and how it is reached. */
export interface BrokerPlace {
  readonly nodeId: number;
  /** Where the broker keeps its data, as the broker sees it. */
  readonly dataDir: string;
  /** Address to listen on, and the one that clients are told. */
  readonly host: string;
  readonly advertisedHost: string;
  readonly port: number;
  /** Where its controller listens, and all controllers as `<node>@<host>:<port>`. */
  readonly controllerHost: string;
  readonly controllerPort: number;
  readonly voters: readonly string[];
  /** Further listeners for clients, each told an address of its own: that of a relay in front of the broker, say. */
  readonly doors?: readonly BrokerDoor[];
}

/** A listener beside the common one. Who comes in by it is told to come back by it. */
export interface BrokerDoor {
  /** Letters, digits and `_`, unique to the broker. */
  readonly name: string;
  readonly port: number;
  readonly advertisedPort: number;
}

/** Most copies that a topic has, and how many of them must have a record before it counts as written. */
const MAX_COPIES = 3;

/**
 * The configuration of a broker in KRaft combined mode: mutual TLS on every listener, nothing allowed that no ACL
 * grants, no topic by accident, committed offsets that outlive every retention, and copies as many as there are brokers,
 * up to three. A private key is in it: keep the file at 0600.
 */
export async function brokerProperties(pki: NetworkPki, place: BrokerPlace): Promise<string> {
  const [ca, certificate, key] = await Promise.all(
    [pki.ca.certFile, pki.broker.certFile, pki.broker.keyFile].map(
      async (path) => await readFile(path, 'utf8'),
    ),
  );
  const doors = place.doors ?? [];
  const copies = String(Math.min(MAX_COPIES, place.voters.length));
  const copiesInSync = String(Math.min(MAX_COPIES - 1, place.voters.length));
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': String(place.nodeId),
    'controller.quorum.voters': place.voters.join(','),
    listeners: [
      `CLIENT://${place.host}:${String(place.port)}`,
      ...doors.map(({ name, port }) => `${name}://${place.host}:${String(port)}`),
      `CONTROLLER://${place.controllerHost}:${String(place.controllerPort)}`,
    ].join(','),
    'advertised.listeners': [
      `CLIENT://${place.advertisedHost}:${String(place.port)}`,
      ...doors.map(
        ({ name, advertisedPort }) => `${name}://${place.advertisedHost}:${String(advertisedPort)}`,
      ),
    ].join(','),
    'listener.security.protocol.map': ['CLIENT', 'CONTROLLER', ...doors.map(({ name }) => name)]
      .map((name) => `${name}:SSL`)
      .join(','),
    'inter.broker.listener.name': 'CLIENT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': place.dataDir,
    'ssl.client.auth': 'required',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': certificate,
    'ssl.keystore.key': key,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': ca,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'false',
    'super.users': [pki.broker, pki.admin].map(({ principal }) => `User:${principal}`).join(';'),
    'auto.create.topics.enable': 'false',
    'delete.topic.enable': 'true',
    'default.replication.factor': copies,
    'min.insync.replicas': copiesInSync,
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': '5',
    'offsets.retention.minutes': String(2 * LONGEST_RETENTION_DAYS * MINUTES_PER_DAY),
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': copiesInSync,
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': copiesInSync,
    'group.min.session.timeout.ms': '1000',
    'group.initial.rebalance.delay.ms': '0',
    'message.max.bytes': String(MAX_BATCH_BYTES),
    'replica.fetch.max.bytes': String(MAX_BATCH_BYTES),
    'log.segment.bytes': String(64 * 1024 * 1024),
    // Of each listener; each thread has its own TLS context, and looks up three times a second when nothing comes.
    'num.network.threads': doors.length === 0 ? '2' : '1',
    'num.io.threads': '4',
    // A broker that was killed may come back once its session has ended: 9 s by default.
    'broker.session.timeout.ms': '5000',
    'broker.heartbeat.interval.ms': '1000',
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${inProperties(value ?? '')}\n`)
    .join('');
}

/** Escapes a value for a Java properties file. */
function inProperties(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
