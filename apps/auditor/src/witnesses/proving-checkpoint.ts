import type { Tx } from '#persistence';
import { requireCheckpoint, type PublishedCheckpoint } from '../log/checkpoints.ts';
import { newestWitnessed } from './show-witnesses.ts';

/**
 * The checkpoint that a leaf is proved under: the newest witnessed one, with its cosignatures, if the leaf is in it; then the
 * proof needs nobody's word that everyone is shown the same log. A younger leaf is proved under the newest of all.
 * @throws HubError `LOG_NOT_READY`
 */
export async function provingCheckpoint(tx: Tx, index: number): Promise<PublishedCheckpoint> {
  const witnessed = await newestWitnessed(tx);
  return witnessed !== null && index < witnessed.size ? witnessed : requireCheckpoint(tx);
}
