import { handledBefore, type Tx } from '#persistence';
import type { IncomingRecord } from '#messaging';
import type { HubError } from '#errors';
import { REFUSED_BY_TIME } from '#evidence';

interface Refusal {
  readonly record: IncomingRecord;
  readonly error: HubError;
}

/**
 * Of receipts that are refused because their key is revoked by now, those that this router had read before an operator
 * took the stream back. It keeps no receipts, but it judged these when they came first: they were carried to their
 * readers then, or lie in the quarantine.
 */
export async function heardBefore(
  tx: Tx,
  refusals: readonly Refusal[],
): Promise<ReadonlySet<IncomingRecord>> {
  const revoked = refusals.flatMap(({ record, error }) => (REFUSED_BY_TIME.has(error.code) ? [record] : []));
  if (revoked.length === 0) return new Set();
  const areOld = await handledBefore(tx, revoked);
  return new Set(revoked.filter((_, index) => areOld[index]));
}
