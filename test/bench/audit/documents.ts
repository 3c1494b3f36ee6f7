/** Real documents as they stand on their topics: filings, what the router decides about them, and what three recipients confirm. */
import type { BatchChecks } from '#evidence';
import { HUB_HEADERS, route, type Decision } from '#contracts';
import { signDecisions, verifyEvent } from '#evidence';
import type { IncomingRecord } from '#messaging';
import { createMetrics, systemIds } from '#platform';
import { TakeIn } from '../../../apps/auditor/src/intake/take-in.ts';
import { bufferHeaders } from '../../../libs/testing/src/builders/records.ts';
import { aNetwork, type TestNetwork } from '../../../libs/testing/src/builders/network.ts';
import { answersTo } from '../hot-path/log-nodes.ts';
import { filings, foundNetwork } from '../hot-path/nodes.ts';
import type { OpenLog } from './open-log.ts';

/** Leaves of a filing: itself, the decision, three receipts. */
export const LEAVES = 5;
/** Filings of one decision's and one receipt's batch. */
const BATCH = 64;
/** Filings between two words of how far it is. */
const TOLD = 100 * BATCH;

/** A network whose ids are as hard to compress as in service. */
export function foundRealNetwork(): Promise<TestNetwork> {
  return foundNetwork(aNetwork().withIds(systemIds));
}

/** Takes filings with all that follows into a log, signed and verified for real. */
export async function fillLog(
  log: OpenLog,
  network: TestNetwork,
  { events, verifier, tell }: { events: number; verifier: BatchChecks; tell: (what: string) => void },
): Promise<void> {
  const { registry, clock } = network;
  const takeIn = new TakeIn({ work: log.work, registry, verifier, clock, metrics: createMetrics('bench') });
  for (let done = 0; done < events;) {
    const filed = await filings(network, Math.min(BATCH, events - done));
    const { decisions, receipts } = await answersTo(await decided(filed, network), network);
    await taken(takeIn.run('events', filed));
    await taken(takeIn.run('decisions', decisions));
    await taken(takeIn.run('receipts', receipts));
    done += filed.length;
    if (done % TOLD === 0) tell(`${done} of ${events} filings`);
  }
}

async function taken(outcomes: ReturnType<TakeIn['run']>): Promise<void> {
  const strange = (await outcomes).find(({ kind }) => kind !== 'done');
  if (strange) throw new Error(`a document was not taken in: ${JSON.stringify(strange)}`);
}

/** The filings as a recipient reads them: each with the router's decision, of one batch. */
async function decided(filed: readonly IncomingRecord[], network: TestNetwork): Promise<IncomingRecord[]> {
  const { registry, clock } = network;
  const at = clock.now();
  const decisions = filed.map(({ value }): Decision => {
    const { event, digest, signedInfoDigest } = verifyEvent(value, registry, at);
    const { author, id, type, practice, procedure } = { ...event, author: event.author.ipa };
    return {
      version: '1.0',
      router: 'router-1',
      time: at.toISOString(),
      event: { author, id, type, digest, signedInfoDigest },
      practice,
      position: 1,
      registry: registry.current(),
      procedure,
      ...route(event, registry),
    };
  });
  const { items } = await signDecisions(decisions, network.signerOf('router-1'), at);
  return filed.map((record, n) => ({
    ...record,
    headers: { ...record.headers, ...bufferHeaders({ [HUB_HEADERS.decision]: items[n] ?? '' }) },
  }));
}
