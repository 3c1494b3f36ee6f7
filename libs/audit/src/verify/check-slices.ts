import type { BatchChecks, Checked, CheckedKind } from '#evidence';
import type { LogEntry } from '#tlog';
import type { CheckedLeaf, JudgeDocuments } from './judge-documents.ts';
import type { ReadLeaf, Slice } from './leaves.ts';

/** Documents that are on their way through the worker threads together, bytes, and slices of them. */
const AHEAD_BYTES = 16_777_216;
const AHEAD_SLICES = 8;

/** By which checks the documents of each kind of entry are judged; null: by the registry's chain. */
const CHECKS: Readonly<Record<LogEntry['kind'], CheckedKind | null>> = {
  event: 'event',
  decision: 'decision',
  receipt: 'receipt',
  action: 'action',
  access: 'action',
  registry: null,
};

interface Underway {
  readonly bytes: number;
  readonly checked: Promise<readonly CheckedLeaf[]>;
}

/** Has documents checked on worker threads, some slices ahead, and judges them here, in the order of the log. */
export class CheckSlices {
  readonly #verifier: BatchChecks;
  readonly #judge: JudgeDocuments;
  readonly #underway: Underway[] = [];
  #bytes = 0;

  constructor(verifier: BatchChecks, judge: JudgeDocuments) {
    this.#verifier = verifier;
    this.#judge = judge;
  }

  /** @throws HubError `VERIFIER_FAILED` if the threads are unwell */
  async push({ leaves, bytes }: Slice): Promise<void> {
    const checked = this.#check(leaves);
    // It is awaited in its turn; until then its failure is nobody's surprise.
    checked.catch(() => undefined);
    this.#underway.push({ bytes, checked });
    this.#bytes += bytes;
    while (this.#bytes > AHEAD_BYTES || this.#underway.length > AHEAD_SLICES) await this.#settleFirst();
  }

  /** Until everything pushed so far is judged. @throws as `push` */
  async drain(): Promise<void> {
    while (this.#underway.length > 0) await this.#settleFirst();
  }

  async #settleFirst(): Promise<void> {
    const first = this.#underway.shift();
    if (first === undefined) return;
    this.#bytes -= first.bytes;
    for (const leaf of await first.checked) this.#judge.judge(leaf);
  }

  async #check(leaves: readonly ReadLeaf[]): Promise<readonly CheckedLeaf[]> {
    const found = leaves.filter(hasDocument);
    const checked = new Map<number, Checked<CheckedKind>>();
    const byKind = Map.groupBy(found, ({ leaf }) => CHECKS[leaf.kind]);
    await Promise.all(
      [...byKind].map(async ([kind, ofKind]) => {
        if (kind === null) return;
        const answers = await this.#verifier.check(kind, ofKind, ({ signed }) => signed);
        for (const answer of answers) checked.set(answer.item.index, answer);
      }),
    );
    return leaves.map(({ index, entry, leaf, signed }) => ({
      index,
      entry,
      leaf,
      signed,
      checked: checked.get(index) ?? null,
    }));
  }
}

function hasDocument(leaf: ReadLeaf): leaf is ReadLeaf & { readonly signed: Buffer } {
  return leaf.signed !== null;
}
