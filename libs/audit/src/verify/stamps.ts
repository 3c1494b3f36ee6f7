import { createHash } from 'node:crypto';
import { entriesPath, TILE_WIDTH, tilePath, tilesOfGrowth } from '#tlog';
import { archivePath } from '../copy/copy-paths.ts';

/** Tells when a file was changed last, in whatever words; null if it is not there. */
export type StampOf = (path: string) => Promise<string | null>;

/** One digest over the stamps of all files that bundles have been read from, in order. */
export class Stamps {
  readonly #stampOf: StampOf;
  #digest: string;

  constructor(stampOf: StampOf, digest = '') {
    this.#stampOf = stampOf;
    this.#digest = digest;
  }

  get digest(): string {
    return this.#digest;
  }

  /** Takes in the files of a whole bundle: its entries, its documents, and the tiles that are full with it. */
  async pass(index: number): Promise<void> {
    const bundle = { index, width: TILE_WIDTH };
    const tiles = tilesOfGrowth(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
    const paths = [
      entriesPath(bundle),
      archivePath(bundle),
      ...tiles.filter(({ width }) => width === TILE_WIDTH).map(tilePath),
    ];
    const stamps = await Promise.all(
      paths.map(async (path) => `${path} ${(await this.#stampOf(path)) ?? '-'}`),
    );
    this.#digest = createHash('sha256')
      .update([this.#digest, ...stamps].join('\n'))
      .digest('hex');
  }

  /** True if the files of the first bundles are those that led to `digest`. */
  static async areSame(stampOf: StampOf, bundles: number, digest: string): Promise<boolean> {
    const stamps = new Stamps(stampOf);
    for (let index = 0; index < bundles; index += 1) await stamps.pass(index);
    return stamps.digest === digest;
  }
}
