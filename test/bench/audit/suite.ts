/**
 * The log and its archive: appending under load, one entry by itself, a proof over HTTP, and what a filing takes on the disk.
 * A real PostgreSQL with default durability; the use cases run as in the auditor, without the broker.
 */
import { VerifierPool } from '#evidence';
import { alone, median, quantile, spreadOf, type BenchOptions, type Figure } from '../measure.ts';
import { startServer, type BenchServer } from '../hot-path/server.ts';
import { append, appendSingles, type Appended, besideLoad, BYTES, IN_FLIGHT } from './append.ts';
import { fillLog, foundRealNetwork, LEAVES } from './documents.ts';
import { fillFolder } from './fill.ts';
import { openLog, type OpenLog } from './open-log.ts';
import { timeNotedReads, timeProofs } from './proofs.ts';
import { storedBytes } from './storage.ts';
import { benchVerify } from './verify.ts';
import { benchTopics } from './topics.ts';
import { Tessera } from './tessera.ts';

/** Entries appended one by one. */
const SINGLES = 40;
const PROOFS = 400;

export async function benchAudit(options: BenchOptions): Promise<readonly Figure[]> {
  const { only } = options;
  if (only === 'fill') return await fillFolder(options);
  if (only === 'topics') return await benchTopics(options);
  const server = await startServer();
  try {
    const figures: Figure[] = [];
    if (only === undefined || only === 'append' || only === 'ours')
      figures.push(...(await benchAppend(server, options)));
    if (only === undefined || only === 'documents') figures.push(...(await benchDocuments(server, options)));
    if (only === undefined || only === 'verify') figures.push(...(await benchVerify(options)));
    return figures;
  } finally {
    await server.stop();
  }
}

async function benchAppend(server: BenchServer, options: BenchOptions): Promise<readonly Figure[]> {
  const { rounds, seconds, only, tell } = options;
  const tessera = only === 'ours' ? null : await Tessera.build(tell);
  const ours: Appended[] = [];
  const theirs: number[] = [];
  let singles: readonly number[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const log = await openLog(await server.database(`append_${round}`));
      try {
        ours.push(await append(log, server, seconds));
        if (round === rounds) singles = await appendSingles(log, SINGLES);
      } finally {
        await log.close();
      }
      if (tessera !== null) theirs.push(await tessera.append({ seconds, inFlight: IN_FLIGHT, bytes: BYTES }));
      const [own] = ours.slice(-1);
      tell(
        `round ${round} of ${rounds}: ${Math.round(own?.perSecond ?? 0)}/s, Tessera ${Math.round(theirs.at(-1) ?? 0)}/s`,
      );
    }
  } finally {
    await tessera?.close();
  }
  const rates = ours.map(({ perSecond }) => perSecond);
  const ratios = rates.map((one, round) => one / (theirs[round] ?? Number.NaN));
  const isCompared = theirs.length > 0;
  return [
    {
      name: 'audit.append',
      value: median(rates),
      unit: '1/s',
      baseline: isCompared ? median(theirs) : null,
      ratio: isCompared ? median(ratios) : null,
      spread: spreadOf(isCompared ? ratios : rates),
    },
    alone(
      'audit.append.node',
      ours.map(({ node }) => node),
      'µs/entry',
    ),
    alone(
      'audit.append.postgres',
      ours.map(({ postgres }) => postgres),
      'µs/entry',
    ),
    ...withTail('audit.single', singles),
  ];
}

async function benchDocuments(server: BenchServer, options: BenchOptions): Promise<readonly Figure[]> {
  const { events, tell } = options;
  const verifier = new VerifierPool();
  const log = await openLog(await server.database('documents'));
  try {
    const network = await foundRealNetwork();
    await fillLog(log, network, {
      events,
      verifier,
      tell,
    });
    await grown(log, events * LEAVES);
    const before = await storedBytes(log.work);
    const proofs = await timeProofs(log.work, PROOFS);
    const reads = await timeNotedReads(log.work, PROOFS);
    await log.packAll();
    const after = await storedBytes(log.work);
    const loaded = await besideLoad(log, () => timeProofs(log.work, PROOFS));
    const perFiling = (name: string, bytes: number): Figure => ({
      ...alone(name, [bytes / events], 'bytes/filing'),
      spread: 0,
    });
    return [
      ...withTail('audit.proof', proofs.operator),
      ...withTail('audit.proof.system', proofs.system),
      ...withTail('audit.proof.loaded', loaded.operator),
      ...withTail('audit.read.noted', reads.noted),
      ...withTail('audit.read.silent', reads.silent),
      perFiling('audit.storage.log', before.log),
      perFiling('audit.storage.archive.rows', before.archive),
      perFiling('audit.storage.archive.packed', after.archive),
    ];
  } finally {
    await log.close();
    await verifier.close();
  }
}

/** The median, and what one in a hundred takes. */
function withTail(name: string, samples: readonly number[]): readonly Figure[] {
  const half = alone(name, samples, 'ms');
  return [half, { ...half, name: `${name}.p99`, value: quantile(samples, 0.99) }];
}

async function grown(log: OpenLog, size: number): Promise<void> {
  for (const end = Date.now() + 60_000; (await log.size()) < size;) {
    if (Date.now() > end) throw new Error(`the log has not grown to ${size} leaves`);
  }
}
