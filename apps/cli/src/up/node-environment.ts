import { join } from 'node:path';
import { HubError } from '#errors';
import { cacheDir, type HolderFiles, type KafkaConnection, type NetworkPki } from '#embedded';

/**
 * Variables that `up` sets itself, or that would mean another thing to a node: those of its own process do not reach
 * the nodes. Anything else does (`LOG_LEVEL`, `HEARTBEAT_MS`, `MAX_FILE_BYTES`).
 */
const OWN =
  /^(NODE_NAME|DATABASE_URL|ADMIN_TOKEN_SHA256|DOCUMENTS_DIR|DOCUMENT_KEYS_DIR|DOCUMENT_KEY_FILE|FILING_PLAN_FILE|PROTOCOL_AOO|CATALOGUE_DIR|CERTIFICATES_FILE|MEMBERS_FILE|ROOTS_DIR|(HTTP|PEER|KAFKA|TRANSPORT|SIGNING|REGISTRY_ROOT|ROUTER_PEER|AUDITOR|LOG_KEY|LOG_ORIGIN|WITNESS_KEY|WITNESS_LOGS|npm)(_.*)?)$/;

export interface NodeSettings {
  readonly name: string;
  readonly databaseUrl: string;
  readonly holder: HolderFiles;
  readonly connection: KafkaConnection;
  readonly pki: NetworkPki;
  readonly port: number;
  readonly adminTokenSha256: string;
}

/** The environment of one node: what every node takes, then its own. */
export function nodeEnvironment(
  settings: NodeSettings,
  own: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  const { name, databaseUrl, holder, connection, pki, port, adminTokenSha256 } = settings;
  return {
    // What Node has compiled once, every later start of a node reads; in a folder that is this user's alone.
    NODE_COMPILE_CACHE: join(cacheDir(env), 'compiled'),
    ...passedOn(env),
    NODE_ENV: 'production',
    NODE_NAME: name,
    DATABASE_URL: databaseUrl,
    SIGNING_CERT: holder.signing.certFile,
    SIGNING_KEY: signingKeyOf(name, env) ?? holder.signing.keyFile,
    KAFKA_BROKERS: connection.brokers.join(','),
    KAFKA_CLIENT_ID: name,
    TRANSPORT_CERT: connection.certFile,
    TRANSPORT_KEY: connection.keyFile,
    TRANSPORT_CA: connection.caFile,
    REGISTRY_ROOT_CERT: pki.ca.certFile,
    REGISTRY_ROOT_FINGERPRINT: pki.ca.fingerprint,
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(port),
    ADMIN_TOKEN_SHA256: adminTokenSha256,
    ...own,
  };
}

/** The key of a node that is in a token, not in the network's folder: `SIGNING_KEY_C_D150=pkcs11:…`. */
function signingKeyOf(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const uri = env[signingKeyVariable(name)];
  return uri === '' ? undefined : uri;
}

const SIGNING_KEY_OF = 'SIGNING_KEY_';

function signingKeyVariable(name: string): string {
  return `${SIGNING_KEY_OF}${name.replaceAll(/[^A-Za-z0-9]/g, '_').toUpperCase()}`;
}

/**
 * A mistyped name would leave a node with the key in its folder, and nobody would notice that its HSM is not used.
 * @param nodes names of all nodes of the network
 * @throws HubError `NODE_VARIABLE_UNKNOWN` for variables of single nodes that are of none of these
 */
export function checkNodeVariables(nodes: readonly string[], env: NodeJS.ProcessEnv): void {
  const known = nodes.map(signingKeyVariable);
  const unknown = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith(SIGNING_KEY_OF) && value !== '' && !known.includes(name) ? [name] : [],
  );
  if (unknown.length === 0) return;
  throw new HubError(
    'NODE_VARIABLE_UNKNOWN',
    `${unknown.join(', ')}: no node of this network has this name; there are ${nodes
      .map((name) => `${name} (${signingKeyVariable(name)})`)
      .join(', ')}`,
    { details: { unknown, known } },
  );
}

function passedOn(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(env).filter(([name]) => !OWN.test(name));
  return Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
