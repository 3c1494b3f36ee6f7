import type { AnswerOnce, Answered, Asked, Attempt } from '#access';
import { Together } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import type { FilePractice, Filing, FilingResult } from './file-practice.ts';

/**
 * Files what is handed in at the same time in one transaction. CUI and register number have no gaps, so filings of one
 * body take turns at their counters, each to its commit: alone they would leave one by one, and so would every hop after.
 */
export class FileTogether {
  readonly #together: Together<Asked<Filing>, Answered<FilingResult>>;

  constructor({ work }: Pick<NodeParts, 'work'>, answers: AnswerOnce, file: FilePractice) {
    this.#together = new Together(work, (tx, asked) =>
      answers.answer(tx, asked, (filings) => file.run(tx, filings)),
    );
  }

  /**
   * Files, or gives the answer that was given before under the same key. It is committed then.
   * @throws HubError `IDEMPOTENCY_KEY_REUSED`, and what is wrong with this filing
   */
  run(attempt: Attempt, request: Filing): Promise<Answered<FilingResult>> {
    return this.#together.run({ attempt, request });
  }
}
