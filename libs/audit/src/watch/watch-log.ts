import { HubError, type ErrorCode } from '#errors';
import type { BatchChecks } from '#evidence';
import {
  formatForkEvidence,
  judgeCheckpoint,
  openCheckpoint,
  type JudgedCheckpoint,
  type KnownLog,
  type TrustPolicy,
} from '#tlog';
import { CHECKPOINT_PATH, WITNESSED_PATH } from '../copy/copy-paths.ts';
import type { ServedLog } from '../copy/served-log.ts';
import { beginAt } from './begin-at.ts';
import { compareCheckpoint, headOf, type SignedHead } from './compare-checkpoint.ts';
import { KeptRegistry } from './kept-registry.ts';
import { judgeTimes, type WatchBounds } from './judge-times.ts';
import { roundReport, type RoundReport } from './round-report.ts';
import { verifyGrowth } from './verify-growth.ts';
import { judgeWaiting } from './waiting.ts';
import type { WatchState } from './watch-state.ts';
import { witnessedUntil } from './witness-times.ts';

/**
 * How much is checked, each including the one before: `checkpoint` what everyone may read; `tree` that each checkpoint continues
 * the last, by the hashes; `entries` every entry, and every hash again; `documents` every document and its signature.
 */
export const WATCH_DEPTHS = ['checkpoint', 'tree', 'entries', 'documents'] as const;
export type WatchDepth = (typeof WATCH_DEPTHS)[number];

export interface WatchSettings {
  readonly log: Pick<ServedLog, 'read' | 'readTagged'>;
  /** One log, and the witnesses that are asked for. */
  readonly policy: TrustPolicy;
  /** Fingerprint of the registry's root; null: the one that the log's copy of the chain names. */
  readonly root: string | null;
  readonly depth: WatchDepth;
  /** True: leaves that are there when the monitor begins are not verified. */
  readonly fromNow: boolean;
  readonly bounds: WatchBounds;
  /** For `documents`. */
  readonly verifier: BatchChecks;
  readonly state: WatchState;
  readonly now: () => Date;
  readonly onProgress?: (done: number, size: number) => void;
  readonly signal?: AbortSignal;
}

/** Errors that say nothing of the log: they end the monitor, or only the round. */
const OURS: ReadonlySet<string> = new Set([
  'AUDIT_STATE_UNUSABLE',
  'AUDIT_INTERRUPTED',
  'VERIFIER_FAILED',
  'INTERNAL_ERROR',
]);

/** A checkpoint that the log shows, and in which place. */
interface Shown {
  readonly note: Buffer;
  /** As its newest one, or as the newest that is witnessed. */
  readonly isNewest: boolean;
}

/** Follows a log: round after round it verifies what is new, and raises alarms about what is wrong or does not come. */
export class WatchLog {
  readonly #settings: WatchSettings;
  readonly #log: KnownLog;
  readonly #registry: KeptRegistry;

  /**
   * @throws HubError `LOG_POLICY_MALFORMED` if the policy names no log, `AUDIT_STATE_UNUSABLE` if what is kept is not what the log has signed
   */
  constructor(settings: WatchSettings) {
    const [log] = settings.policy.logs;
    if (log === undefined) throw new HubError('LOG_POLICY_MALFORMED', 'the policy names no log');
    this.#settings = settings;
    this.#log = log;
    requireSigned(settings.state, log);
    this.#registry = new KeptRegistry(settings.log.read, settings.state.folder, settings.root);
  }

  /**
   * One round. What is found is in the state when it ends, on disk.
   * @throws HubError `AUDIT_STATE_UNUSABLE`, `AUDIT_INTERRUPTED`, `VERIFIER_FAILED`; whatever is wrong with the log is an alarm
   */
  async round(): Promise<RoundReport> {
    const { state, now, bounds } = this.#settings;
    // A log that has never shown anything is silent from the moment at which somebody began to ask.
    state.watched.freshAt ??= now().toISOString();
    let leaves = 0;
    try {
      await this.#readCheckpoints();
      leaves = await this.#verifyLeaves();
      judgeWaiting(state, now());
      this.#reached();
    } catch (error) {
      if (!(error instanceof HubError) || OURS.has(error.code)) throw error;
      this.#failed(error);
    }
    judgeTimes(state, this.#settings.policy.quorum !== null, bounds, now());
    state.watched.lastRoundAt = now().toISOString();
    await state.save();
    const { depth } = this.#settings;
    return roundReport(state, this.#log, depth === 'checkpoint' || depth === 'tree' ? null : leaves);
  }

  async #readCheckpoints(): Promise<void> {
    const { log, policy, state } = this.#settings;
    const { watched } = state;
    // The one that is behind is read first, so that the newest has all that it has, and judged last: what it is compared with is
    // served by a log that has shown that it goes on.
    const witnessed = policy.quorum === null ? undefined : await log.read(WITNESSED_PATH);
    const newest = await log.readTagged(CHECKPOINT_PATH, watched.etag);
    if (newest === undefined && watched.head !== null)
      throw new HubError('AUDIT_LOG_SHORTER', 'the log has no checkpoint any more');
    if (newest === undefined) return;
    const isTaken = newest === 'same' || (await this.#take({ note: newest.bytes, isNewest: true }));
    // What was not accepted is asked for again in full.
    if (newest !== 'same') watched.etag = isTaken ? newest.etag : null;
    if (isTaken && witnessed !== undefined) await this.#take({ note: witnessed, isNewest: false });
  }

  /** @returns whether it is a checkpoint of the history that was seen */
  async #take({ note, isNewest }: Shown): Promise<boolean> {
    const judged = await this.#judged(note);
    if (judged === null) return false;
    const { checkpoint } = judged;
    const given = { size: checkpoint.size, root: checkpoint.root, note };
    const { depth, log, state } = this.#settings;
    const head = this.#head();
    const read = depth === 'checkpoint' ? null : log.read;
    const seen = state.watched.seen.map(headOf);
    const comparison = await compareCheckpoint(given, { head, seen, read }, isNewest);
    switch (comparison.kind) {
      case 'fork':
        await this.#contradicts(comparison.code, given, head, formatForkEvidence(comparison.evidence));
        return false;
      case 'shorter': {
        const both = { earlier: head?.note.toString() ?? null, later: note.toString() };
        const evidence = Buffer.from(`${JSON.stringify(both, null, 1)}\n`);
        await this.#contradicts('AUDIT_LOG_SHORTER', given, head, evidence);
        return false;
      }
      case 'continues':
        await this.#accept(given, head);
        break;
      case 'older':
        state.remember(note);
        break;
      case 'known':
    }
    if (isNewest) state.alarms.over('AUDIT_LOG_SHORTER', this.#settings.now());
    this.#noteWitnesses(judged);
    return true;
  }

  /** @returns null for what is no checkpoint of this log, which is an alarm */
  async #judged(note: Buffer): Promise<JudgedCheckpoint | null> {
    const { policy, state, now } = this.#settings;
    try {
      return judgeCheckpoint(note, policy);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      const evidence = state.alarms.isFull ? null : await state.keepEvidence(note, 'checkpoint');
      const subject = evidence ?? 'checkpoint';
      state.alarms.raise({ code: error.code, subject, message: error.message, evidence }, now());
      return null;
    }
  }

  async #accept(given: SignedHead, head: SignedHead | null): Promise<void> {
    const { state, now, fromNow, depth, log } = this.#settings;
    if (head === null && fromNow && depth !== 'checkpoint') {
      state.watched.edge = await beginAt(given, log.read);
      state.watched.begun = given.size;
    }
    state.accept(given.note);
    if (head === null || given.size > head.size) state.watched.freshAt = now().toISOString();
    // Before anything else is done with it: what was seen once is not forgotten by a crash.
    await state.save();
  }

  #noteWitnesses({ checkpoint, witnessed }: JudgedCheckpoint): void {
    const { policy, state, now } = this.#settings;
    const { watched } = state;
    const until = witnessed ? witnessedUntil(policy, checkpoint.cosignatures) : null;
    if (until === null) return;
    // A witness whose clock is ahead does not make a log fresh for longer.
    const at = new Date(Math.min(until.getTime(), now().getTime())).toISOString();
    if (checkpoint.size >= (watched.witnessed?.size ?? 0)) watched.witnessed = { size: checkpoint.size, at };
    if (watched.freshAt === null || at > watched.freshAt) watched.freshAt = at;
  }

  async #verifyLeaves(): Promise<number> {
    const { depth, state, log, verifier, now, onProgress, signal } = this.#settings;
    const head = this.#head();
    if (depth === 'checkpoint' || depth === 'tree' || head === null) return 0;
    const { edge, order } = state.watched;
    if (edge.size >= head.size && order?.size === edge.size) return 0;
    const registry = depth === 'documents' ? await this.#registry.newest() : null;
    if (depth === 'documents' && registry === null)
      throw new HubError('AUDIT_REGISTRY_MISSING', 'the log serves no entry of the registry');
    const documents = registry === null ? null : { registry, verifier };
    return await verifyGrowth({ read: log.read, state, head, documents, now, onProgress, signal });
  }

  #head(): SignedHead | null {
    const { head } = this.#settings.state.watched;
    return head === null ? null : headOf(head);
  }

  #reached(): void {
    const { state, now } = this.#settings;
    state.watched.unreachable = null;
    state.alarms.over('WATCH_LOG_UNREACHABLE', now());
    state.alarms.over('WATCH_READ_REFUSED', now());
  }

  #failed(error: HubError): void {
    const { state, now } = this.#settings;
    if (error.code === 'WATCH_LOG_UNREACHABLE') {
      state.watched.unreachable ??= { since: now().toISOString(), message: error.message };
      return;
    }
    state.watched.unreachable = null;
    const size = this.#head()?.size ?? 0;
    state.alarms.raise(
      { code: error.code, subject: `checkpoint ${size}: ${error.message}`, message: error.message },
      now(),
    );
  }

  /** The log shows what it cannot show if it is the log of before. The evidence is kept once for each tree, whoever has cosigned it. */
  async #contradicts(
    code: ErrorCode,
    given: SignedHead,
    head: SignedHead | null,
    bytes: Buffer,
  ): Promise<void> {
    const { state, now } = this.#settings;
    const subject = `tree of ${given.size}, root ${given.root.toString('base64')}`;
    const message = `the log shows a ${subject}; before it was one of ${head?.size ?? 0}, root ${head?.root.toString('base64') ?? '-'}`;
    const kind = code === 'AUDIT_LOG_SHORTER' ? 'shorter' : 'fork';
    const isKept = state.alarms.isFull || state.alarms.has(code, subject);
    const evidence = isKept ? null : await state.keepEvidence(bytes, kind);
    state.alarms.raise({ code, subject, message, evidence }, now());
  }
}

/** What was kept is compared with for years: a checkpoint in it that the log has not signed would convict nobody. */
function requireSigned({ watched, folder }: WatchState, log: KnownLog): void {
  for (const note of [...watched.seen, ...(watched.head === null ? [] : [watched.head])])
    try {
      openCheckpoint(note, log);
    } catch (cause) {
      throw new HubError(
        'AUDIT_STATE_UNUSABLE',
        `${folder} has a checkpoint that ${log.origin} has not signed`,
        { cause },
      );
    }
}
