/**
 * What one filing costs at the router, at a recipient and at the auditor, the receipts of its three recipients included:
 * processor time of the node and of the database, by size of batch. The use cases run as in the nodes, on a real server;
 * the broker and the relay are not part of it.
 */
import { VerifierPool } from '#evidence';
import type { IncomingRecord, Outcome } from '#messaging';
import { alone, type Figure, type Options } from '../measure.ts';
import { answersTo, forwarderOf, openLog, type Answers, type BenchLog } from './log-nodes.ts';
import { filings, foundNetwork, inboxOf, openRecipient, openRouter, RECIPIENT } from './nodes.ts';
import { startServer, type BenchServer } from './server.ts';

const SIZES = [8, 64, 256] as const;
/** Events of a round: enough for the hundredths of a second in which a server's time is told. */
const EVENTS = 1_024;

/** Handles a batch; answers what became of each record. */
type Handle = (batch: readonly IncomingRecord[]) => Promise<Outcome[]>;

/** `receipts`: what the router spends on those of a filing; `intake` and `checkpoint`: the auditor, on its five leaves. */
type Names = 'router' | 'receipts' | 'recipient' | 'intake' | 'checkpoint';
/** Microseconds of processor time for each filing. */
interface Cost {
  readonly node: number;
  readonly postgres: number;
}

export async function benchHotPath({ rounds }: Options): Promise<readonly Figure[]> {
  const server = await startServer();
  const verifiers: Verifiers = {
    router: new VerifierPool(),
    recipient: new VerifierPool(),
    auditor: new VerifierPool(),
  };
  try {
    const costs = new Map<string, Cost[]>();
    // The first round warms up and is thrown away.
    for (let round = 0; round <= rounds; round += 1) {
      for (const size of SIZES) {
        const measured = await oneRound(server, verifiers, { size, name: `round_${round}_${size}` });
        if (round === 0) continue;
        for (const [name, cost] of Object.entries(measured)) {
          const key = `${name}.batch-${size}`;
          costs.set(key, [...(costs.get(key) ?? []), cost]);
        }
      }
    }
    return [...costs].flatMap(([name, samples]) => [
      alone(
        `hot-path.${name}.node`,
        samples.map(({ node }) => node),
        'µs/filing',
      ),
      alone(
        `hot-path.${name}.postgres`,
        samples.map(({ postgres }) => postgres),
        'µs/filing',
      ),
    ]);
  } finally {
    await Promise.all(Object.values(verifiers).map((verifier) => verifier.close()));
    await server.stop();
  }
}

/** Each node has threads of its own, which know only what it has read. */
type Verifiers = Readonly<Record<'router' | 'recipient' | 'auditor', VerifierPool>>;

/** New databases each time: every round finds the same. */
async function oneRound(
  server: BenchServer,
  verifiers: Verifiers,
  { size, name }: { readonly size: number; readonly name: string },
): Promise<Record<Names, Cost>> {
  const network = await foundNetwork();
  const router = await openRouter(await server.database(`router_${name}`), network, verifiers.router);
  const recipient = await openRecipient(await server.database(`recipient_${name}`), network, {
    ipa: RECIPIENT,
    verifier: verifiers.recipient,
  });
  const log = await openLog(await server.database(`auditor_${name}`), network, verifiers.auditor);
  try {
    const filed = batchesOf(await filings(network, EVENTS), size);
    const routed = await cost(server, () => handle(filed, (batch) => router.useCase.run(batch)));
    const inbox = batchesOf(await inboxOf(router, filed.flat(), RECIPIENT), size);
    const answers: Answers[] = [];
    for (const batch of inbox) answers.push(await answersTo(batch, network));
    const receipts = answers.flatMap((answer) => batchesOf(answer.receipts, size));
    const forwarder = forwarderOf(router, network, verifiers.router);
    const forwarded = await cost(server, () => handle(receipts, (batch) => forwarder.run(batch)));
    const received = await cost(server, () => handle(inbox, (batch) => recipient.useCase.run(batch)));
    const logged = await costOfLog(server, log, filed, answers);
    return { router: routed, receipts: forwarded, recipient: received, ...logged };
  } finally {
    await router.close();
    await recipient.close();
    await log.close();
  }
}

/** The auditor reads filings, their decisions and their receipts, and publishes a checkpoint after each batch of filings. */
async function costOfLog(
  server: BenchServer,
  log: BenchLog,
  filed: readonly (readonly IncomingRecord[])[],
  answers: readonly Answers[],
): Promise<Record<'intake' | 'checkpoint', Cost>> {
  globalThis.gc?.();
  let intake = NOTHING;
  let checkpoint = NOTHING;
  for (const [index, batch] of filed.entries()) {
    const { decisions = [], receipts = [] } = answers[index] ?? {};
    intake = sum(
      intake,
      await costOf(server, async () => {
        await handle([batch], (records) => log.takeIn('events', records));
        await handle([decisions], (records) => log.takeIn('decisions', records));
        await handle(batchesOf(receipts, batch.length), (records) => log.takeIn('receipts', records));
      }),
    );
    checkpoint = sum(checkpoint, await costOf(server, () => log.publish()));
  }
  return { intake, checkpoint };
}

function batchesOf(records: readonly IncomingRecord[], size: number): IncomingRecord[][] {
  const batches: IncomingRecord[][] = [];
  for (let from = 0; from < records.length; from += size) batches.push(records.slice(from, from + size));
  return batches;
}

async function handle(batches: readonly (readonly IncomingRecord[])[], run: Handle): Promise<void> {
  for (const batch of batches) {
    const strange = (await run(batch)).find(({ kind }) => kind !== 'done');
    if (strange) throw new Error(`a record was not done: ${JSON.stringify(strange)}`);
  }
}

const NOTHING: Cost = { node: 0, postgres: 0 };

function sum(one: Cost, other: Cost): Cost {
  return { node: one.node + other.node, postgres: one.postgres + other.postgres };
}

/** Of work for all events of a round, after a collection of garbage. */
function cost(server: BenchServer, work: () => Promise<unknown>): Promise<Cost> {
  globalThis.gc?.();
  return costOf(server, work);
}

async function costOf(server: BenchServer, work: () => Promise<unknown>): Promise<Cost> {
  const database = await server.cpuMicros();
  const own = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(own);
  const after = await server.cpuMicros();
  return { node: (user + system) / EVENTS, postgres: (after - database) / EVENTS };
}
