/**
 * Verifying a copy offline: every event with its decision, signatures and all, on two threads, against xml-crypto looking at the
 * events' signatures alone. The memory is that of the process.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Decision } from '#contracts';
import { signDecisions, verifyEvent } from '#evidence';
import { BOUNDED_MEMORY_FLAGS } from '../../../apps/cli/src/run-bounded.ts';
import { aDecision } from '../../../libs/testing/src/builders/decisions.ts';
import type { SignedEvent } from '../../../libs/testing/src/builders/event.ts';
import { aNetwork, type TestNetwork } from '../../../libs/testing/src/builders/network.ts';
import { aPractice } from '../../../libs/testing/src/builders/practice.ts';
import { TestLog } from '../../../libs/testing/src/builders/test-log.ts';
import { verifyWithXmlCrypto } from '../evidence/xml-crypto.ts';
import { median, spreadOf, timeTogether, type BenchOptions, type Figure } from '../measure.ts';
import type { Took } from './verify-process.ts';

/** Decisions that a router signs together. */
const BATCH = 256;
const DOCUMENTS = 5;
const THREADS = 2;

const run = promisify(execFile);
const PROCESS = fileURLToPath(new URL('./verify-process.js', import.meta.url));

/** @param options `events`: how many there are in the log; each has a decision beside it */
export async function benchVerify(options: BenchOptions): Promise<readonly Figure[]> {
  const { rounds, events, tell } = options;
  const folder = await mkdtemp(join(tmpdir(), 'bench-verify-'));
  try {
    const network = await aNetwork().founded();
    const log = new TestLog(network);
    const sample = await fill(log, network, events, tell);
    const copy = join(folder, 'copy');
    await log.writeTo(copy, { archive: { of: 'everything' } });
    log.leaves.length = 0;
    const took: Took[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const keys = [log.vkey, network.root.fingerprint, String(THREADS)];
      const { stdout } = await run(process.execPath, [
        ...BOUNDED_MEMORY_FLAGS,
        PROCESS,
        copy,
        join(folder, `state-${round}`),
        ...keys,
      ]);
      const one = JSON.parse(stdout) as Took;
      if (one.verdict !== 'verified') throw new Error('the bench has made a log with findings');
      took.push(one);
      tell(`round ${round} of ${rounds}: ${Math.round((events * 1000) / one.ms)} events a second`);
    }
    const { xmlCrypto } = await timeTogether({ xmlCrypto: () => verifyWithXmlCrypto(sample.bytes) }, options);
    return figures(took, events, median(xmlCrypto));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param xmlCrypto microseconds of processor time for one event */
function figures(took: readonly Took[], events: number, xmlCrypto: number): readonly Figure[] {
  const alone = { baseline: null, ratio: null } as const;
  const perSecond = took.map(({ ms }) => (events * 1000) / ms);
  const perEvent = took.map(({ cpuMs }) => (cpuMs * 1000) / events);
  const rss = took.map((one) => one.rss / 1e6);
  // Two processors, each with nothing else to do but xml-crypto.
  const theirs = (THREADS * 1e6) / xmlCrypto;
  return [
    {
      name: 'audit.verify',
      value: median(perSecond),
      unit: 'events/s',
      baseline: theirs,
      ratio: median(perSecond) / theirs,
      spread: spreadOf(perSecond),
    },
    {
      name: 'audit.verify.cpu',
      value: median(perEvent),
      unit: 'µs/event',
      baseline: xmlCrypto,
      ratio: xmlCrypto / median(perEvent),
      spread: spreadOf(perEvent),
    },
    { name: 'audit.verify.memory', value: median(rss), unit: 'MB', ...alone, spread: spreadOf(rss) },
  ];
}

/** @returns one of the events */
async function fill(
  log: TestLog,
  network: TestNetwork,
  events: number,
  tell: (what: string) => void,
): Promise<SignedEvent> {
  const first = await aFiling(network);
  const model = (await aDecision(first, 1)).decision;
  for (let made = 0; made < events; made += BATCH) {
    const count = Math.min(BATCH, events - made);
    const signed = await Promise.all(Array.from({ length: count }, () => aFiling(network)));
    const decisions = signed.map((one) => decisionLike(model, one));
    const at = network.clock.now();
    const { items } = await signDecisions(decisions, network.signerOf('router-1'), at);
    signed.forEach((one, n) => {
      const item = items[n];
      if (item !== undefined) log.event(one).decision({ item });
    });
    if ((made / BATCH) % 20 === 0) tell(`${made} of ${events} events are signed`);
  }
  return first;
}

async function aFiling(network: TestNetwork): Promise<SignedEvent> {
  const filing = aPractice(network).filedBy('c_d150');
  for (let n = 0; n < DOCUMENTS; n += 1) filing.withDocument();
  return await filing.signed();
}

/** What a router says of one filing, said of another. */
function decisionLike(model: Decision, { event, bytes, network }: SignedEvent): Decision {
  const { digest, signedInfoDigest } = verifyEvent(bytes, network.registry, network.clock.now());
  const { id, type } = event;
  return {
    ...model,
    event: { author: event.author.ipa, id, type, digest, signedInfoDigest },
    practice: event.practice,
  };
}
