import type { BatchChecks } from '#evidence';
import type { ReadLogFile, TrustPolicy } from '#tlog';
import type { EarlierCheckpoint } from './judge-head.ts';
import type { StampOf } from './stamps.ts';

export interface VerifySettings {
  readonly read: ReadLogFile;
  /** By which a change of the copy between two runs is noticed; without it an interrupted run begins anew. */
  readonly stampOf?: StampOf;
  /** One log, and the witnesses that are asked for. */
  readonly policy: TrustPolicy;
  /** Checkpoints that the log has to continue. */
  readonly earlier: readonly EarlierCheckpoint[];
  /** Fingerprint of the registry's root; null: the one that the copy names. */
  readonly root: string | null;
  /** A folder of this verification's own, for what memory does not hold and to go on from when it was interrupted. */
  readonly workFolder: string;
  /** Checks documents where no thread examines whole bundles, or one has died of one. */
  readonly verifier: BatchChecks;
  /** Threads that examine whole bundles; 0: the calling thread does. By default one a processor, for a log worth it. */
  readonly threads?: number;
  readonly now: () => Date;
  /** Told of how many leaves are done, and of how many. */
  readonly onProgress?: (done: number, size: number) => void;
  /** At the end, when all leaves are compared with each other: told of how many records are done, and of how many. */
  readonly onCompared?: (done: number, of: number) => void;
  /** Aborted: what was done is kept, and `AUDIT_INTERRUPTED` thrown. */
  readonly signal?: AbortSignal;
}
