import type { UnitOfWork } from '#persistence';
import { entriesPath, TILE_WIDTH, tilePath, type BundleAddress, type TileAddress } from '#tlog';
import { requireCheckpoint } from '../log/checkpoints.ts';
import { requirePublished } from './require-published.ts';
import { loadBundle, loadHashTile } from './tile-content.ts';

/**
 * The files of the log (c2sp.org/tlog-tiles), made of its tables when they are asked for. Nothing beyond the checkpoint
 * published last is given out, so no tile has a hash that nobody has signed for; every partial tile up to there is,
 * that of each published size among them.
 */
export class ReadLogFiles {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** The newest published note. @throws HubError `LOG_NOT_READY` */
  async checkpoint(): Promise<Buffer> {
    const { note } = await this.#work.run(requireCheckpoint);
    return note;
  }

  /** @throws HubError `LOG_TILE_MISSING` beyond the published size, `LOG_NOT_READY`, `LOG_NODE_MISSING` */
  async hashTile(tile: TileAddress): Promise<Buffer> {
    return this.#work.run(async (tx) => {
      await requirePublished(tx, (tile.index * TILE_WIDTH + tile.width) * TILE_WIDTH ** tile.level, () =>
        tilePath(tile),
      );
      return loadHashTile(tx, tile);
    });
  }

  /** @throws HubError `LOG_TILE_MISSING` beyond the published size, `LOG_NOT_READY`, `LOG_STATE_DAMAGED` */
  async bundle(bundle: BundleAddress): Promise<Buffer> {
    return this.#work.run(async (tx) => {
      await requirePublished(tx, bundle.index * TILE_WIDTH + bundle.width, () => entriesPath(bundle));
      return loadBundle(tx, bundle);
    });
  }
}
