import type { QuarantineEntry } from './quarantine-store.ts';
import type { ReleaseParts } from './release-quarantined.ts';

/** What a node brings to its quarantine. */
export interface QuarantineParts extends ReleaseParts {
  /** The node's name in the answers: `router`, or an authority's IPA code. */
  readonly at: string;
  /** Whose record an entry is, as the answers tell it. */
  readonly whose: (entry: QuarantineEntry) => {
    readonly member: string | null;
    readonly eventId?: string | null;
  };
}

/** Nest token of {@link QuarantineParts}. */
export const QUARANTINE_PARTS = Symbol('QuarantineParts');
