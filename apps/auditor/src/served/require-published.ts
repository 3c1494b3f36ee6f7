import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { requireCheckpoint } from '../log/checkpoints.ts';

/**
 * @param leaves the size of the smallest tree that has the file
 * @throws HubError `LOG_TILE_MISSING`, `LOG_NOT_READY`
 */
export async function requirePublished(tx: Tx, leaves: number, path: () => string): Promise<void> {
  const { size } = await requireCheckpoint(tx);
  if (leaves <= size) return;
  throw new HubError('LOG_TILE_MISSING', `${path()} is not in the published log of ${size} leaves`);
}
