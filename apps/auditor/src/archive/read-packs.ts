import { archivePath, writePack } from '#audit';
import type { UnitOfWork } from '#persistence';
import { TILE_WIDTH, type BundleAddress } from '#tlog';
import { requirePublished } from '../served/require-published.ts';
import { loadPack, loadSignedBytes } from './load-signed-bytes.ts';

/** The signed bytes of a bundle's entries, compressed. */
export interface ServedPack {
  readonly bytes: Buffer;
  /**
   * Whether it is kept as it is given out. One that was made to be given out has the same items, but another version of the
   * compressor may write them in other bytes: it is nobody's to keep.
   */
  readonly isKept: boolean;
}

/** The signed bytes of the log's entries, in packs beside its bundles. */
export class ReadPacks {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** @throws HubError `LOG_TILE_MISSING` beyond the published size, `LOG_NOT_READY`, `LOG_STATE_DAMAGED` */
  async run(bundle: BundleAddress): Promise<ServedPack> {
    const found = await this.#work.read(async (tx) => {
      await requirePublished(tx, bundle.index * TILE_WIDTH + bundle.width, () => archivePath(bundle));
      const items = await loadSignedBytes(tx, bundle);
      return { items, kept: bundle.width === TILE_WIDTH ? await loadPack(tx, bundle.index) : undefined };
    });
    if (found.kept !== undefined) return { bytes: found.kept, isKept: true };
    return { bytes: await writePack(found.items), isKept: false };
  }
}
