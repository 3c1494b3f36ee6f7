import type { ErrorCode } from '#errors';
import { MAX_LISTED } from '../verify/findings.ts';
import type { TopicFinding, TopicsReport } from './topics-report.ts';

/** Collects what is found: everything is counted, the first thousand are listed. */
export class TopicFindings {
  readonly #listed: TopicFinding[] = [];
  readonly #byCode = new Map<ErrorCode, number>();

  add(finding: TopicFinding): void {
    this.count(finding.code, 1);
    if (this.#listed.length < MAX_LISTED) this.#listed.push(finding);
  }

  /** Of some that are not told one by one. */
  count(code: ErrorCode, more: number): void {
    if (more > 0) this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + more);
  }

  /** In the order of topics and places, whatever the order of digests in which they were found. */
  report(): TopicsReport['findings'] {
    const total = [...this.#byCode.values()].reduce((sum, count) => sum + count, 0);
    const listed = this.#listed.toSorted(
      (a, b) =>
        a.topic.localeCompare(b.topic) ||
        (a.partition ?? -1) - (b.partition ?? -1) ||
        Number(a.offset ?? -1) - Number(b.offset ?? -1) ||
        (a.index ?? -1) - (b.index ?? -1),
    );
    return { total, byCode: Object.fromEntries(this.#byCode), listed };
  }
}
