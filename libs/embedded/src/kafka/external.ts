import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HubError } from '#errors';
import type { NetworkPki } from '../pki/network-pki.ts';
import { principalOf } from '../pki/principal.ts';
import { answers, type KafkaConnection } from './connection.ts';
import { localIdentities, type ClientFiles, type KafkaIdentities } from './identities.ts';

/**
 * The variables that name a Kafka cluster which is there already:
 *
 * - `KAFKA_BROKERS`: `host:port`, separated by commas. Set, it comes before every other way.
 * - `KAFKA_CA`: PEM file of the authorities behind the brokers' certificates; the network's own when unset.
 * - `KAFKA_CERT_DIR`: folder with `<holder>/transport.crt.pem` and `<holder>/transport.key.pem` for each holder and for
 *   `admin`, laid out as the network's own `pki` folder, which is used when unset (the cluster must then trust its CA).
 * - `KAFKA_PRINCIPALS`: JSON file `{"<holder>": "<principal>"}`, for clusters with `ssl.principal.mapping.rules`; the
 *   certificate's subject when unset.
 *
 * The administrator's principal must be among the cluster's `super.users`, and its authorizer must be on.
 */
export interface ExternalCluster {
  readonly brokers: readonly string[];
  readonly caFile?: string;
  readonly certDir?: string;
  readonly principalsFile?: string;
}

/** The cluster that the environment names, or undefined when `KAFKA_BROKERS` is not set. */
export function externalCluster(env: NodeJS.ProcessEnv): ExternalCluster | undefined {
  const { KAFKA_BROKERS: list, KAFKA_CA: ca, KAFKA_CERT_DIR: certDir, KAFKA_PRINCIPALS: principals } = env;
  const brokers = (list ?? '')
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
  if (brokers.length === 0) return undefined;
  return {
    brokers,
    ...(ca === undefined ? {} : { caFile: resolve(ca) }),
    ...(certDir === undefined ? {} : { certDir: resolve(certDir) }),
    ...(principals === undefined ? {} : { principalsFile: resolve(principals) }),
  };
}

/**
 * Checks that the cluster answers to the administrator's certificate.
 *
 * @throws HubError `KAFKA_UNAVAILABLE` naming the variable whose file is missing, or when no broker answers
 */
export async function connectExternal(cluster: ExternalCluster, pki: NetworkPki): Promise<KafkaIdentities> {
  const identities = await identitiesOf(cluster, pki);
  const admin: KafkaConnection = { brokers: cluster.brokers, ...identities.admin };
  await fileOf('KAFKA_CA', admin.caFile);
  await fileOf('KAFKA_CERT_DIR', admin.certFile);
  await fileOf('KAFKA_CERT_DIR', admin.keyFile);
  if (!(await answers(admin))) {
    throw new HubError(
      'KAFKA_UNAVAILABLE',
      `no broker of KAFKA_BROKERS (${cluster.brokers.join(', ')}) answers to the administrator's certificate ${admin.certFile}`,
    );
  }
  return identities;
}

/** @throws HubError `KAFKA_UNAVAILABLE` naming the variable whose file is missing or unreadable */
async function identitiesOf(cluster: ExternalCluster, pki: NetworkPki): Promise<KafkaIdentities> {
  const own = localIdentities(pki);
  const { certDir, caFile = pki.ca.certFile } = cluster;
  const filesOf = (holder: string, files: ClientFiles): ClientFiles =>
    certDir === undefined
      ? { ...files, caFile }
      : {
          caFile,
          certFile: join(certDir, holder, 'transport.crt.pem'),
          keyFile: join(certDir, holder, 'transport.key.pem'),
        };
  const holders = Object.fromEntries(
    Object.entries(own.holders).map(([holder, files]) => [holder, filesOf(holder, files)]),
  );
  return { admin: filesOf('admin', own.admin), holders, principals: await principalsOf(cluster, holders) };
}

async function principalsOf(
  cluster: ExternalCluster,
  holders: Readonly<Record<string, ClientFiles>>,
): Promise<Record<string, string>> {
  const mapped =
    cluster.principalsFile === undefined
      ? {}
      : (JSON.parse(await fileOf('KAFKA_PRINCIPALS', cluster.principalsFile)) as Record<string, string>);
  const principals: Record<string, string> = {};
  for (const [holder, { certFile }] of Object.entries(holders)) {
    principals[holder] = mapped[holder] ?? principalOf(await fileOf('KAFKA_CERT_DIR', certFile));
  }
  return principals;
}

async function fileOf(variable: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new HubError('KAFKA_UNAVAILABLE', `${variable}: ${path} cannot be read`, { cause });
  }
}
