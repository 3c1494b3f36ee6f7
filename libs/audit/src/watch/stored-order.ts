import type { ErrorCode } from '#errors';
import type { StoredRun } from '../disk/sorted-runs.ts';

/** What is kept of the leaves that were compared, beside the files of records. */
export interface StoredOrder {
  /** Leaves [from, size) were compared with each other. */
  readonly from: number;
  readonly size: number;
  /** When it was begun. ISO 8601. */
  readonly since: string;
  /** The newest time that an entry states, milliseconds. */
  readonly newest: number;
  readonly keys: readonly StoredRun[];
  readonly positions: readonly StoredRun[];
  readonly waiting: readonly Waiting[];
}

/** A leaf that lacks another one. */
export interface Waiting {
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
  /** ISO 8601. */
  readonly seenAt: string;
  /** The newest time that an entry up to it states, milliseconds. */
  readonly newest: number;
}
