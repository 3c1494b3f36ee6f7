import { HubError } from '#errors';
import type { ReceiveBatch } from '../inbox/receive-batch.ts';
import { recordOf } from '../inbox/park-received.ts';
import type { NodeParts } from '../node-parts.ts';
import type { FetchedEvent } from './fetch-events.ts';

/** What became of a fetched event: it is in its place (or was before), waits for an earlier one, or cannot be judged yet. */
export type Judged = 'taken' | 'waiting' | 'later';

/**
 * Judges an event that a neighbour gave by exactly the path of a record of the inbox: nothing skips a check. What does
 * not pass leaves nothing behind: it is the neighbour's word, not a record that the router sent. The one exception is
 * proof against an author: a second event that verifies is kept, whoever brought it.
 */
export class JudgeFetched {
  readonly #parts: NodeParts;
  readonly #receive: Pick<ReceiveBatch, 'runOne'>;

  constructor(parts: NodeParts, receive: Pick<ReceiveBatch, 'runOne'>) {
    this.#parts = parts;
    this.#receive = receive;
  }

  /** @throws HubError with the code for which the event was refused: nothing was written, but for `EQUIVOCATION` */
  async run(fetched: FetchedEvent): Promise<Judged> {
    const { event, position } = fetched;
    const refused = (code: HubError['code']): HubError =>
      new HubError(
        code,
        `event ${event.id} of ${event.author.ipa}, given for position ${position}, did not pass`,
      );
    const outcome = await this.#parts.work.run(async (tx) => {
      const judged = await this.#receive.runOne(tx, recordOf(this.#parts, fetched, this.#parts.clock.now()));
      // Thrown inside, so that the entry in the quarantine is rolled back with everything else.
      if (judged.kind === 'park' && judged.code !== 'EQUIVOCATION') throw refused(judged.code);
      return judged;
    });
    if (outcome.kind === 'park') throw refused(outcome.code);
    if (outcome.kind === 'retry') return 'later';
    return outcome.kind === 'hold' ? 'waiting' : 'taken';
  }
}
