import type { ActionLog } from '#actions';
import type { KafkaConnection } from '#messaging';
import type { UnitOfWork } from '#persistence';
import type { Clock, IdSource } from '#platform';
import type { NodeStreams } from './node-streams.ts';

/** Topics that a node reads without a group's position: they cannot be taken back. */
export interface StreamApart {
  readonly stream: string;
  readonly topics: readonly string[];
  /** Why not, as a sentence that follows "it". */
  readonly why: string;
}

/** What a node brings to the desk of its streams. */
export interface StreamsParts {
  /** The node's name in the answers: `router`, `auditor`, or an authority's IPA code. */
  readonly at: string;
  readonly work: UnitOfWork;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly connection: Pick<KafkaConnection, 'ranges' | 'offsetsAt' | 'committedIn'>;
  readonly streams: Pick<NodeStreams, 'list'>;
  /** Where what operators do is written. */
  readonly actions: ActionLog;
  readonly apart: readonly StreamApart[];
}

/** Nest token of {@link StreamsParts}. */
export const STREAMS_PARTS = Symbol('StreamsParts');
