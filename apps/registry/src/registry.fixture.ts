import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';
import { openClient } from '#embedded';
import { KafkaConnection, MessageProducer, TopicReader } from '#messaging';
import { createDataSource, UnitOfWork } from '#persistence';
import { createLogger, systemClock, systemIds } from '#platform';
import { openRegistry, type OpenRegistry, type RegistrySettings } from './open-registry.ts';
import { createTopics } from '#kafka-client';
import { rootOfTrust, type RootOfTrust } from '#registry-chain';
import { CreateRegistryCopy1767225600021, RegistryCopy, RegistryView } from '#registry-view';
import { startRegistry, type RunningRegistry } from './start-registry.ts';

interface ViewOptions {
  readonly root?: RootOfTrust;
  readonly snapshot?: Buffer;
  /** A database that exists. */
  readonly url?: string;
}

const ADMIN_TOKEN = `rh_${'a'.repeat(43)}`;
const CATALOGUE = join(import.meta.dirname, '../../../contracts/catalogue/cremona');

/** A registry on the real broker and database, with a topic, a database and a catalogue of its own. */
export class TestRegistry {
  readonly topic = `registry.state.${randomUUID()}`;
  readonly #kafka = inject('kafka');
  readonly #logger = createLogger('test', { level: 'silent' });
  readonly #stops: (() => Promise<void>)[] = [];
  brokers: readonly string[] = this.#kafka.brokers;

  private constructor(
    readonly home: string,
    /** The database that the next start opens. */
    public databaseUrl: string,
    private readonly newDatabase: () => Promise<string>,
  ) {}

  /** Call it at the file's top level: it cleans up after the file's tests. `newDatabase` gives an empty database. */
  static async create(newDatabase: () => Promise<string>): Promise<TestRegistry> {
    const home = await mkdtemp(join(tmpdir(), 'reset-hub-registry-'));
    const registry = new TestRegistry(home, await newDatabase(), newDatabase);
    await cp(CATALOGUE, join(home, 'catalogue'), { recursive: true });
    await registry.setMembers({ c_d150: 'https://localhost:5001', p_cr: 'https://localhost:5002' });
    await registry.#writeCertificates();
    await registry.#createTopic();
    afterAll(() => registry.#close());
    return registry;
  }

  /** Where the next roots lie. */
  get pkiDir(): string {
    return this.#kafka.pki.dir;
  }

  get rootsDir(): string {
    return join(this.home, 'roots');
  }

  get root(): RootOfTrust {
    const { certFile, fingerprint } = this.#kafka.pki.ca;
    return rootOfTrust(readFileSync(certFile, 'utf8'), fingerprint);
  }

  /** Fingerprint of a holder's signing certificate. */
  fingerprintOf(holder: string): string {
    return this.#holder(holder).signing.fingerprint;
  }

  async setMembers(nodeUrls: Record<string, string>): Promise<void> {
    const members = Object.entries(nodeUrls).map(([ipa, nodeUrl]) => ({ ipa, nodeUrl }));
    await writeFile(join(this.home, 'members.json'), JSON.stringify(members));
  }

  /** Starts the registry's process in this one; the caller may close it, else it ends with the file. */
  async start(): Promise<RunningRegistry> {
    const running = await startRegistry(this.#settings());
    this.#stops.push(() => running.close());
    return running;
  }

  /** Opens the registry over its database and puts nothing into service: what it signs, nobody has compared. */
  async open(): Promise<OpenRegistry> {
    const opened = await openRegistry(this.#settings());
    this.#stops.push(() => opened.close());
    return opened;
  }

  #settings(): RegistrySettings {
    const { admin, pki } = this.#kafka;
    const own = this.#holder('registry').signing;
    return {
      node: {
        identity: {
          NODE_NAME: 'registry',
          DATABASE_URL: this.databaseUrl,
          SIGNING_CERT: own.certFile,
          SIGNING_KEY: own.keyFile,
        },
        kafka: { brokers: this.brokers, clientId: 'registry' },
        // The broker grants the registry's own certificate `registry.state` only; here each file has its topic.
        tls: { cert: admin.certFile, key: admin.keyFile, ca: admin.caFile },
        http: { host: '127.0.0.1', port: 0 },
        log: { level: 'silent' },
        access: { adminTokenSha256: createHash('sha256').update(ADMIN_TOKEN).digest('hex') },
        verifier: { VERIFIER_THREADS: 0 },
        retention: { OUTBOX_KEPT_DAYS: 7 },
        faults: null,
        root: { certFile: pki.ca.certFile, fingerprint: pki.ca.fingerprint },
      },
      registry: {
        catalogueDir: join(this.home, 'catalogue'),
        certificatesFile: join(this.home, 'certificates.json'),
        membersFile: join(this.home, 'members.json'),
        rootsDir: this.rootsDir,
        heartbeatMs: 60_000,
      },
      topic: this.topic,
    };
  }

  /** Writes records to the topic as whoever has stolen the registry's way to it would. */
  async send(...values: readonly Buffer[]): Promise<void> {
    const connection = this.#connect();
    const producer = new MessageProducer(connection);
    const headers = { hub_class: Buffer.from('entry') };
    await producer.send(values.map((value) => ({ topic: this.topic, key: 'stolen', value, headers })));
    await producer.close();
    await connection.close();
  }

  /**
   * Another node's view of this registry, caught up unless it has a snapshot to begin with: its root of trust, and the
   * database of a node that was there before, may be given.
   */
  async view({ root = this.root, snapshot, url }: ViewOptions = {}): Promise<RegistryView> {
    const migrations = [CreateRegistryCopy1767225600021];
    const source = await createDataSource({
      url: url ?? (await this.newDatabase()),
      name: 'view',
      migrations,
    });
    const connection = this.#connect();
    const view = new RegistryView({
      root,
      copy: new RegistryCopy(new UnitOfWork(source)),
      reader: new TopicReader(connection, 'view', systemIds),
      topic: this.topic,
      clock: systemClock,
      logger: this.#logger,
      startTimeoutMs: 30_000,
      ...(snapshot === undefined ? {} : { snapshot: () => snapshot }),
    });
    this.#stops.push(async () => {
      await view.close();
      await connection.close();
      await source.destroy();
    });
    await view.start();
    return view;
  }

  /** Values of the topic's records of one class, as they are now. */
  async published(hubClass: 'entry' | 'heartbeat'): Promise<Buffer[]> {
    const connection = this.#connect();
    const values: Buffer[] = [];
    for await (const record of new TopicReader(connection, 'look', systemIds).read(this.topic, {
      until: 'end',
    }))
      if (record.headers['hub_class']?.toString() === hubClass) values.push(record.value);
    await connection.close();
    return values;
  }

  #connect(): KafkaConnection {
    const { admin, brokers } = this.#kafka;
    const tls = { cert: admin.certFile, key: admin.keyFile, ca: admin.caFile };
    return KafkaConnection.open({ brokers, clientId: 'test', tls }, this.#logger);
  }

  #holder(name: string) {
    const holder = this.#kafka.pki.holders[name];
    if (holder === undefined) throw new Error(`the test network has no holder ${name}`);
    return holder;
  }

  async #writeCertificates(): Promise<void> {
    const { ca, holders } = this.#kafka.pki;
    const certificates = Object.values(holders).flatMap(({ signing, transport }) => [
      signing.certFile,
      transport.certFile,
    ]);
    const manifest = { anchors: [ca.certFile], certificates };
    await writeFile(join(this.home, 'certificates.json'), JSON.stringify(manifest));
  }

  async #createTopic(): Promise<void> {
    const client = openClient(this.#kafka.admin, 'test').admin();
    await client.connect();
    await createTopics(client, [{ topic: this.topic, numPartitions: 1 }]);
    await client.disconnect();
  }

  async #close(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop()));
    await rm(this.home, { recursive: true, force: true });
  }
}

/** A call of the registry's API by its administrator, unless another authorization is given. */
export async function call(
  running: RunningRegistry,
  path: string,
  { body, authorization = `Bearer ${ADMIN_TOKEN}`, method }: CallOptions = {},
): Promise<{ readonly status: number; readonly json: unknown; readonly bytes: Buffer }> {
  const response = await fetch(new URL(path, running.http.url), {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    json: isJson ? (JSON.parse(bytes.toString()) as unknown) : undefined,
    bytes,
  };
}

interface CallOptions {
  readonly body?: unknown;
  readonly authorization?: string;
  readonly method?: 'GET' | 'POST';
}
