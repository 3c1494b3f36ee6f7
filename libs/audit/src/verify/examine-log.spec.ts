import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programBeside, VerifierPool } from '#evidence';
import { aNetwork } from '#testing';
import { leafHash, recomputeLog, TileEdge } from '#tlog';
import { archivePath, CopyRegistry, folderCopy } from '../index.ts';
import { coded, copies } from './copies.fixture.ts';
import { ExamineLog } from './examine-log.ts';
import { Findings } from './findings.ts';
import { JudgeDocuments } from './judge-documents.ts';
import type { LeafCounts } from './leaves.ts';

const network = await aNetwork().founded();
const under = await copies(network);
const DYING = programBeside(import.meta.url, 'dying-examiner.fixture');

/** Ninety leaves, one of them no entry, two with each other's documents, one pack cut off: whatever can be found. */
async function aFaultyLog(): Promise<void> {
  for (let n = 0; n < 18; n += 1) await under.aWholePractice();
  const { leaves } = under.log;
  [leaves[3], leaves[8]] = [
    { entry: leaves[3]!.entry, signed: leaves[8]!.signed },
    { entry: leaves[8]!.entry, signed: leaves[3]!.signed },
  ];
  under.log.bytes(Buffer.from('{}'));
  await under.log.writeTo(under.folder);
  await under.change(archivePath({ index: 0, width: leaves.length }), (pack) => pack.subarray(0, -20));
}

/** What is found of the log, and what is kept for the next run. */
async function examined(threads: number, program?: string) {
  const read = folderCopy(under.folder);
  const registry = (await CopyRegistry.read(read, network.root.fingerprint))!;
  const [findings, counts] = [new Findings(), { leaves: {}, documents: 0 } as LeafCounts];
  const judge = new JudgeDocuments(registry, findings);
  const verifier = new VerifierPool({ threads: 0 });
  const nobody = { order: null, accesses: null };
  const settings = { read, by: { registry, verifier }, threads, findings, counts, judge, ...nobody };
  const examine = new ExamineLog({
    ...settings,
    hasEverything: true,
    ...(program === undefined ? {} : { program }),
  });
  const edge = TileEdge.empty();
  edge.grow(under.log.leaves.map(({ entry }) => leafHash(entry)));
  try {
    for await (const bundle of recomputeLog({ size: edge.size, root: edge.root() }, read))
      await examine.push(bundle);
    await examine.drain();
  } finally {
    await examine.close();
  }
  return { found: findings.soFar(), counts, kept: judge.soFar() };
}

describe('bundles that are examined on threads', () => {
  it('come to what the calling thread comes to, fault by fault', async () => {
    await aFaultyLog();
    const here = await examined(0);
    expect(Object.keys(here.found.byCode).sort()).toEqual([
      'LOG_BYTES_DIFFER',
      'LOG_ENTRY_MALFORMED',
      'LOG_PACK_MALFORMED',
    ]);
    expect(await examined(1)).toEqual(here);
  });

  it('are examined all the same where every thread dies of them', async () => {
    await aFaultyLog();
    expect(await examined(1, DYING)).toEqual(await examined(0));
  });
});

describe('what a verification keeps in memory', () => {
  /** Bytes of what an interrupted run would go on from: everything that it holds of the leaves behind it. */
  async function keptAfter(leaves: number): Promise<number> {
    const abort = new AbortController();
    const onProgress = (done: number) => {
      if (done >= leaves) abort.abort();
    };
    await expect(under.verify({ signal: abort.signal, onProgress })).rejects.toThrow(
      coded('AUDIT_INTERRUPTED'),
    );
    const kept = await readFile(join(under.state, 'work', 'progress.json'));
    await rm(under.state, { recursive: true, force: true });
    return kept.length;
  }

  it('is the same after one bundle as after two', async () => {
    for (let n = 0; n < 110; n += 1) await under.aWholePractice();
    await under.log.writeTo(under.folder);
    const few = await keptAfter(256);
    // Digits of larger numbers, and what waits for the next bundle: the hundred events between them would be 40,000.
    expect(await keptAfter(512)).toBeLessThan(few + 2_000);
  });
});
