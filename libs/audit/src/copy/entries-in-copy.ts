import { readBundle, TILE_WIDTH, type ReadLogFile, type TreeHead } from '#tlog';
import { RootProof } from './root-proof.ts';

/**
 * Every entry of a copy, in order, as bytes. They are believed once the last was given: together they have to lead to the
 * signed root.
 * @param onProgress told how many entries were given, after each bundle, when the last entry of it was dealt with
 * @throws HubError `LOG_TILE_INVALID`, `LOG_TILE_MISSING`, `LOG_TILE_MALFORMED`, and what `read` throws
 */
export async function* entriesInCopy(
  read: ReadLogFile,
  head: TreeHead,
  onProgress?: (done: number) => void,
): AsyncGenerator<{ readonly index: number; readonly entry: Buffer }> {
  const proof = new RootProof(head);
  for (let from = 0; from < head.size; from += TILE_WIDTH) {
    const bundle = { index: from / TILE_WIDTH, width: Math.min(TILE_WIDTH, head.size - from) };
    for (const [place, entry] of (await readBundle(bundle, read)).entries()) {
      proof.add(entry);
      yield { index: from + place, entry };
    }
    onProgress?.(from + bundle.width);
  }
  proof.requireRoot();
}
