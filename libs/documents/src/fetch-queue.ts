import type { IpaCode } from '#contracts';
import type { HubError } from '#errors';

import type { FetchOrder, FetchResult, FetchState, SourceProblem } from './fetch-types.ts';

/** A claimed row of the node's queue. */
export interface FetchJob {
  readonly order: FetchOrder;
  /** Whose event names the document, and whose node is asked first. */
  readonly author: IpaCode;
  /** Attempts that failed so far. */
  readonly failures: number;
}

export interface ClaimRequest {
  /** At most so many jobs. */
  readonly limit: number;
  /** Rows whose next attempt is not later than this are due. */
  readonly now: Date;
  /** Authors that have their share of the runner: leave their rows, so that a slow node does not stop the others. */
  readonly busy: readonly IpaCode[];
}

export interface Postponement {
  readonly state: Exclude<FetchState, 'complete'>;
  readonly failures: number;
  readonly next: Date;
  /** Why, for people and for the row: the last problem, or the fault of this node. */
  readonly error: HubError | undefined;
}

/**
 * The node's table of documents to fetch. A claim lasts until it is completed, postponed or released, or until its
 * lease runs out because nobody renewed it: then the row is due again.
 */
export interface FetchQueue<J extends FetchJob = FetchJob> {
  claim(request: ClaimRequest): Promise<readonly J[]>;
  renew(jobs: readonly J[]): Promise<void>;
  complete(job: J, result: Extract<FetchResult, { readonly state: 'complete' }>): Promise<void>;
  postpone(job: J, postponement: Postponement): Promise<void>;
  /** Gives the claim back unchanged: the runner is stopping. */
  release(job: J): Promise<void>;
}

/** What the runner tells its owner: for logs, metrics and alarms. */
export type FetchReport<J extends FetchJob = FetchJob> =
  | { readonly kind: 'complete'; readonly job: J; readonly from: IpaCode | null }
  | { readonly kind: 'postponed'; readonly job: J; readonly postponement: Postponement }
  /** A source sent wrong bytes or showed a false certificate: an operator should know. */
  | { readonly kind: 'alarm'; readonly job: J; readonly problem: SourceProblem }
  /** The queue itself failed; the runner goes on. */
  | { readonly kind: 'queue-failed'; readonly error: unknown };
