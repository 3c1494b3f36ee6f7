import type { ErrorCode } from '#errors';

/**
 * What a handler says of one record. `done`: its effects are committed. `retry`: not now; the record and those behind
 * it in its partition come again after the pause. `hold` and `park`: the handler has stored the record, waiting behind
 * a gap or in quarantine; reading goes on.
 */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly afterMs: number }
  | { readonly kind: 'hold'; readonly code: ErrorCode }
  | { readonly kind: 'park'; readonly code: ErrorCode };

const DONE: Outcome = { kind: 'done' };

/** The record's effects are committed (or it needed none). */
export function done(): Outcome {
  return DONE;
}

/** The record cannot be handled yet: its partition pauses for `afterMs` milliseconds and comes again from it on. */
export function retry(afterMs: number): Outcome {
  return { kind: 'retry', afterMs };
}

/** The record is stored as waiting behind a gap of its practice. */
export function hold(code: ErrorCode): Outcome {
  return { kind: 'hold', code };
}

/** The record is stored in quarantine. */
export function park(code: ErrorCode): Outcome {
  return { kind: 'park', code };
}
