import type { Tx } from '#persistence';
import { inclusionAddresses, inclusionProof, leafHash } from '#tlog';
import { loadHashes } from '../log/node-hashes.ts';
import type { ProvenLeaf } from './proof-shapes.ts';

/** An entry that has its index. */
export interface PlacedEntry {
  readonly index: number;
  readonly entry: Buffer;
}

/**
 * Proves entries against the tree of `size` leaves, with one query for all.
 * @throws HubError `LOG_PROOF_MALFORMED` if one is not in that tree, `LOG_NODE_MISSING` if the store lacks a hash
 */
export async function proveEntries(
  tx: Tx,
  entries: readonly PlacedEntry[],
  size: number,
): Promise<readonly { readonly leaf: ProvenLeaf; readonly hashes: readonly Buffer[] }[]> {
  const hashAt = await loadHashes(
    tx,
    entries.flatMap(({ index }) => inclusionAddresses(index, size)),
  );
  return entries.map(({ index, entry }) => {
    const hashes = inclusionProof(index, size, hashAt);
    const leaf = {
      index,
      entry: entry.toString('base64'),
      entryJson: JSON.parse(entry.toString('utf8')) as ProvenLeaf['entryJson'],
      leafHash: leafHash(entry).toString('base64'),
      hashes: hashes.map((hash) => hash.toString('base64')),
    };
    return { leaf, hashes };
  });
}
