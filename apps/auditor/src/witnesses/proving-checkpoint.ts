import type { Tx } from '#persistence';
import { latestCheckpoint, published, type PublishedCheckpoint } from '../log/checkpoints.ts';
import { newestWitnessed } from './show-witnesses.ts';

/** Gives the checkpoint that the leaf of an index is proved under. @throws HubError `LOG_NOT_READY` */
type CheckpointOf = (index: number) => PublishedCheckpoint;

/**
 * The newest witnessed checkpoint, with its cosignatures, for a leaf that is in it: then the proof needs nobody's word that
 * everyone is shown the same log. A younger leaf is proved under the newest of all. Both are asked for at once, before it is
 * known which leaf it is.
 */
export async function provingCheckpoint(tx: Tx): Promise<CheckpointOf> {
  const [witnessed, latest] = await Promise.all([newestWitnessed(tx), latestCheckpoint(tx)]);
  return (index) => (witnessed !== null && index < witnessed.size ? witnessed : published(latest));
}
