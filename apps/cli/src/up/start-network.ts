import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ensureNetworkPki,
  provisionTopics,
  startGuardian,
  startKafka,
  startPostgres,
  type Guardian,
  type NetworkPki,
  type RunningKafka,
  type RunningPostgres,
} from '#embedded';
import { HubError } from '#errors';
import type { Announcement } from '../network/announcement.ts';
import { placesIn } from '../network/home.ts';
import type { Network, Service } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { createdToken } from '../commands/token-shapes.ts';
import { choosePorts } from './choose-ports.ts';
import {
  ensureDocumentKey,
  ensureLogKey,
  ensureWitnessKey,
  writeRegistryFiles,
  type LogIdentity,
} from './config-files.ts';
import { filingPlanOf } from './filing-plan.ts';
import type { HomeLock } from './home-lock.ts';
import { KeptNode } from './kept-node.ts';
import { SERVICES, type NetworkPlan, type ServiceKey } from './network-plan.ts';
import { nodeEnvironment } from './node-environment.ts';
import { mainOf } from './node-process.ts';
import type { HomeMarker } from './prepare-home.ts';
import type { Step } from './progress.ts';
import { Secrets, tokenDigest } from './secrets.ts';
import type { Shutdown } from './shutdown.ts';

export interface StartSettings {
  readonly home: string;
  readonly plan: NetworkPlan;
  readonly marker: HomeMarker;
  readonly lock: HomeLock;
  readonly shutdown: Shutdown;
  readonly announcement: Announcement;
  /** Told what went wrong beside a network that goes on. */
  readonly warn: (text: string) => void;
  readonly env: NodeJS.ProcessEnv;
}

/** Secret of the token with which the authorities ask the auditor for proofs. */
const PROOF_READER = 'auditor.read';
/** A network of dozens does not open a connection for each at the same moment. */
const DATABASES_AT_ONCE = 8;

/** The parts of a network, from none to all of them, in the order of `steps`. */
export class NetworkStart {
  readonly #settings: StartSettings;
  readonly #nodes = new Map<string, KeptNode>();
  readonly #databases = new Map<string, string>();
  #guardian: Guardian | undefined;
  #pki: NetworkPki | undefined;
  #postgres: RunningPostgres | undefined;
  #kafka: RunningKafka | undefined;
  #log: LogIdentity | undefined;
  readonly #witnesses = new Map<string, string>();
  #secrets: Secrets | undefined;
  #ports: Readonly<Record<string, number>> = {};
  #tokens: Readonly<Record<string, string>> = {};
  #isAnnounced = false;

  constructor(settings: StartSettings) {
    this.#settings = settings;
  }

  /** Everything up to a complete `network.json`. */
  steps(): Step[] {
    const { members } = this.#settings.plan;
    return [
      { title: 'Guardian, keys, ports', run: () => this.#prepare() },
      {
        title: 'Database server and broker',
        together: true,
        steps: [
          { title: 'PostgreSQL, a database for each node', run: () => this.#startPostgres() },
          { title: 'Kafka, topics and permissions', run: (report) => this.#startKafka(report) },
        ],
      },
      {
        title: 'Services',
        together: true,
        steps: (['registry', 'router', 'auditor'] as const).map((service) => ({
          title: service,
          run: () => this.#startService(service),
        })),
      },
      {
        title: 'Authorities',
        together: true,
        steps: members.map(({ ipa, title }) => ({
          title: `${ipa}  ${title}`,
          run: () => this.#startMember(ipa),
        })),
      },
      { title: 'network.json', run: () => this.#announce() },
    ];
  }

  /** What runs. @throws HubError `INTERNAL_ERROR` before all of it does */
  network(): Network {
    const { home, plan, lock } = this.#settings;
    const { kafka, postgres, pki, log } = this.#parts();
    return {
      network: plan.catalogue.network,
      home,
      up: { ...lock.self, at: new Date().toISOString() },
      members: plan.members.map(({ ipa, title }) => ({
        ipa,
        title,
        ...this.#service(ipa),
        nodeUrl: this.#node(ipa).peerUrl ?? '',
        witness: this.#need(this.#witnesses.get(ipa)),
      })),
      registry: this.#service(SERVICES.registry.name),
      router: this.#service(SERVICES.router.name),
      auditor: {
        ...this.#service(SERVICES.auditor.name),
        nodeUrl: this.#node(SERVICES.auditor.name).peerUrl ?? '',
      },
      kafka: {
        kind: kafka.kind,
        brokers: [...kafka.brokers],
        pid: kafka.pid,
        dir: placesIn(home).kafka,
        admin: { cert: kafka.admin.certFile, key: kafka.admin.keyFile, ca: kafka.admin.caFile },
      },
      postgres: { kind: postgres.kind, url: postgres.adminUrl, pid: postgres.pid },
      pki: { ca: pki.ca.certFile, dir: pki.dir, fingerprint: pki.ca.fingerprint },
      log: { origin: log.origin, vkey: log.vkey },
    };
  }

  async #prepare(): Promise<void> {
    const { home, plan, marker, lock, shutdown } = this.#settings;
    const places = placesIn(home);
    await mkdir(places.logs, { recursive: true, mode: 0o700 });
    this.#guardian = await shutdown.start('guardian', 'guardian', startGuardian);
    await lock.guardedBy(this.#guardian.pid);
    const authorities = plan.members.map(({ ipa }) => ({ holder: ipa, role: 'authority' as const }));
    const services = Object.values(SERVICES).map(({ name, role }) => ({ holder: name, role }));
    const names = [...services, ...authorities].map(({ holder }) => holder);
    this.#pki = await ensureNetworkPki({ dir: places.pki, holders: [...services, ...authorities] });
    this.#ports = await choosePorts(places.ports, [
      ...names,
      ...[SERVICES.router.name, SERVICES.auditor.name, ...plan.members.map(({ ipa }) => ipa)].map(
        (name) => `${name} peer`,
      ),
    ]);
    this.#secrets = await Secrets.open(places.secrets);
    this.#tokens = await this.#secrets.adminTokens(names);
    this.#log = await ensureLogKey(home, `reset-hub.example/${plan.catalogue.network}/${marker.id}`);
  }

  async #startPostgres(): Promise<void> {
    const { home, shutdown, env, marker } = this.#settings;
    const guardian = this.#need(this.#guardian);
    const postgres = await shutdown.start('servers', 'PostgreSQL', () =>
      startPostgres({ home, guardian, env }),
    );
    this.#postgres = postgres;
    const names = Object.keys(this.#tokens);
    for (let from = 0; from < names.length; from += DATABASES_AT_ONCE) {
      await Promise.all(
        names.slice(from, from + DATABASES_AT_ONCE).map(async (name) => {
          const database = `hub_${marker.id}_${name.replaceAll(/[^A-Za-z0-9]/g, '_').toLowerCase()}`;
          this.#databases.set(name, await postgres.ensureDatabase(database));
        }),
      );
    }
  }

  async #startKafka(report: (what: string) => void): Promise<void> {
    const { home, shutdown, env, plan } = this.#settings;
    const guardian = this.#need(this.#guardian);
    const pki = this.#need(this.#pki);
    const options = { home, pki, guardian, env, onProgress: report };
    const kafka = await shutdown.start('servers', 'Kafka', () => startKafka(options));
    this.#kafka = kafka;
    report('topics and permissions');
    await provisionTopics(kafka.admin, {
      members: plan.members.map(({ ipa }) => ipa),
      principals: Object.values(pki.holders).map(({ holder, role }) => ({
        holder,
        role,
        principal: kafka.principals[holder] ?? '',
      })),
    });
    const peerUrls = plan.members.map(({ ipa }) => [ipa, this.#peerUrl(ipa)]);
    await writeRegistryFiles(home, Object.fromEntries(peerUrls) as Record<string, string>, pki, kafka);
  }

  async #startService(service: ServiceKey): Promise<void> {
    const { home, plan } = this.#settings;
    const { members, certificates, roots } = placesIn(home);
    const log = this.#need(this.#log);
    const own = {
      registry: {
        CATALOGUE_DIR: plan.dir,
        CERTIFICATES_FILE: certificates,
        MEMBERS_FILE: members,
        ROOTS_DIR: roots,
      },
      router: this.#peerServer(SERVICES.router.name),
      auditor: {
        ...this.#peerServer(SERVICES.auditor.name),
        LOG_ORIGIN: log.origin,
        LOG_KEY_FILE: log.keyFile,
      },
    };
    await this.#startNode(SERVICES[service].name, mainOf(service), own[service]);
  }

  async #startMember(ipa: string): Promise<void> {
    const auditor = this.#service(SERVICES.auditor.name);
    const log = this.#need(this.#log);
    const witness = await ensureWitnessKey(this.#settings.home, log.origin, ipa);
    this.#witnesses.set(ipa, witness.vkey);
    await this.#startNode(ipa, mainOf('authority'), {
      ...this.#peerServer(ipa),
      ROUTER_PEER_URL: this.#peerUrl(SERVICES.router.name),
      DOCUMENTS_DIR: join(placesIn(this.#settings.home).documents, ipa),
      ...(await ensureDocumentKey(this.#settings.home, ipa)),
      AUDITOR_URL: auditor.url,
      AUDITOR_TOKEN: await this.#proofReader(auditor),
      WITNESS_KEY_FILE: witness.keyFile,
      WITNESS_LOGS: log.vkey,
      ...filingPlanOf(this.#settings.plan, ipa),
    });
  }

  async #startNode(name: string, main: string, own: Readonly<Record<string, string>>): Promise<void> {
    const { home, shutdown, env } = this.#settings;
    const { logs } = placesIn(home);
    const { pki, kafka } = this.#parts();
    const holder = this.#need(pki.holders[name]);
    const settings = {
      name,
      holder,
      pki,
      databaseUrl: this.#need(this.#databases.get(name)),
      connection: kafka.connectionFor(name),
      port: this.#port(name),
      adminTokenSha256: tokenDigest(this.#token(name)),
    };
    const logFile = join(logs, `${name}.log`);
    // One earlier log is kept.
    await rename(logFile, `${logFile}.1`).catch(() => undefined);
    const spec = { name, main, logFile, env: nodeEnvironment(settings, own, env) };
    const keeping = { guardian: this.#need(this.#guardian), onRestart: () => void this.#announceAgain() };
    this.#nodes.set(name, await shutdown.start('nodes', name, () => KeptNode.start(spec, keeping)));
  }

  /** The auditor's token for the authorities, scope read; made the first time. */
  #proofReaderToken: Promise<string> | undefined;
  async #proofReader(auditor: Service): Promise<string> {
    this.#proofReaderToken ??= this.#makeProofReader(auditor);
    return await this.#proofReaderToken;
  }

  async #makeProofReader(auditor: Service): Promise<string> {
    const secrets = this.#need(this.#secrets);
    const known = secrets.get(PROOF_READER);
    if (known !== undefined) return known;
    const request = { label: 'proofs for the authorities', scopes: ['read'] };
    const { token } = await clientOf(auditor).post('/v1/tokens', createdToken, request);
    await secrets.put(PROOF_READER, token);
    return token;
  }

  async #announce(): Promise<void> {
    this.#isAnnounced = true;
    await this.#settings.announcement.publish(() => this.network());
  }

  /** A node that is back serves, whether or not its new process id could be written down. */
  async #announceAgain(): Promise<void> {
    const { announcement, warn } = this.#settings;
    // Until everything is up for the first time, nothing was said that is wrong by now.
    if (!this.#isAnnounced) return;
    await announcement
      .publish(() => this.network())
      .catch((error: unknown) => {
        warn(`network.json could not be written again: ${String(error)}\n`);
      });
  }

  #service(name: string): Service {
    const { url, pid, spec } = this.#node(name);
    return {
      name,
      url,
      token: this.#token(name),
      pid,
      log: spec.logFile,
      database: this.#need(this.#databases.get(name)),
    };
  }

  #node(name: string): KeptNode {
    return this.#need(this.#nodes.get(name));
  }

  #port(name: string): number {
    return this.#need(this.#ports[name]);
  }

  /** Where a node's server for other nodes listens. */
  #peerServer(name: string): Readonly<Record<string, string>> {
    return { PEER_HOST: '127.0.0.1', PEER_PORT: String(this.#port(`${name} peer`)) };
  }

  #peerUrl(name: string): string {
    return `https://127.0.0.1:${this.#port(`${name} peer`)}`;
  }

  #token(name: string): string {
    return this.#need(this.#tokens[name]);
  }

  #parts(): { kafka: RunningKafka; postgres: RunningPostgres; pki: NetworkPki; log: LogIdentity } {
    return {
      kafka: this.#need(this.#kafka),
      postgres: this.#need(this.#postgres),
      pki: this.#need(this.#pki),
      log: this.#need(this.#log),
    };
  }

  #need<T>(part: T | undefined): T {
    if (part !== undefined) return part;
    throw new HubError('INTERNAL_ERROR', 'a step of the start ran before the one it needs');
  }
}
