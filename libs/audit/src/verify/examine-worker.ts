/** What a thread does that examines bundles: all of it that needs no other bundle. */
import { workerData } from 'node:worker_threads';
import {
  verifyAction,
  verifyDecision,
  verifyEvent,
  verifyReceipt,
  type BatchChecks,
  type CheckedKind,
  type TrustView,
  type VerifiedOf,
} from '#evidence';
import { CopyRegistry } from '../trust/copy-registry.ts';
import { examineBundle, type ExaminedBundle } from './examine-bundle.ts';

/** What every thread is given at its start: the registry's chain, which it verifies for itself. */
export interface ExamineData {
  readonly entries: readonly Uint8Array[];
  readonly root: string | null;
}

export interface ExamineTask {
  readonly from: number;
  /** The entries one behind the other, then the pack: one block of memory, which is handed over. */
  readonly packed: ArrayBuffer;
  /** Length of each entry, bytes. */
  readonly lengths: readonly number[];
  /** Of how many entries the pack is; null if there is none. */
  readonly packWidth: number | null;
  readonly hasEverything: boolean;
}

/** Records as bytes, everything else as one text: threads copy that at once, an object property by property. */
export interface ExamineAnswer {
  readonly text: string;
  readonly keys: Uint8Array;
  readonly positions: Uint8Array;
}

/** What goes into `text`. */
export type ExaminedText = Omit<ExaminedBundle, 'records'> & { readonly newest: number };

const VERIFY: { readonly [K in CheckedKind]: (bytes: Buffer, trust: TrustView, at: Date) => VerifiedOf[K] } =
  { event: verifyEvent, decision: verifyDecision, receipt: verifyReceipt, action: verifyAction };

/** Here, one by one, when it is asked who signed: nothing is gathered. */
const verifier: BatchChecks = {
  check: (kind, items, bytesOf) =>
    Promise.resolve(
      items.map((item) => ({ item, judge: (trust, at) => VERIFY[kind](bytesOf(item), trust, at) })),
    ),
};

let registry: CopyRegistry | null | undefined;

export default async function examineTask(task: ExamineTask): Promise<ExamineAnswer> {
  registry ??= registryOf(workerData as ExamineData);
  const { from, packed, lengths, packWidth, hasEverything } = task;
  const entries: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    entries.push(Buffer.from(packed, at, length));
    at += length;
  }
  const pack = packWidth === null ? undefined : { pack: Buffer.from(packed, at), width: packWidth };
  const by = registry && { registry, verifier };
  const examined = await examineBundle({ from, entries, pack, hasEverything }, by);
  const { records, ...rest } = examined;
  const text: ExaminedText = { ...rest, newest: records.newest };
  return { text: JSON.stringify(text), keys: records.keys, positions: records.positions };
}

function registryOf({ entries, root }: ExamineData): CopyRegistry | null {
  return CopyRegistry.of(
    entries.map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
    root,
  );
}
