import { HubError } from '#errors';
import { recomputeLog, TileEdge, TILE_WIDTH, type TreeHead, type VerifiedTiles } from '#tlog';
import type { ExportDescription } from '../copy/export-description.ts';
import type { CopyRegistry } from '../trust/copy-registry.ts';
import { AccessTimes } from './access-times.ts';
import { ExamineLog, threadsFor } from './examine-log.ts';
import { Findings } from './findings.ts';
import { JudgeDocuments } from './judge-documents.ts';
import { LeafOrder } from './leaf-order.ts';
import type { LeafCounts } from './leaves.ts';
import { loadProgress, removeProgress, runOf, saveProgress, type Progress } from './progress-file.ts';
import { Stamps } from './stamps.ts';
import type { VerifySettings } from './verify-settings.ts';

/** How often progress is kept at most, milliseconds; less often if keeping it takes long. */
const KEPT_EVERY_MS = 5_000;
const KEEPING_SHARE = 20;

/** What leaves are verified against. */
export interface LeavesOf {
  readonly head: TreeHead;
  readonly tiles: VerifiedTiles;
  readonly vkey: string;
  readonly registry: CopyRegistry | null;
  readonly description: ExportDescription | null;
}

export interface LeavesVerified {
  readonly findings: Findings;
  readonly counts: LeafCounts;
}

/**
 * Recomputes the whole tree, and on the way reads each entry, checks each document and gathers what has to be compared at
 * the end. Goes on where an interrupted run of the same log, checkpoint and copy has stopped.
 * @throws HubError `LOG_TILE_INVALID`, `LOG_TILE_MISSING`, `LOG_TILE_MALFORMED` if the tree does not come out; `AUDIT_INTERRUPTED`,
 *   `LOG_COPY_UNREADABLE`, `VERIFIER_FAILED`
 */
export async function verifyLeaves(settings: VerifySettings, of: LeavesOf): Promise<LeavesVerified> {
  const run = await LeavesRun.begin(settings, of);
  try {
    await run.read();
  } finally {
    await run.close();
  }
  return await run.conclude();
}

class LeavesRun {
  readonly #settings: VerifySettings;
  readonly #of: LeavesOf;
  readonly #edge: TileEdge;
  readonly #stamps: Stamps | null;
  readonly #findings: Findings;
  readonly #counts: LeafCounts;
  readonly #order: LeafOrder;
  readonly #accesses: AccessTimes;
  readonly #judge: JudgeDocuments | null;
  readonly #examine: ExamineLog;
  #keptAt = performance.now();
  #keptEvery = KEPT_EVERY_MS;

  private constructor(
    settings: VerifySettings,
    of: LeavesOf,
    { order, progress }: { readonly order: LeafOrder; readonly progress: Progress | undefined },
  ) {
    this.#settings = settings;
    this.#of = of;
    this.#order = order;
    this.#accesses = new AccessTimes(progress?.accesses);
    this.#edge = progress?.edge ?? TileEdge.empty();
    this.#findings = progress ? Findings.from(progress.findings) : new Findings();
    this.#counts = progress?.counts ?? { leaves: {}, documents: 0 };
    this.#stamps = settings.stampOf ? new Stamps(settings.stampOf, progress?.stamp) : null;
    this.#judge = of.registry && JudgeDocuments.from(of.registry, this.#findings, progress?.signers ?? null);
    this.#examine = new ExamineLog({
      ...settings,
      threads: settings.threads ?? threadsFor(of.head.size - this.#edge.size),
      by: of.registry && { registry: of.registry, verifier: settings.verifier },
      hasEverything: of.description?.archive.of === 'everything',
      findings: this.#findings,
      counts: this.#counts,
      judge: this.#judge,
      order,
      accesses: this.#accesses,
    });
  }

  static async begin(settings: VerifySettings, of: LeavesOf): Promise<LeavesRun> {
    const { workFolder } = settings;
    const kept = await loadProgress(workFolder, runName(settings, of));
    if (kept !== undefined && (await isOfThisCopy(kept, settings, of))) {
      const { files, newest } = kept.order;
      const order = await LeafOrder.resume(workFolder, files, newest).catch(() => undefined);
      if (order !== undefined) return new LeavesRun(settings, of, { order, progress: kept });
    }
    const order = await LeafOrder.create(workFolder, of.head.size);
    const run = new LeavesRun(settings, of, { order, progress: undefined });
    if (kept !== undefined) run.#findings.note('begun-anew');
    return run;
  }

  /** From where the edge is to the head. */
  async read(): Promise<void> {
    const { read, onProgress } = this.#settings;
    const { head } = this.#of;
    onProgress?.(this.#edge.size, head.size);
    for await (const recomputed of recomputeLog(head, read, this.#edge)) {
      await this.#examine.push(recomputed);
      onProgress?.(this.#edge.size, head.size);
      if (this.#edge.size % TILE_WIDTH === 0) await this.#atBundle();
    }
    await this.#examine.drain();
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#examine.close();
  }

  /** Everything that is said of all leaves together. */
  async conclude(): Promise<LeavesVerified> {
    const { head, description } = this.#of;
    const { read, onCompared } = this.#settings;
    this.#judge?.end();
    await this.#order.judge(this.#findings, { size: head.size, read, onCompared });
    if (description?.size === head.size) this.#countDocuments(description.archive.documents);
    await this.#order.remove();
    await removeProgress(this.#settings.workFolder);
    return { findings: this.#findings, counts: this.#counts };
  }

  async #atBundle(): Promise<void> {
    await this.#stamps?.pass(this.#edge.size / TILE_WIDTH - 1);
    const isAborted = this.#settings.signal?.aborted === true;
    if (!isAborted && performance.now() - this.#keptAt < this.#keptEvery) return;
    const began = performance.now();
    await this.#examine.drain();
    await this.#keep();
    this.#keptAt = performance.now();
    this.#keptEvery = Math.max(KEPT_EVERY_MS, KEEPING_SHARE * (this.#keptAt - began));
    if (!isAborted) return;
    throw new HubError(
      'AUDIT_INTERRUPTED',
      `${this.#edge.size} of ${this.#of.head.size} leaves are verified`,
    );
  }

  async #keep(): Promise<void> {
    if (this.#stamps === null) return;
    await saveProgress(this.#settings.workFolder, runName(this.#settings, this.#of), {
      edge: this.#edge,
      stamp: this.#stamps.digest,
      findings: this.#findings.soFar(),
      counts: this.#counts,
      order: { files: await this.#order.flush(), newest: this.#order.newest },
      accesses: this.#accesses.soFar(),
      signers: this.#judge && this.#judge.soFar(),
    });
  }

  /** An export of a part says how many documents it has: one that was taken out of it since is missed. */
  #countDocuments(said: number): void {
    const { byCode } = this.#findings.soFar();
    const found = this.#counts.documents + (byCode['LOG_BYTES_DIFFER'] ?? 0);
    if (found >= said || byCode['AUDIT_BYTES_MISSING'] !== undefined) return;
    const message = `the export had ${said} documents, this copy has ${found}`;
    this.#findings.add('documents', 'AUDIT_BYTES_MISSING', null, message);
  }
}

function runName({ root }: VerifySettings, { head, vkey, registry, description }: LeavesOf): string {
  return runOf(head, vkey, [
    root,
    registry?.size ?? null,
    registry?.root ?? null,
    description?.archive ?? null,
  ]);
}

/** Whether the copy still has what that run has read, and the log begins with it. */
async function isOfThisCopy(
  { edge, stamp }: Progress,
  { stampOf }: VerifySettings,
  { head, tiles }: LeavesOf,
): Promise<boolean> {
  if (stampOf === undefined || edge.size > head.size) return false;
  if (!(await Stamps.areSame(stampOf, edge.size / TILE_WIDTH, stamp))) return false;
  return (await tiles.rootAt(edge.size)).equals(edge.root());
}
