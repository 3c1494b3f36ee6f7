import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aLoggedPractice, aNetwork, TEST_NOW, TestClock, TestLog, type EvidenceLog } from '#testing';
import { quorumPolicy } from '#tlog';
import { ContainerWriter, packEvidence, verifyEvidence, type EvidenceReport } from '../index.ts';
import { copies, found } from '../verify/copies.fixture.ts';

const DAY_MS = 86_400_000;
const clock = new TestClock(TEST_NOW);
const network = await aNetwork().at(clock).founded();
const under = await copies(network);
/** The network's roots, one after the other; under each a practice was logged. */
const roots: string[] = [network.root.fingerprint];
const logged: Awaited<ReturnType<typeof aLoggedPractice>>[] = [];
const log = new TestLog(network);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotated-'));
  for (const [n] of ['first', 'second', 'third'].entries()) {
    if (n > 0) roots.push(await network.rotateRoot());
    clock.advance(DAY_MS);
    await network.rotate('p_cr');
    clock.advance(DAY_MS);
    logged.push(await aLoggedPractice(network));
    await under.aWholePractice(log);
    clock.advance(DAY_MS);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Which root is believed: each one by its fingerprint, or what the copy says itself. */
const BELIEVED = [0, 1, 2, null];

describe('a root that was replaced, twice', () => {
  it.each(BELIEVED)('verifies a copy of the log with the root %s', async (n) => {
    under.log = log;
    await log.writeTo(under.folder);
    const report = await under.verify({ root: rootOf(n) });
    expect(found(report)).toEqual({});
    expect(report.registry?.root).toBe(roots[2]);
  });

  it.each(BELIEVED.flatMap((n) => [0, 1, 2].map((practice) => [practice, n] as const)))(
    'verifies evidence of practice %s, with a part of the registry, by the root %s',
    async (practice, n) => {
      const report = await evidenceOf(logged[practice]!, false, rootOf(n));
      expect(report.faults).toEqual([]);
      expect(report.valid).toBe(true);
      expect(report.notes.map(({ kind }) => kind)).toContain('registry-in-part');
    },
  );

  it.each(BELIEVED)('verifies it with the whole registry by the root %s', async (n) => {
    const report = await evidenceOf(logged[0]!, true, rootOf(n));
    expect([report.faults, report.valid]).toEqual([[], true]);
  });

  it('is believed only as the last of roots that vouch for each other: a stranger’s is none of them', async () => {
    const stranger = await aNetwork().at(clock).founded();
    const report = await evidenceOf(logged[2]!, false, stranger.root.fingerprint);
    expect(report.valid).toBe(false);
    expect(report.faults.map(({ code }) => code)).toContain('REGISTRY_ROOT_REFUSED');
  });
});

function rootOf(n: number | null): string | null {
  return n === null ? null : roots[n]!;
}

async function evidenceOf(
  {
    log: source,
    practice,
  }: { readonly log: EvidenceLog; readonly practice: { owner: string; uuid: string } },
  wholeRegistry: boolean,
  root: string | null,
): Promise<EvidenceReport> {
  const path = join(folder, 'evidence.zip');
  const writer = await ContainerWriter.open(Writable.toWeb(createWriteStream(path)));
  const at = clock.now();
  await packEvidence(source.source(network, practice), writer, {
    ...{ signer: network.signerOf('auditor'), at, wholeRegistry },
  });
  const policy = quorumPolicy(source.signer.verifier, [], 0);
  return await verifyEvidence(path, { root, policy, at });
}
