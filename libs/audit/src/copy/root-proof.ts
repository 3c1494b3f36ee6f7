import { HubError } from '#errors';
import { leafHash, TILE_WIDTH, TileEdge, type TreeHead } from '#tlog';

/** Computes the root that entries lead to, as they are read: nothing else of the copy's tree has to be believed. */
export class RootProof {
  readonly #head: TreeHead;
  readonly #edge = TileEdge.empty();
  #hashes: Buffer[] = [];

  constructor(head: TreeHead) {
    this.#head = head;
  }

  /** The next entry, from the first on. */
  add(entry: Buffer): void {
    this.#hashes.push(leafHash(entry));
    if (this.#hashes.length === TILE_WIDTH) this.#grow();
  }

  /** @throws HubError `LOG_TILE_INVALID` */
  requireRoot(): void {
    this.#grow();
    const { size, root } = this.#head;
    if (this.#edge.size === size && this.#edge.root().equals(root)) return;
    throw new HubError(
      'LOG_TILE_INVALID',
      `${this.#edge.size} entries do not lead to the root of the checkpoint of size ${size}`,
    );
  }

  #grow(): void {
    this.#edge.grow(this.#hashes);
    this.#hashes = [];
  }
}
