import { sameIpa } from '#contracts';
import { HubError } from '#errors';
import { disagreement } from '#evidence';
import type { PeerClient } from '#peers';
import type { NodeParts } from '../node-parts.ts';
import { compareTrees, type Differences } from './compare-trees.ts';
import type { Heal } from './heal.ts';
import { neighbourOf } from './neighbours.ts';
import { statementAnswer } from './peer-shapes.ts';
import { answerAs, PeerTree, type Partner } from './peer-tree.ts';
import { readPlacements } from './placements.ts';
import type { Ended, HeldCount, Order } from './reconciliation-rows.ts';
import { Outcome } from './run-outcome.ts';
import { claimOf, screenStatement, state, type Statement } from './statements.ts';
import { holdings, StoredTree } from './stored-tree.ts';
import { tellMissing } from './tell-missing.ts';

/** Differences found and healed before the two sides compare again. */
const AT_ONCE = 1_000;
/** An answer that does not add up may be of a neighbour that took something in meanwhile: so often it is asked anew. */
const MAX_RETRIES = 2;

export interface RunParts {
  readonly parts: NodeParts;
  readonly client: Pick<PeerClient, 'get' | 'put'>;
  readonly heal: Heal;
}

/** How a run tells that it is getting on. */
export type Progress = (found: number, healed: number) => Promise<void>;

/**
 * Compares what this node holds of its exchange with another to what that one holds. Both sign what they hold. If they
 * agree, the two statements are a certificate. If not, the exact differences are found, each side fetches what it lacks
 * from the other, and they compare again, as long as that gets them on. Copies that differ are never overwritten.
 */
export class RunReconciliation {
  readonly #parts: NodeParts;
  readonly #client: Pick<PeerClient, 'get' | 'put'>;
  readonly #heal: Heal;

  constructor({ parts, client, heal }: RunParts) {
    this.#parts = parts;
    this.#client = client;
    this.#heal = heal;
  }

  /** What came of it; an error with a code is an outcome too. @throws the signal's reason when it aborts */
  async run(order: Order, progress: Progress, signal?: AbortSignal): Promise<Ended> {
    const outcome = new Outcome();
    try {
      const neighbour = neighbourOf(this.#parts, order.partner);
      const partner = { client: this.#client, neighbour, ...(signal === undefined ? {} : { signal }) };
      await this.#untilAgreed(order, partner, outcome, progress);
      return outcome.ended();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof HubError)) throw error;
      return outcome.failed(error);
    }
  }

  async #untilAgreed(order: Order, partner: Partner, outcome: Outcome, progress: Progress): Promise<void> {
    for (let retries = 0; ;) {
      const { ours, theirs } = await this.#exchange(order, partner);
      outcome.compared(countsOf(ours, theirs), ours, theirs);
      if (disagreement(ours.statement, theirs.statement) === null) return;
      try {
        const differences = await this.#differences(order, partner, ours, theirs);
        const healed = await this.#healAll(differences, partner, outcome);
        await progress(outcome.found, outcome.healed);
        // What was on its way arrived between the two statements, or nothing gets this further.
        if (healed > 0) retries = 0;
        else if (differences.some(isAny) || (retries += 1) > MAX_RETRIES) return;
      } catch (error) {
        const isRestless = error instanceof HubError && error.code === 'RECONCILIATION_ANSWER_INVALID';
        if (!isRestless || (retries += 1) > MAX_RETRIES) throw error;
      }
    }
  }

  /** One question to the neighbour: this node's statement for its own. */
  async #exchange(
    { partner: ipa, from, to }: Order,
    { client, neighbour, signal }: Partner,
  ): Promise<{ readonly ours: Statement; readonly theirs: Statement }> {
    const { work, clock, ipa: own } = this.#parts;
    await readPlacements(work);
    const range = { from, to };
    const now = clock.now();
    const ours = await state(this.#parts, ipa, range, await holdings(work, [own, ipa], range), now);
    const body = { statement: ours.bytes.toString('base64') };
    const sent = await client.put(neighbour, 'v1/reconciliations/peer/statement', body, signal);
    const { statement } = answerAs(statementAnswer, sent, neighbour);
    const theirs = screenStatement(Buffer.from(statement, 'base64'), ipa, this.#parts, clock.now());
    if (theirs.statement.from === from && theirs.statement.to === to) return { ours, theirs };
    throw new HubError('RECONCILIATION_STATEMENT_FOREIGN', `${ipa} speaks of another range than was asked`);
  }

  async #differences(
    order: Order,
    partner: Partner,
    ours: Statement,
    theirs: Statement,
  ): Promise<readonly Differences[]> {
    const { ipa, work } = this.#parts;
    const found: Differences[] = [];
    for (const { author, count, root } of ours.statement.events) {
      const claimed = claimOf(theirs.statement, author);
      if (claimed.count === count && claimed.root.toString('base64') === root) continue;
      const local = new StoredTree(work, [ipa, order.partner], order, author);
      const remote = new PeerTree(partner, order, author);
      found.push(await compareTrees({ local, remote, author, claimed, limit: AT_ONCE }));
    }
    return found;
  }

  /** @returns how many differences are none any more, on either side */
  async #healAll(differences: readonly Differences[], partner: Partner, outcome: Outcome): Promise<number> {
    let healed = 0;
    for (const { missingHere, missingThere, different } of differences) {
      outcome.copiesDiffer(different);
      healed += outcome.missing('missing-here', await this.#heal.run(missingHere, partner));
      healed += outcome.missing('missing-there', await tellMissing(missingThere, partner));
    }
    return healed;
  }
}

function countsOf({ statement: ours }: Statement, { statement: theirs }: Statement): HeldCount[] {
  return ours.events.map(({ author, count }) => ({
    author,
    here: count,
    there: theirs.events.find((held) => sameIpa(held.author, author))?.count ?? 0,
  }));
}

function isAny({ missingHere, missingThere, different }: Differences): boolean {
  return missingHere.length + missingThere.length + different.length > 0;
}
