import { registryPath } from '#audit';
import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import type { UnitOfWork } from '#persistence';
import type { RegistryView } from '#registry-view';
import { damaged } from '../archive/archived-leaf.ts';

/** The registry's chain as this node has verified it: an auditor's tool replays decisions and certificates with it. */
export class ReadRegistryEntries {
  readonly #work: UnitOfWork;
  readonly #registry: Pick<RegistryView, 'hasVersion'>;

  constructor(work: UnitOfWork, registry: Pick<RegistryView, 'hasVersion'>) {
    this.#work = work;
    this.#registry = registry;
  }

  /**
   * The signed bytes of an entry, as published; compared with the chain in memory, whose digests lead to its head.
   * @throws HubError `LOG_TILE_MISSING` if the copy does not have it yet, `LOG_STATE_DAMAGED` if it is not what was verified
   */
  async run(number: number): Promise<Buffer> {
    const [row] = await this.#work.run((tx) =>
      tx.prepared<{ bytes: Buffer }>('select bytes from registry_copy where number = $1', [number]),
    );
    const bytes = row?.bytes;
    const standing = bytes && this.#registry.hasVersion(number, sha256Hex(bytes));
    if (bytes !== undefined && standing === 'known') return bytes;
    if (standing === 'different') throw damaged(`the copy of registry entry ${number} was altered`);
    throw new HubError('LOG_TILE_MISSING', `the copy of the registry has no ${registryPath(number)} yet`);
  }
}
