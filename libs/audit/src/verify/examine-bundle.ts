import type { BatchChecks, Checked, CheckedKind } from '#evidence';
import type { LogEntry } from '#tlog';
import type { CopyRegistry } from '../trust/copy-registry.ts';
import type { AnchoredTimes } from './access-times.ts';
import { Findings, type FoundSoFar } from './findings.ts';
import { RecordsOfLeaves, type LeafRecords } from './leaf-records.ts';
import { leavesOf, type BundleToRead, type LeafCounts, type ReadLeaf } from './leaves.ts';
import { VouchLeaves, type VouchedLeaf } from './vouch-leaf.ts';

/** By which checks the documents of each kind of entry are judged; null: by the registry's chain. */
const CHECKS: Readonly<Record<LogEntry['kind'], CheckedKind | null>> = {
  event: 'event',
  decision: 'decision',
  receipt: 'receipt',
  action: 'action',
  access: 'action',
  registry: null,
};

/** What follows from the leaves of one bundle alone, and what is needed to judge them among the others. */
export interface ExaminedBundle {
  readonly findings: FoundSoFar;
  readonly counts: LeafCounts;
  readonly records: LeafRecords;
  /** In the order of the log. */
  readonly accesses: readonly AnchoredTimes[];
  /** In the order of the log; none without a registry. */
  readonly vouched: readonly VouchedLeaf[];
  /** Of those who have signed: DER, base64, by fingerprint. */
  readonly certificates: Readonly<Record<string, string>>;
}

/** What signatures are examined with. */
export interface ExaminedBy {
  readonly registry: CopyRegistry;
  readonly verifier: BatchChecks;
}

/**
 * Reads each entry, compares each document with it, and checks each signature, by everything that the registry has ever
 * listed: at which time it counts, the leaves around it tell.
 * @param by null: nobody can say whose keys these are, and no signature is looked at
 * @throws HubError `VERIFIER_FAILED`
 */
export async function examineBundle(bundle: BundleToRead, by: ExaminedBy | null): Promise<ExaminedBundle> {
  const findings = new Findings();
  const counts: LeafCounts = { leaves: {}, documents: 0 };
  const records = new RecordsOfLeaves();
  const accesses: AnchoredTimes[] = [];
  const vouch = by && new VouchLeaves(by.registry, findings);
  const vouched: VouchedLeaf[] = [];
  for await (const { leaves } of leavesOf(bundle, { findings, counts })) {
    for (const { index, leaf } of leaves) {
      records.add(index, leaf);
      if (leaf.kind !== 'access') continue;
      accesses.push({ index, node: leaf.author.toLowerCase(), from: leaf.from, to: leaf.to });
    }
    if (vouch === null || by === null) continue;
    const checked = await check(leaves, by.verifier);
    for (const leaf of leaves) {
      const one = vouch.vouch(leaf, checked.get(leaf.index) ?? null);
      if (one !== null) vouched.push(one);
    }
  }
  const certificates = [...(vouch?.certificates ?? [])].map(([by, der]) => [by, der.toString('base64')]);
  return {
    findings: findings.soFar(),
    counts,
    records: records.all(),
    accesses,
    vouched,
    certificates: Object.fromEntries(certificates) as Record<string, string>,
  };
}

async function check(
  leaves: readonly ReadLeaf[],
  verifier: BatchChecks,
): Promise<ReadonlyMap<number, Checked<CheckedKind>>> {
  const checked = new Map<number, Checked<CheckedKind>>();
  const byKind = Map.groupBy(leaves.filter(hasDocument), ({ leaf }) => CHECKS[leaf.kind]);
  await Promise.all(
    [...byKind].map(async ([kind, ofKind]) => {
      if (kind === null) return;
      const answers = await verifier.check(kind, ofKind, ({ signed }) => signed);
      for (const answer of answers) checked.set(answer.item.index, answer);
    }),
  );
  return checked;
}

function hasDocument(leaf: ReadLeaf): leaf is ReadLeaf & { readonly signed: Buffer } {
  return leaf.signed !== null;
}
