/**
 * What one event costs at the router and at a recipient: processor time of the node and of the database, by size of
 * batch. The use cases run as in the nodes, on a real server; the broker and the relay are not part of it.
 */
import { VerifierPool } from '#evidence';
import type { IncomingRecord, Outcome } from '#messaging';
import { aNetwork } from '../../../libs/testing/src/builders/network.ts';
import { median, spreadOf, type Figure, type Options } from '../measure.ts';
import { filings, inboxOf, openRecipient, openRouter, RECIPIENT } from './nodes.ts';
import { startServer, type BenchServer } from './server.ts';

const SIZES = [8, 64, 256] as const;
/** Events of a round: enough for the hundredths of a second in which a server's time is told. */
const EVENTS = 1_024;

interface UseCase {
  run(batch: readonly IncomingRecord[]): Promise<Outcome[]>;
}

type Names = 'router' | 'recipient';
/** Microseconds of processor time for each event. */
interface Cost {
  readonly node: number;
  readonly postgres: number;
}

export async function benchHotPath({ rounds }: Options): Promise<readonly Figure[]> {
  const server = await startServer();
  const verifier = new VerifierPool();
  try {
    const costs = new Map<string, Cost[]>();
    // The first round warms up and is thrown away.
    for (let round = 0; round <= rounds; round += 1) {
      for (const size of SIZES) {
        const measured = await oneRound(server, verifier, { size, name: `round_${round}_${size}` });
        if (round === 0) continue;
        for (const [name, cost] of Object.entries(measured)) {
          const key = `${name}.batch-${size}`;
          costs.set(key, [...(costs.get(key) ?? []), cost]);
        }
      }
    }
    return [...costs].flatMap(([name, samples]) => [
      figure(
        `hot-path.${name}.node`,
        samples.map(({ node }) => node),
      ),
      figure(
        `hot-path.${name}.postgres`,
        samples.map(({ postgres }) => postgres),
      ),
    ]);
  } finally {
    await verifier.close();
    await server.stop();
  }
}

function figure(name: string, samples: readonly number[]): Figure {
  return {
    name,
    value: median(samples),
    unit: 'µs/event',
    baseline: null,
    ratio: null,
    spread: spreadOf(samples),
  };
}

/** New databases each time: every round finds the same. */
async function oneRound(
  server: BenchServer,
  verifier: VerifierPool,
  { size, name }: { readonly size: number; readonly name: string },
): Promise<Record<Names, Cost>> {
  const network = await aNetwork().founded();
  const router = await openRouter(await server.database(`router_${name}`), network, verifier);
  const recipient = await openRecipient(await server.database(`recipient_${name}`), network, {
    ipa: RECIPIENT,
    verifier,
  });
  try {
    const filed = await filings(network, EVENTS);
    const routed = await cost(server, router.useCase, filed, size);
    const inbox = await inboxOf(router, filed, RECIPIENT);
    return { router: routed, recipient: await cost(server, recipient.useCase, inbox, size) };
  } finally {
    await router.close();
    await recipient.close();
  }
}

async function cost(
  server: BenchServer,
  useCase: UseCase,
  records: readonly IncomingRecord[],
  size: number,
): Promise<Cost> {
  globalThis.gc?.();
  const [own, database] = [process.cpuUsage(), await server.cpuMicros()];
  for (let from = 0; from < records.length; from += size) {
    const outcomes = await useCase.run(records.slice(from, from + size));
    const strange = outcomes.find(({ kind }) => kind !== 'done');
    if (strange) throw new Error(`an event was not done: ${JSON.stringify(strange)}`);
  }
  const { user, system } = process.cpuUsage(own);
  const after = await server.cpuMicros();
  return { node: (user + system) / records.length, postgres: (after - database) / records.length };
}
