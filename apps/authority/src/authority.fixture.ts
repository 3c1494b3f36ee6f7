/** A public body's node for specs: the real application on a database and a store of its own, without a broker. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { afterAll, inject } from 'vitest';
import { ACCESS_MIGRATIONS, AccessModule, type Scope } from '#access';
import { AccessLog } from '#access-log';
import { ActionLog } from '#actions';
import { parseIpaCode, type IpaCode } from '#contracts';
import { FileDocumentStore, FileKeyStore, FileMasterKey, newMasterKey, type DocumentKey } from '#documents';
import { HubError } from '#errors';
import { readCertificatePem, VerifierPool, type BatchChecks, type Signer } from '#evidence';
import type { IncomingRecord, Outcome } from '#messaging';
import { createDataSource, SHARED_MIGRATIONS, UnitOfWork } from '#persistence';
import { createLogger, runHttpApp, systemIds, type Clock, type HttpApp } from '#platform';
import { aNetwork, makeToken, migratedDatabase, type TestNetwork } from '#testing';
import { NodeStreams, type StreamsParts } from '#streams';
import { AuthorityModule } from './authority.module.ts';
import { LostDocuments } from './documents/lost-documents.ts';
import { DocumentFetching } from './documents/document-fetching.ts';
import { FeedBell } from './feed/feed-bell.ts';
import { InboxController } from './inbox/inbox.controller.ts';
import { ReceiveBatch } from './inbox/receive-batch.ts';
import { AUTHORITY_MIGRATIONS } from './store/migrations.ts';
import type { NodeParts } from './node-parts.ts';
import { OPEN_API } from './open-api.ts';
import { OutboxBound, type OutboxLimits } from './practices/outbox-bound.ts';
import { DestroyDocuments } from './retention/destroy-documents.ts';
import { KEEP_EVERYTHING, type RetentionPeriod } from './retention/periods.ts';
import { Retaining } from './retention/retaining.ts';
import { SealDocuments } from './documents/seal-documents.ts';
import { DEFAULT_PROTOCOL } from './protocol/protocol-settings.ts';
import type { ReconcileSettings } from './reconciliation/reconcile-config.ts';
import { Reconciling } from './reconciliation/reconciling.ts';
import { WebhookClient, type ClientSettings } from './webhooks/webhook-client.ts';
import type { WebhookParts } from './webhooks/webhook-parts.ts';
import { WITNESS, type Witness } from './witness/witness.ts';
import type { WitnessSettings } from './witness/witness-config.ts';
import { WitnessReports } from './witness/witness-reports.ts';
import { WebhookSender } from './webhooks/webhook-sender.ts';

export { until } from './until.fixture.ts';

const MIGRATIONS = [...SHARED_MIGRATIONS, ...ACCESS_MIGRATIONS, ...AUTHORITY_MIGRATIONS];
const logger = createLogger('test', { level: 'silent' });
const LOCAL = { host: '127.0.0.1', port: 0 };
const ROOMY: OutboxLimits = { records: 1e6, bytes: 1e9 };

/**
 * The network whose certificates the specs' nodes hold, transport certificates listed.
 * @param founding with one procedure, four members and no borders unless another is given
 */
export async function realNetwork(founding = aNetwork().small()): Promise<TestNetwork> {
  const { pki } = inject('kafka');
  const network = await founding.withPki(pki).founded();
  for (const { holder, transport } of Object.values(pki.holders)) {
    const { subject, fingerprint, x509, notBefore, notAfter } = readCertificatePem(
      await readFile(transport.certFile, 'utf8'),
    );
    if (subject === undefined) throw new Error(`the certificate of ${holder} has no subject`);
    await network.publish({
      kind: 'certificate.published',
      certificate: {
        ...subject,
        fingerprint,
        der: x509.raw.toString('base64'),
        notBefore: notBefore.toISOString(),
        notAfter: notAfter.toISOString(),
      },
    });
  }
  return network;
}

export interface TestNodeOptions {
  readonly maxFileBytes?: number;
  readonly outbox?: OutboxLimits;
  /** Fetches documents in the background, as the running node does. */
  readonly fetching?: boolean;
  readonly signer?: Signer;
  /** The network's, unless given. */
  readonly clock?: Clock;
  /** Where a node that was stopped kept its documents, and a database for it; its own new ones, if absent. */
  readonly place?: Place;
  /** By default nothing is compared by itself, and everything is settled at once. */
  readonly reconcile?: Partial<ReconcileSettings>;
  /** By default one without threads. */
  readonly verifier?: BatchChecks;
  /** How webhooks are called; pushing is started with `node.webhooks.sender.start()`. */
  readonly webhooks?: Partial<ClientSettings>;
  /** By default everything is kept. What is approved is destroyed with `node.destroy.run()`. */
  readonly periods?: readonly RetentionPeriod[];
  /** By default the node is no witness. Reports are made with `node.witness.reports.report(vkey)`. */
  readonly witness?: WitnessSettings;
}

export class TestNode {
  readonly ipa: IpaCode;
  readonly #open: Opened;

  private constructor(
    readonly network: TestNetwork,
    opened: Opened,
  ) {
    this.ipa = opened.parts.ipa;
    this.#open = opened;
  }

  /** Call it at the file's top level: the node ends with the file. */
  static async start(network: TestNetwork, ipa: string, options: TestNodeOptions = {}): Promise<TestNode> {
    const place = options.place ?? {
      databaseUrl: await migratedDatabase('authority', async (url) => {
        await (await createDataSource({ url, name: 'authority', migrations: MIGRATIONS })).destroy();
      }),
      home: await mkdtemp(join(tmpdir(), 'reset-hub-authority-')),
    };
    const opened = await open(network, ipa, place, options);
    const node = new TestNode(network, opened);
    afterAll(async () => {
      await node.stop();
      await opened.close();
      await rm(place.home, { recursive: true, force: true });
      await rm(`${place.home}-keys`, { recursive: true, force: true });
    });
    await node.announce();
    return node;
  }

  get parts(): NodeParts {
    return this.#open.parts;
  }

  get http(): HttpApp {
    return this.#open.http;
  }

  get receive(): ReceiveBatch {
    return this.http.app.get(ReceiveBatch);
  }

  /** What its topic brings it: events wake the fetching of their documents, as in the running node. */
  takeIn(...records: readonly IncomingRecord[]): Promise<Outcome[]> {
    return this.http.app.get(InboxController).inbox(records);
  }

  get lost(): LostDocuments {
    return this.http.app.get(LostDocuments);
  }

  get sealing(): SealDocuments {
    return this.#open.sealing;
  }

  get keys(): FileKeyStore {
    return this.#open.keys;
  }

  get destroy(): DestroyDocuments {
    return this.#open.destroy;
  }

  get webhooks(): WebhookParts {
    return this.#open.webhooks;
  }

  get witness(): Witness {
    return this.http.app.get<Witness>(WITNESS);
  }

  /** Pushing as another instance of the node, or the next process, does it; closed by whoever asks. */
  anotherSender(): WebhookSender {
    const { parts, bell, webhooks } = this.#open;
    return senderOf(parts, bell, webhooks.client);
  }

  get databaseUrl(): string {
    return this.#open.databaseUrl;
  }

  /** The folder of its documents. */
  get home(): string {
    return this.#open.home;
  }

  /** Tells the registry where this node serves documents. */
  async announce(nodeUrl = this.http.peerUrl): Promise<void> {
    const body = this.network.registry.body(this.ipa);
    if (body === undefined || nodeUrl === undefined) throw new Error(`${this.ipa} is no member`);
    await this.network.publish({ kind: 'body.published', body: { ...body, nodeUrl } });
  }

  /** Takes no more requests and fetches nothing more. */
  async stop(): Promise<void> {
    await this.http.close();
    await this.#open.webhooks.sender.close();
    await this.#open.fetching.close();
  }

  async token(...scopes: Scope[]): Promise<string> {
    const { token } = await makeToken(this.http, ...scopes);
    return token;
  }

  /** Rows of a query on the node's own database. */
  rows<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    return this.parts.work.run((tx) => tx.query<Row>(sql, params));
  }

  /** Everything in the node's document store. */
  async stored(): Promise<DocumentKey[]> {
    const keys: DocumentKey[] = [];
    for await (const key of this.parts.documents.keys()) keys.push(key);
    return keys;
  }
}

export interface Place {
  readonly home: string;
  readonly databaseUrl: string;
}

interface Opened extends Place {
  readonly parts: NodeParts;
  readonly http: HttpApp;
  readonly fetching: DocumentFetching;
  readonly bell: FeedBell;
  readonly webhooks: WebhookParts;
  readonly keys: FileKeyStore;
  readonly sealing: SealDocuments;
  readonly destroy: DestroyDocuments;
  close(): Promise<void>;
}

async function open(
  network: TestNetwork,
  ipa: string,
  place: Place,
  options: TestNodeOptions,
): Promise<Opened> {
  const { transport } = holderFiles(ipa);
  const tls = {
    cert: transport.certFile,
    key: transport.keyFile,
    ca: inject('kafka').pki.ca.certFile,
  };
  const source = await createDataSource({
    url: place.databaseUrl,
    name: ipa,
    migrations: MIGRATIONS,
  });
  const keys = await keysOf(place);
  const documents = new FileDocumentStore({ root: place.home, keys });
  await documents.start();
  const clock = options.clock ?? network.clock;
  const parts: NodeParts = {
    ipa: parseIpaCode(ipa),
    work: new UnitOfWork(source),
    registry: network.registry,
    signer: options.signer ?? network.signerOf(ipa),
    verifier: options.verifier ?? new VerifierPool({ threads: 0 }),
    documents,
    clock,
    ids: systemIds,
    accesses: new AccessLog({ node: ipa, clock, ids: systemIds }),
    logger,
    protocol: DEFAULT_PROTOCOL,
  };
  const fetching = new DocumentFetching(parts, tls, logger);
  const destroy = new DestroyDocuments({ ...parts, documents }, keys);
  const retaining = new Retaining({ destroy, node: parts, logger });
  const lost = new LostDocuments({
    ...{ parts, logger },
    found: () => {
      fetching.wakeLost();
    },
    destroyed: (gone) => retaining.forgetAgain(gone),
  });
  const sealing = new SealDocuments({ documents, keys, clock: parts.clock, logger });
  const bell = new FeedBell(parts.work, place.databaseUrl);
  await bell.open();
  const client = new WebhookClient({ allowedAddresses: [], ca: null, ...options.webhooks });
  const webhooks = { client, sender: senderOf(parts, bell, client) };
  const settings = { everyMs: 0, settledMs: 0, ...options.reconcile };
  const reconciling = new Reconciling({
    ...{ parts, tls, settings, logger },
    taken: () => {
      fetching.wake();
    },
  });
  const limits = { fileBytes: options.maxFileBytes ?? 1_000_000 };
  const outbox = new OutboxBound(parts.work, options.outbox ?? ROOMY, () => 'BROKER_UNAVAILABLE');
  const http = await runHttpApp(
    {
      module: TestRoot,
      imports: [
        AccessModule.forRoot({ dataSource: source }),
        AuthorityModule.of({
          node: parts,
          limits,
          auditor: null,
          fetching,
          bell,
          outbox,
          webhooks,
          reconciling,
          streams: noStreams(parts),
          lost,
          retention: {
            ...{ keys, sealing, retaining },
            settings: { ...KEEP_EVERYTHING, periods: options.periods ?? null },
          },
          witness: witnessOf(parts, options.witness ?? null),
        }),
      ],
    },
    { name: ipa, http: LOCAL, peer: { ...LOCAL, tls }, openApi: OPEN_API, logger, drainMs: 2_000 },
  );
  if (options.fetching === true) fetching.start();
  if (settings.everyMs > 0) reconciling.start();
  const close = async (): Promise<void> => {
    await reconciling.close();
    await bell.close();
    await client.close();
    await source.destroy();
  };
  return { ...place, parts, http, fetching, bell, webhooks, keys, sealing, destroy, close };
}

/** The keys of a node's documents, beside their folder. */
export async function keysOf({ home }: Pick<Place, 'home'>): Promise<FileKeyStore> {
  const root = `${home}-keys`;
  const file = join(root, 'master');
  await mkdir(root, { recursive: true });
  // Of a node that is started again there is one.
  await writeFile(file, newMasterKey(), { mode: 0o600, flag: 'wx' }).catch(() => undefined);
  return new FileKeyStore({ root, master: new FileMasterKey(file) });
}

function witnessOf(parts: NodeParts, settings: WitnessSettings | null): Witness {
  const vkey = settings?.cosigner.verifier.vkey ?? null;
  return { settings, reports: new WitnessReports({ parts, vkey, logger }) };
}

/** Nothing is read from a broker here. */
function noStreams({ ipa, work, clock, ids, signer }: NodeParts): StreamsParts {
  const away = (): Promise<never> => Promise.reject(new HubError('BROKER_UNAVAILABLE', 'there is none'));
  return {
    ...{ at: ipa, work, clock, ids, streams: new NodeStreams(), apart: [] },
    connection: { ranges: away, offsetsAt: away, committedIn: away },
    actions: new ActionLog({ role: 'authority', signer, clock, ids }),
  };
}

function senderOf(parts: NodeParts, bell: FeedBell, client: WebhookClient): WebhookSender {
  return new WebhookSender({ parts, bell, client, holder: systemIds.uuid(), logger });
}

@Module({})
class TestRoot {}

/** The certificate files of a holder of the test network. */
export function holderFiles(name: string) {
  const holder = inject('kafka').pki.holders[name];
  if (holder === undefined) throw new Error(`the test network has no holder ${name}`);
  return holder;
}
