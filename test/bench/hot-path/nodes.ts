/** The two use cases of the hot path as the nodes compose them, without the broker: what it carries is handed over. */
import {
  cloudEventHeaders,
  HUB_HEADERS,
  parseIpaCode,
  parseIstatCode,
  practiceKey,
  topics,
  type HubEvent,
  type IpaCode,
} from '#contracts';
import { AccessLog } from '#access-log';
import { FileDocumentStore } from '#documents';
import type { BatchChecks } from '#evidence';
import type { IncomingRecord } from '#messaging';
import { createDataSource, SHARED_MIGRATIONS, UnitOfWork } from '#persistence';
import { createLogger } from '#platform';
import { ReceiveBatch } from '../../../apps/authority/src/inbox/receive-batch.ts';
import { DEFAULT_PROTOCOL } from '../../../apps/authority/src/protocol/protocol-settings.ts';
import { AUTHORITY_MIGRATIONS } from '../../../apps/authority/src/store/migrations.ts';
import { RouteBatch } from '../../../apps/router/src/routing/route-batch.ts';
import { ROUTER_MIGRATIONS } from '../../../apps/router/src/store/migrations.ts';
import type { SignedEvent } from '../../../libs/testing/src/builders/event.ts';
import { aNetwork, type TestNetwork } from '../../../libs/testing/src/builders/network.ts';
import { aPractice } from '../../../libs/testing/src/builders/practice.ts';

const ROUTER = 'router-1';
const logger = createLogger('bench', { level: 'silent' });
const ATTACHMENTS = 5;

/** The catalogue's network, with a border more: a filing of Cremona at its border concerns three bodies. */
export async function foundNetwork(): Promise<TestNetwork> {
  const network = await aNetwork().founded();
  const between = [parseIstatCode('019036'), parseIstatCode('019035')] as const;
  await network.publish({ kind: 'border.published', between });
  return network;
}

export interface BenchNode<UseCase> {
  readonly useCase: UseCase;
  readonly work: UnitOfWork;
  close(): Promise<void>;
}

export async function openRouter(
  url: string,
  network: TestNetwork,
  verifier: BatchChecks,
): Promise<BenchNode<RouteBatch>> {
  const { source, work } = await open(url, ROUTER_MIGRATIONS);
  const { registry, clock, ids } = network;
  const signer = network.signerOf(ROUTER);
  const useCase = new RouteBatch({
    name: ROUTER,
    work,
    registry,
    verifier,
    signer,
    clock,
    ids,
    logger,
  });
  return { useCase, work, close: () => source.destroy() };
}

export async function openRecipient(
  url: string,
  network: TestNetwork,
  { ipa, verifier }: { readonly ipa: IpaCode; readonly verifier: BatchChecks },
): Promise<BenchNode<ReceiveBatch>> {
  const { source, work } = await open(url, AUTHORITY_MIGRATIONS);
  const { registry, clock, ids } = network;
  const useCase = new ReceiveBatch({
    ipa,
    work,
    registry,
    signer: network.signerOf(ipa),
    verifier,
    // Never opened: documents are fetched outside the batch.
    documents: new FileDocumentStore({ root: '/nonexistent' }),
    clock,
    ids,
    accesses: new AccessLog({ node: ipa, clock, ids }),
    logger,
    protocol: DEFAULT_PROTOCOL,
  });
  return { useCase, work, close: () => source.destroy() };
}

async function open(url: string, migrations: Parameters<typeof createDataSource>[0]['migrations']) {
  const source = await createDataSource({
    url,
    name: 'hot-path',
    migrations: [...SHARED_MIGRATIONS, ...migrations],
  });
  return { source, work: new UnitOfWork(source) };
}

/** Filings of about 5 KB that concern three bodies, as they stand in their author's outbox. */
export async function filings(network: TestNetwork, count: number): Promise<IncomingRecord[]> {
  const records: IncomingRecord[] = [];
  for (let offset = 0; offset < count; offset += 1) {
    const filing = aPractice(network).filedBy('c_d150').withFact('in-fascia-di-confine', 'true');
    for (let n = 0; n < ATTACHMENTS; n += 1) filing.withDocument();
    records.push(recordOf(await filing.signed(), offset));
  }
  return records;
}

function recordOf({ event, bytes }: SignedEvent, offset: number): IncomingRecord {
  return {
    topic: topics.outbox(event.author.ipa),
    partition: 0,
    offset: String(offset),
    key: practiceKey(event.practice),
    value: bytes,
    headers: headersOf(event),
    timestamp: new Date(event.time),
  };
}

function headersOf(event: HubEvent): Record<string, Buffer> {
  return Object.fromEntries(
    Object.entries(cloudEventHeaders(event)).map(([name, value]) => [name, Buffer.from(value)]),
  );
}

/** The same events as their recipients read them, each with the decision that the router has stored. */
export async function inboxOf(
  router: BenchNode<RouteBatch>,
  filed: readonly IncomingRecord[],
  ipa: IpaCode,
): Promise<IncomingRecord[]> {
  const rows = await router.work.run((tx) =>
    tx.query<{ id: string; decision: Buffer }>('select event_id as id, decision from routed_event'),
  );
  const decisions = new Map(rows.map(({ id, decision }) => [id, decision]));
  return filed.map((record) => {
    const decision = decisions.get(String(record.headers['ce_id']));
    if (decision === undefined) throw new Error(`event ${String(record.headers['ce_id'])} was not routed`);
    const headers = { ...record.headers, [HUB_HEADERS.decision]: decision };
    return { ...record, topic: topics.inbox(ipa), headers };
  });
}

export const RECIPIENT = parseIpaCode('p_cr');
