import type { BatchLimits } from '#platform';

export const DEFAULT_BATCH_LIMITS: BatchLimits = {
  records: 256,
  bytes: 1024 * 1024,
  lingerMs: 5,
  patient: false,
};

/** For a stream that nobody waits for (receipts, the log): a few batches a second instead of one for each record. */
export const PATIENT: Pick<BatchLimits, 'lingerMs' | 'patient'> = { lingerMs: 200, patient: true };
