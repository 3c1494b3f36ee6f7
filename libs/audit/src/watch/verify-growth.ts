/** Verifies what a log has grown by, as `audit verify` does: the same checks, from where the last round has ended. */
import { HubError } from '#errors';
import { recomputeLog, VerifiedTiles, type ReadLogFile, type TileEdge, type TreeHead } from '#tlog';
import { Awaiting } from '../verify/awaiting.ts';
import type { ExaminedBy } from '../verify/examine-bundle.ts';
import { ExamineLog, threadsFor } from '../verify/examine-log.ts';
import { Findings } from '../verify/findings.ts';
import { JudgeDocuments } from '../verify/judge-documents.ts';
import type { LeafCounts } from '../verify/leaves.ts';
import { catchUp } from './catch-up.ts';
import { CompareLeaves } from './compare-leaves.ts';
import type { WatchState } from './watch-state.ts';

/** So many leaves are verified before what was done is kept. A multiple of 256. */
const KEPT_EVERY = 16_384;
/** An event that no decision is about is judged by its own time when it has waited for so long, milliseconds. */
const WAITS_MS = 3_600_000;

export interface GrowthSettings {
  readonly read: ReadLogFile;
  readonly state: WatchState;
  readonly head: TreeHead;
  /** Null: only the entries are checked, and no document is asked for. */
  readonly documents: ExaminedBy | null;
  readonly now: () => Date;
  readonly onProgress?: ((done: number, size: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Verifies every leaf between what was verified before and the checkpoint, and compares it with all that were there. What is
 * wrong with a leaf is an alarm, and the others go on; a tree that does not come out is an error, and nothing behind what was kept is believed.
 * @returns how many leaves were verified
 * @throws HubError `LOG_TILE_INVALID`, `LOG_TILE_MISSING`, `LOG_TILE_MALFORMED`, `AUDIT_INTERRUPTED`, `VERIFIER_FAILED`,
 *   `AUDIT_STATE_UNUSABLE`, and what `read` throws
 */
export async function verifyGrowth(settings: GrowthSettings): Promise<number> {
  const before = settings.state.watched.edge.size;
  await new Growth(settings).run();
  return settings.state.watched.edge.size - before;
}

interface ComparedLog {
  readonly examine: ExamineLog;
  readonly compare: CompareLeaves;
}

class Growth {
  readonly #settings: GrowthSettings;
  readonly #edge: TileEdge;
  readonly #findings = new Findings();
  readonly #counts: LeafCounts;
  readonly #judge: JudgeDocuments | null;
  /** How many findings are alarms already. */
  #raised = 0;

  constructor(settings: GrowthSettings) {
    const { state, documents } = settings;
    const { signers, counts } = state.watched;
    this.#settings = settings;
    this.#edge = state.watched.edge.copy();
    this.#counts = { leaves: { ...counts.leaves }, documents: counts.documents };
    this.#judge = documents && JudgeDocuments.from(documents.registry, this.#findings, signers);
  }

  async run(): Promise<void> {
    const { head, documents, state, now, onProgress } = this.#settings;
    // Without documents nobody asks for a pack.
    const read: ReadLogFile = async (path) =>
      documents === null && path.startsWith('archive/') ? undefined : await this.#settings.read(path);
    const tiles = await VerifiedTiles.open(head, read);
    const compare = await CompareLeaves.open({ state, tiles, now: now() });
    await catchUp(compare, tiles, this.#settings);
    const examine = this.#examineWith(read, compare);
    try {
      for await (const recomputed of recomputeLog(head, read, this.#edge)) {
        await examine.push(recomputed);
        onProgress?.(this.#edge.size, head.size);
        if (this.#edge.size % KEPT_EVERY === 0 && this.#edge.size < head.size)
          await this.#proved(tiles, { examine, compare });
        this.#requireTime();
      }
      await this.#keep({ examine, compare });
    } finally {
      await examine.close();
      // What was found is told, also when the tree does not come out behind it.
      this.#raise();
    }
  }

  #examineWith(read: ReadLogFile, compare: CompareLeaves): ExamineLog {
    const { head, documents } = this.#settings;
    return new ExamineLog({
      read,
      by: documents,
      threads: threadsFor(head.size - this.#edge.size),
      hasEverything: documents !== null,
      findings: this.#findings,
      counts: this.#counts,
      judge: this.#judge,
      order: compare,
      accesses: null,
    });
  }

  /** In the middle of a long growth: what leads to the hash that the signed root proves is verified, too. */
  async #proved(tiles: VerifiedTiles, by: ComparedLog): Promise<void> {
    if (!(await tiles.rootAt(this.#edge.size)).equals(this.#edge.root()))
      throw new HubError(
        'LOG_TILE_INVALID',
        `the first ${this.#edge.size} entries do not lead to the signed root`,
      );
    await this.#keep(by);
  }

  async #keep({ examine, compare }: ComparedLog): Promise<void> {
    const { state } = this.#settings;
    await examine.drain();
    await compare.keep(this.#edge.size);
    state.watched.signers = this.#settle();
    this.#raise();
    state.watched.counts = { leaves: { ...this.#counts.leaves }, documents: this.#counts.documents };
    // The edge goes on from here; what is kept stays.
    state.watched.edge = this.#edge.copy();
    await state.save();
    await compare.saved();
  }

  /** Events that have waited for their decision for long are judged without it. */
  #settle() {
    const { documents } = this.#settings;
    if (this.#judge === null || documents === null) return this.#settings.state.watched.signers;
    const { arrival, awaiting } = this.#judge.soFar();
    const isLate = ({ arrivedAt }: { readonly arrivedAt: number }): boolean => arrival - arrivedAt > WAITS_MS;
    const late = awaiting.events.filter(isLate);
    if (late.length === 0) return { arrival, awaiting };
    const alone = Awaiting.from({ ...awaiting, events: late, decisions: [] });
    new JudgeDocuments(documents.registry, this.#findings, { awaiting: alone }).end();
    return { arrival, awaiting: { ...awaiting, events: awaiting.events.filter((event) => !isLate(event)) } };
  }

  #raise(): void {
    const { state, now } = this.#settings;
    const { listed } = this.#findings.soFar();
    for (const { code, index, message } of listed.slice(this.#raised))
      state.alarms.raise({ code, subject: index === null ? 'log' : `leaf ${index}`, message }, now());
    this.#raised = listed.length;
  }

  #requireTime(): void {
    if (this.#settings.signal?.aborted !== true) return;
    throw new HubError('AUDIT_INTERRUPTED', `${this.#settings.state.watched.edge.size} leaves are verified`);
  }
}
