import type { Findings } from './findings.ts';

/** From when to when the accesses are that an anchor stands for. */
export interface AnchoredTimes {
  readonly index: number;
  /** Who has anchored them. */
  readonly node: string;
  readonly from: string;
  readonly to: string;
}

/** Until when accesses of each node are anchored, as JSON. */
export type AnchoredUntil = Readonly<Record<string, string>>;

/**
 * Compares the times of each node's anchors, in the order of the log. Those of two may overlap: somebody was reading while
 * the node anchored, its clock was set back, or its database was restored from a copy in which accesses had no anchor yet,
 * and got a second one. Nothing of that is wrong; but whoever counts accesses by their anchors may count some twice.
 */
export class AccessTimes {
  readonly #until: Map<string, string>;

  constructor(until: AnchoredUntil = {}) {
    this.#until = new Map(Object.entries(until));
  }

  add({ index, node, from, to }: AnchoredTimes, findings: Pick<Findings, 'note'>): void {
    const until = this.#until.get(node) ?? '';
    if (from < until) findings.note('accesses-overlap', index);
    if (to > until) this.#until.set(node, to);
  }

  soFar(): AnchoredUntil {
    return Object.fromEntries(this.#until);
  }
}
