import type { Tx } from '#persistence';

/** What a node hardly ever has: while there is none, a batch need not look for its own. */
export interface Rare {
  /** Anything stands in the quarantine, and may pass now. */
  readonly parked: boolean;
  /** An event was issued again under the number of another. */
  readonly replacements: boolean;
  /** This node has said something before its database was restored. */
  readonly published: boolean;
}

/** For whoever has not asked. */
export const ANYTHING: Rare = { parked: true, replacements: true, published: true };

/** Three looks into the beginning of an index, with one statement. */
export async function findRare(tx: Tx): Promise<Rare> {
  const [row] = await tx.prepared<Rare>(
    `select exists (select from quarantine where status = 'parked') as parked,
       exists (select from event where replaces is not null) as replacements,
       exists (select from published_receipt) as published`,
    [],
  );
  return row ?? ANYTHING;
}
