import { HubError } from '#errors';
import { readLogEntry, TILE_WIDTH, type VerifiedTiles } from '#tlog';
import { RecordsOfLeaves, type LeafRecords } from '../verify/leaf-records.ts';
import type { CompareLeaves } from './compare-leaves.ts';
import type { WatchState } from './watch-state.ts';

/** So many leaves are compared before what was done is kept. A multiple of 256. */
const KEPT_EVERY = 65_536;

export interface CatchUpSettings {
  readonly state: WatchState;
  readonly onProgress?: ((done: number, size: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Compares leaves that were verified before and never compared: of a monitor of a version that did not, or whose files are gone.
 * Their entries are read once more.
 * @throws HubError as `VerifiedTiles.entries`; `AUDIT_STATE_UNUSABLE`, `AUDIT_INTERRUPTED`
 */
export async function catchUp(
  compare: CompareLeaves,
  tiles: VerifiedTiles,
  { state, onProgress, signal }: CatchUpSettings,
): Promise<void> {
  const { size } = state.watched.edge;
  for (let from = compare.size; from < size;) {
    const first = Math.floor(from / TILE_WIDTH) * TILE_WIDTH;
    const entries = (await tiles.entries(first / TILE_WIDTH)).slice(from - first, size - first);
    await compare.add(recordsOf(from, entries));
    from += entries.length;
    onProgress?.(from, size);
    if (from % KEPT_EVERY === 0 || from === size || signal?.aborted === true) {
      await compare.keep(from);
      await state.save();
      await compare.saved();
    }
    if (signal?.aborted === true)
      throw new HubError('AUDIT_INTERRUPTED', `${from} of ${size} leaves are compared with each other`);
  }
}

function recordsOf(from: number, entries: readonly Buffer[]): LeafRecords {
  const records = new RecordsOfLeaves();
  for (const [i, entry] of entries.entries()) {
    try {
      records.add(from + i, readLogEntry(entry));
    } catch (error) {
      // What is no entry was an alarm when it was verified.
      if (!(error instanceof HubError)) throw error;
    }
  }
  return records.all();
}
