import type { ActionLog } from '#actions';
import type { IncomingRecord, Outcome } from '#messaging';
import type { Tx, UnitOfWork } from '#persistence';
import type { Clock, IdSource } from '#platform';
import type { QuarantineEntry } from './quarantine-store.ts';

/** What a node brings to its quarantine. */
export interface QuarantineParts {
  readonly work: UnitOfWork;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Where what operators do is written. */
  readonly actions: ActionLog;
  /** Judges a record by the checks that parked it, with all its effects, in the transaction given. */
  readonly judge: (tx: Tx, record: IncomingRecord) => Promise<Outcome>;
  /** The holder whose key signed these bytes, as `attributedTo` of `#evidence` tells it by the node's registry. */
  readonly attributedTo: (bytes: Buffer) => string | null;
  /** The node's name in the answers: `router`, `auditor`, or an authority's IPA code. */
  readonly at: string;
  /** Whose record an entry is, as the answers tell it. */
  readonly whose: (entry: QuarantineEntry) => {
    readonly member: string | null;
    readonly eventId?: string | null;
  };
}

/** Nest token of {@link QuarantineParts}. */
export const QUARANTINE_PARTS = Symbol('QuarantineParts');
