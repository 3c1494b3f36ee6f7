import { parseRegistryEntry, type RegistryEntry, type Sha256 } from '#contracts';
import { HubError } from '#errors';
import type { RegistryChain } from '#registry-chain';

/** What became of published entries that were held against the chain. */
export interface TakenUp {
  /** Those that the chain lacked, verified, in its order. */
  readonly entries: readonly {
    readonly entry: RegistryEntry;
    readonly bytes: Buffer;
    readonly digest: Sha256;
  }[];
  /** Those that cannot follow yet: one before them is missing. Not verified. */
  readonly ahead: readonly Buffer[];
  /** Why others were left aside: nobody who may write the registry has signed them. */
  readonly refused: readonly HubError[];
}

/**
 * Appends published entries to a chain. Those that it has change nothing; the order in which they come does not matter.
 * @throws HubError `REGISTRY_FORKED`, `REGISTRY_ROOT_REFUSED`
 */
export function takeUp(chain: RegistryChain, published: readonly Buffer[]): TakenUp {
  const entries: TakenUp['entries'][number][] = [];
  const refused: HubError[] = [];
  let ahead = published;
  // Each that is appended may be the one that those ahead have waited for.
  for (let before = -1; ahead.length !== before;) {
    before = ahead.length;
    ahead = ahead.filter((bytes) => {
      try {
        const outcome = chain.append(bytes, ({ bytes: kept, digest }) => {
          entries.push({ entry: parseRegistryEntry(kept), bytes: kept, digest });
        });
        return outcome === 'ahead';
      } catch (error) {
        if (!(error instanceof HubError) || error.code !== 'REGISTRY_ENTRY_REFUSED') throw error;
        refused.push(error);
        return false;
      }
    });
  }
  return { entries, ahead, refused };
}
