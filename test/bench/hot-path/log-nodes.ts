/** What follows a decision: the recipients' receipts at the router, and all five documents of a filing at the auditor. */
import { randomBytes } from 'node:crypto';
import {
  decisionHeaders,
  HUB_HEADERS,
  practiceKey,
  receiptHeaders,
  topics,
  type Decision,
  type IpaCode,
} from '#contracts';
import { signReceipts, verifyDecision, type BatchChecks } from '#evidence';
import type { IncomingRecord, Outcome } from '#messaging';
import { createDataSource, Lease, SHARED_MIGRATIONS, UnitOfWork } from '#persistence';
import { createMetrics } from '#platform';
import { noteSigner } from '#tlog';
import { TakeIn } from '../../../apps/auditor/src/intake/take-in.ts';
import { integrate } from '../../../apps/auditor/src/log/integrate.ts';
import { LOG_LEASE } from '../../../apps/auditor/src/log/log-writer.ts';
import { AUDITOR_MIGRATIONS } from '../../../apps/auditor/src/store/migrations.ts';
import { ForwardReceipts } from '../../../apps/router/src/receipts/forward-receipts.ts';
import type { RouteBatch } from '../../../apps/router/src/routing/route-batch.ts';
import type { TestNetwork } from '../../../libs/testing/src/builders/network.ts';
import { bufferHeaders } from '../../../libs/testing/src/builders/records.ts';
import { receiptOf } from '../receipt.ts';
import type { BenchNode } from './nodes.ts';

/** The router's second stream, over the database that has routed the events. */
export function forwarderOf(
  router: BenchNode<RouteBatch>,
  { registry, clock, ids }: TestNetwork,
  verifier: BatchChecks,
): ForwardReceipts {
  return new ForwardReceipts({ work: router.work, registry, verifier, clock, ids });
}

export interface BenchLog {
  /** Takes records of one stream in. */
  takeIn(stream: 'events' | 'decisions' | 'receipts', records: readonly IncomingRecord[]): Promise<Outcome[]>;
  /** Gives what has been taken in its indexes, under a signed checkpoint, as the writer does. */
  publish(): Promise<number>;
  close(): Promise<void>;
}

export async function openLog(url: string, network: TestNetwork, verifier: BatchChecks): Promise<BenchLog> {
  const source = await createDataSource({
    url,
    name: 'hot-path',
    migrations: [...SHARED_MIGRATIONS, ...AUDITOR_MIGRATIONS],
  });
  const work = new UnitOfWork(source);
  const { registry, clock } = network;
  const metrics = createMetrics('bench');
  const takeIn = new TakeIn({ work, registry, verifier, clock, metrics });
  const signer = noteSigner('bench.reset-hub.example/log', randomBytes(32));
  const lease = new Lease(work, { name: LOG_LEASE, holder: 'bench' });
  await lease.acquire();
  return {
    takeIn: (stream, records) => takeIn.run(stream, records),
    publish: () =>
      work.run(async (tx) => {
        await lease.fenced(tx);
        return integrate(tx, signer);
      }),
    close: async () => {
      await lease.release();
      await source.destroy();
    },
  };
}

/** The documents that follow a batch of filings, as they stand on their topics. */
export interface Answers {
  readonly decisions: readonly IncomingRecord[];
  /** Of each filing one by each recipient; a recipient signs its receipts of a batch together. */
  readonly receipts: readonly IncomingRecord[];
}

/** @param inbox filings as their recipients read them, each with its decision */
export async function answersTo(inbox: readonly IncomingRecord[], network: TestNetwork): Promise<Answers> {
  const at = network.clock.now();
  const decided = inbox.map(({ headers }) => {
    const item = headers[HUB_HEADERS.decision] ?? Buffer.alloc(0);
    return { item, decision: verifyDecision(item, network.registry, at).decision };
  });
  const decisions = decided.map(({ item, decision }, offset) =>
    recordOf(topics.routing, { offset, value: item, at }, decision, decisionHeaders(decision)),
  );
  const receipts: IncomingRecord[] = [];
  for (const by of recipientsOf(decided[0]?.decision)) {
    const said = decided.map(({ decision }) => receiptOf(decision, by, at));
    const { items } = await signReceipts(said, network.signerOf(by), at);
    for (const [index, receipt] of said.entries()) {
      const value = items[index] ?? Buffer.alloc(0);
      const offset = receipts.length;
      receipts.push(recordOf(topics.receipts, { offset, value, at }, receipt, receiptHeaders(receipt)));
    }
  }
  return { decisions, receipts };
}

function recipientsOf(decision: Decision | undefined): IpaCode[] {
  const joined = decision?.participants.filter((participant) => participant.joined) ?? [];
  return joined.flatMap(({ ipa }) => (ipa === decision?.event.author ? [] : [ipa]));
}

function recordOf(
  topic: string,
  { offset, value, at }: { readonly offset: number; readonly value: Buffer; readonly at: Date },
  { practice }: Pick<Decision, 'practice'>,
  headers: Readonly<Record<string, string>>,
): IncomingRecord {
  return {
    topic,
    partition: 0,
    offset: String(offset),
    key: practiceKey(practice),
    value,
    headers: bufferHeaders(headers),
    timestamp: at,
  };
}
