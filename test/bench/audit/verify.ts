/**
 * Verifying a copy offline: everything that `audit verify` checks, on two threads, against what xml-crypto takes for the
 * signatures alone: of the events; and of every document as it stands, each decision and receipt with its batch. The memory
 * is that of the process.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { folderCopy, readRecords } from '#audit';
import { parseSignedItem } from '#contracts';
import { BOUNDED_MEMORY_FLAGS } from '../../../apps/cli/src/run-bounded.ts';
import { verifyWithXmlCrypto } from '../evidence/xml-crypto.ts';
import { alone, median, spreadOf, timeTogether, type BenchOptions, type Figure } from '../measure.ts';
import { fill, ROOT_FILE, VKEY_FILE } from './fill.ts';
import type { Took } from './verify-process.ts';

const THREADS = 2;
/** Leaves from which the documents for xml-crypto are taken. */
const SAMPLED = 2_560;
/** xml-crypto is measured once its code is compiled, as that of a long verification is: calls before. */
const WARM_UP = 400;
/**
 * And for so long in one piece, milliseconds of processor time: the collection before each turn costs its first hundred calls as much
 * again as they cost by themselves, and a long verification has none of that.
 */
const TURN_MS = 3_000;

const run = promisify(execFile);
const PROCESS = fileURLToPath(new URL('./verify-process.js', import.meta.url));

/** Microseconds of processor time of xml-crypto. */
interface XmlCrypto {
  readonly event: readonly number[];
  /** All documents that belong to an event. */
  readonly documents: readonly number[];
}

/** @param options `events`: how many there are in the log; `to`: a log that is there already, and stays */
export async function benchVerify(options: BenchOptions): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-verify-'));
  try {
    const copy = options.to ?? join(folder, 'copy');
    if (options.to === undefined) await fill(copy, options);
    const keys = await Promise.all([VKEY_FILE, ROOT_FILE].map((name) => readFile(join(copy, name), 'utf8')));
    const took: Took[] = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      const state = join(folder, `state-${round}`);
      const known = [...keys.map((key) => key.trim()), String(THREADS)];
      const flags = [...BOUNDED_MEMORY_FLAGS, PROCESS, copy, state, ...known];
      const { stdout } = await run(process.execPath, flags);
      const one = JSON.parse(stdout) as Took;
      if (one.verdict !== 'verified') throw new Error('the bench has made a log with findings');
      took.push(one);
      options.tell(
        `round ${round} of ${options.rounds}: ${Math.round((one.events * 1000) / one.ms)} events/s`,
      );
    }
    return figures(took, await timeXmlCrypto(copy, options));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function timeXmlCrypto(copy: string, options: BenchOptions): Promise<XmlCrypto> {
  const events: Buffer[] = [];
  const batches: Buffer[] = [];
  for await (const { leaf, signed } of readRecords(folderCopy(copy), { from: 0, to: SAMPLED })) {
    if (signed === null) continue;
    if (leaf.kind === 'event') events.push(signed);
    else batches.push(parseSignedItem(signed).batch);
  }
  const [event, batch] = [inTurn(events), inTurn(batches)];
  for (let calls = 0; calls < WARM_UP; calls += 1) (calls % 2 === 0 ? event : batch)();
  const timed = await timeTogether({ event, batch }, { rounds: options.rounds, turnMs: TURN_MS });
  const others = batches.length / events.length;
  return {
    event: timed.event,
    documents: timed.event.map((micros, round) => micros + others * (timed.batch[round] ?? 0)),
  };
}

function inTurn(documents: readonly Buffer[]): () => void {
  let next = 0;
  return () => {
    const document = documents[next % documents.length];
    next += 1;
    if (document === undefined || !verifyWithXmlCrypto(document)) throw new Error('xml-crypto says no');
  };
}

function figures(took: readonly Took[], { event, documents }: XmlCrypto): readonly Figure[] {
  const perSecond = took.map(({ ms, events }) => (events * 1000) / ms);
  const perEvent = took.map(({ cpuMs, events }) => (cpuMs * 1000) / events);
  const rss = took.map((one) => one.rss / 1e6);
  const against = (name: string, xmlCrypto: number): Figure => ({
    name,
    value: median(perEvent),
    unit: 'µs/event',
    baseline: xmlCrypto,
    ratio: xmlCrypto / median(perEvent),
    spread: spreadOf(perEvent),
  });
  // Two processors, each with nothing else to do but xml-crypto.
  const theirs = (THREADS * 1e6) / median(event);
  return [
    {
      name: 'audit.verify',
      value: median(perSecond),
      unit: 'events/s',
      baseline: theirs,
      ratio: median(perSecond) / theirs,
      spread: spreadOf(perSecond),
    },
    against('audit.verify.cpu', median(event)),
    against('audit.verify.cpu.documents', median(documents)),
    alone('audit.verify.memory', rss, 'MB'),
  ];
}
