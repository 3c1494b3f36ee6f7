/** What the threads that fill a log are told, and what they answer. */
import type { Decision, HubEvent, IpaCode } from '#contracts';
import type { NetworkPki } from '#embedded';
import { TILE_WIDTH } from '#tlog';

/** Filings of one task: whatever follows each of them, together they are whole bundles. */
export const CHUNK = TILE_WIDTH;
/** Between the first filings of two chunks, milliseconds of the log's own time. */
export const CHUNK_MS = 60_000;

/** Plain data: it travels to threads. */
export interface FillPlan {
  /** The copy that is made; the registry's chain is in it from the start. */
  readonly to: string;
  readonly pki: NetworkPki;
  /** What every filing is like, and every decision. Ids, places, digests and times are each one's own. */
  readonly filing: HubEvent;
  readonly decision: Decision;
  /** Whose receipts follow each decision. */
  readonly recipients: readonly IpaCode[];
}

export interface FillTask {
  readonly plan: FillPlan;
  /** From 0. */
  readonly chunk: number;
  readonly filings: number;
  /** When the first of them is signed, milliseconds. */
  readonly at: number;
}

export interface FilledChunk {
  /** Hash of each leaf, one behind the other. */
  readonly hashes: Uint8Array;
  /** Bytes of the signed documents, before they were packed. */
  readonly signedBytes: number;
}

/** Leaves that follow from one filing: itself, the decision, receipts. */
export function leavesOfFiling({ recipients }: Pick<FillPlan, 'recipients'>): number {
  return 2 + recipients.length;
}
