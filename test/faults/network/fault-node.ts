/** The nodes of a network, each with its process, its ways, and a second instance if one is asked for. */
import { join } from 'node:path';
import { ensureDocumentKey, ensureWitnessKey } from '../../../apps/cli/src/up/config-files.ts';
import { filingPlanOf } from '../../../apps/cli/src/up/filing-plan.ts';
import { SERVICES } from '../../../apps/cli/src/up/network-plan.ts';
import { nodeEnvironment } from '../../../apps/cli/src/up/node-environment.ts';
import { tokenDigest } from '../../../apps/cli/src/up/secrets.ts';
import type { CuttableWay } from './cut.ts';
import { KeptProcess } from './kept-process.ts';
import { lastingPort } from './ports.ts';
import { connectionOf, type FaultNetworkOptions, type Parts } from './network-parts.ts';

/** The registry has something to send even when nothing changes. */
const HEARTBEAT_MS = '2000';
/** A witness that was cut off is asked again soon. */
const WITNESS_PACE_MS = '1000';

export type App = 'registry' | 'router' | 'auditor' | 'authority';

/** A node as faults see it. */
export interface FaultNode {
  readonly name: string;
  readonly app: App;
  readonly url: string;
  readonly token: string;
  /** URL of its own database, and the database's name. */
  readonly database: string;
  readonly databaseName: string;
  readonly process: KeptProcess;
  /** Its ways to the brokers; nobody else uses them. */
  readonly toBrokers: readonly CuttableWay[];
  /** The way of the other nodes to it; an authority has one. */
  readonly fromPeers: CuttableWay | undefined;
  /** A second instance of the same node over the same database, on ports of its own; not started yet. */
  second(): Promise<KeptProcess>;
}

/** Makes them; none is started yet. */
export async function makeNodes(options: FaultNetworkOptions, parts: Parts): Promise<FaultNode[]> {
  const { registry, router, auditor } = SERVICES;
  const config = join(options.home, 'config');
  const own: Readonly<Partial<Record<string, Readonly<Record<string, string>>>>> = {
    [registry.name]: {
      CATALOGUE_DIR: parts.plan.dir,
      CERTIFICATES_FILE: join(config, 'certificates.json'),
      MEMBERS_FILE: join(config, 'members.json'),
      ROOTS_DIR: join(parts.pki.dir, 'roots'),
      HEARTBEAT_MS,
    },
    [router.name]: { PEER_HOST: '127.0.0.1', PEER_PORT: String(parts.ports[`${router.name} peer`]) },
    [auditor.name]: {
      LOG_ORIGIN: parts.log.origin,
      LOG_KEY_FILE: parts.log.keyFile,
      LOG_DIR: logFolder(options.home),
      LOG_DIR_WITH_ENTRIES: logFolder(options.home, 'with-entries'),
      WITNESS_PACE_MS,
    },
  };
  const services = Object.values(SERVICES).map(({ name, role }) =>
    makeNode(options, parts, name, role, own[name] ?? {}),
  );
  const members = parts.plan.members.map(async ({ ipa }) =>
    makeNode(options, parts, ipa, 'authority', {
      ...(await witnessOf(options, parts, ipa)),
      PEER_HOST: '127.0.0.1',
      PEER_PORT: String(parts.ports[`${ipa} peer`]),
      DOCUMENTS_DIR: join(options.home, 'documents', ipa),
      ...(await ensureDocumentKey(options.home, ipa)),
      ROUTER_PEER_URL: `https://127.0.0.1:${parts.ports[`${router.name} peer`]}`,
      AUDITOR_URL: `http://127.0.0.1:${parts.ports[auditor.name]}`,
      AUDITOR_TOKEN: parts.tokens[auditor.name] ?? '',
      ...filingPlanOf(parts.plan, ipa),
    }),
  );
  return await Promise.all([...services, ...members]);
}

/** Where the auditor keeps the log as files: without its entries, or all of it. */
export function logFolder(home: string, kind: 'hashes' | 'with-entries' = 'hashes'): string {
  return join(home, 'log', kind);
}

/** The log's witness is at every member, as `up` has it. */
async function witnessOf({ home }: FaultNetworkOptions, { log }: Parts, ipa: string) {
  const { keyFile } = await ensureWitnessKey(home, log.origin, ipa);
  return { WITNESS_KEY_FILE: keyFile, WITNESS_LOGS: log.vkey };
}

async function makeNode(
  { home, dist }: FaultNetworkOptions,
  { pki, ports, tokens, postgres, guardian, toBrokers, fromPeers, running }: Parts,
  name: string,
  app: App,
  own: Readonly<Record<string, string>>,
): Promise<FaultNode> {
  const databaseName = `hub_${name.replaceAll(/[^A-Za-z0-9]/g, '_').toLowerCase()}`;
  const database = await postgres.ensureDatabase(databaseName);
  const token = tokens[name] ?? '';
  const settings = {
    name,
    databaseUrl: database,
    holder: pki.holders[name]!,
    connection: connectionOf(pki, toBrokers, name),
    pki,
    port: ports[name] ?? 0,
    adminTokenSha256: tokenDigest(token),
  };
  const specOf = (instance: string, changed: Readonly<Record<string, string>> = {}) => ({
    name: instance,
    main: join(dist, 'apps', app, 'src/main.js'),
    logFile: join(home, 'logs', `${instance}.log`),
    env: { ...nodeEnvironment(settings, own, ENVIRONMENT), ...changed },
  });
  const started = (pid: number): void => {
    running.set(name, pid);
  };
  const process = new KeptProcess(specOf(name), join(home, 'orders', name), guardian, started);
  const second = async (): Promise<KeptProcess> => {
    const changed = {
      HTTP_PORT: String(await lastingPort()),
      ...('PEER_PORT' in own ? { PEER_PORT: String(await lastingPort()) } : {}),
    };
    return new KeptProcess(specOf(`${name}-2`, changed), join(home, 'orders', `${name}-2`), guardian);
  };
  const url = `http://127.0.0.1:${settings.port}`;
  const ways = { toBrokers: toBrokers.get(name) ?? [], fromPeers: fromPeers.get(name) };
  return { name, app, url, token, database, databaseName, process, second, ...ways };
}

/** What nodes get of this process's own environment: nothing that would make one run unlike another. */
const ENVIRONMENT = { PATH: process.env['PATH'], LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn' };
