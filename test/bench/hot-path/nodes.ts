/** The two use cases of the hot path as the nodes compose them, without the broker: what it carries is handed over. */
import {
  cloudEventHeaders,
  HUB_HEADERS,
  parseIpaCode,
  practiceKey,
  topics,
  type HubEvent,
  type IpaCode,
} from '#contracts';
import { FileDocumentStore } from '#documents';
import type { BatchChecks } from '#evidence';
import type { IncomingRecord } from '#messaging';
import { createDataSource, SHARED_MIGRATIONS, UnitOfWork } from '#persistence';
import { CreateQuarantine1767225600030 } from '#quarantine';
import { ReceiveBatch } from '../../../apps/authority/src/inbox/receive-batch.ts';
import { CreateProtocol1767225602002 } from '../../../apps/authority/src/protocol/create-protocol.ts';
import { DEFAULT_PROTOCOL } from '../../../apps/authority/src/protocol/protocol-settings.ts';
import { CreateAuthority1767225602001 } from '../../../apps/authority/src/store/create-authority.ts';
import { TuneReceiving1767225603700 } from '../../../apps/authority/src/store/tune-receiving.ts';
import { RouteBatch } from '../../../apps/router/src/routing/route-batch.ts';
import { CreateRouting1767225601001 } from '../../../apps/router/src/store/create-routing.ts';
import type { SignedEvent } from '../../../libs/testing/src/builders/event.ts';
import type { TestNetwork } from '../../../libs/testing/src/builders/network.ts';
import { aPractice } from '../../../libs/testing/src/builders/practice.ts';

const ROUTER = 'router-1';
const ATTACHMENTS = 5;

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
  const { source, work } = await open(url, [CreateQuarantine1767225600030, CreateRouting1767225601001]);
  const { registry, clock, ids } = network;
  const crash = { reach: () => undefined };
  const signer = network.signerOf(ROUTER);
  const useCase = new RouteBatch({ name: ROUTER, work, registry, verifier, signer, clock, ids, crash });
  return { useCase, work, close: () => source.destroy() };
}

export async function openRecipient(
  url: string,
  network: TestNetwork,
  { ipa, verifier }: { readonly ipa: IpaCode; readonly verifier: BatchChecks },
): Promise<BenchNode<ReceiveBatch>> {
  const { source, work } = await open(url, [
    CreateQuarantine1767225600030,
    CreateAuthority1767225602001,
    CreateProtocol1767225602002,
    TuneReceiving1767225603700,
  ]);
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
