import { HubError } from '#errors';
import type { UnitOfWork } from '#persistence';
import { consistencyAddresses, consistencyProof, rootAddresses, rootAt } from '#tlog';
import { requireCheckpoint } from '../log/checkpoints.ts';
import { loadHashes } from '../log/node-hashes.ts';
import type { Consistency } from './proof-shapes.ts';

/** Proves that the log of one size begins with the log of another: nothing was changed or taken out in between. */
export class ProveConsistency {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /**
   * @param to the current size unless given
   * @throws HubError `LOG_SIZE_UNKNOWN`, `LOG_PROOF_MALFORMED` if `from` exceeds `to`, `LOG_NOT_READY`
   */
  async run(from: number, to?: number): Promise<Consistency> {
    return this.#work.run(async (tx) => {
      const current = await requireCheckpoint(tx);
      const end = to ?? current.size;
      if (Math.max(from, end) > current.size) {
        throw new HubError('LOG_SIZE_UNKNOWN', `the log has ${current.size} leaves`);
      }
      const hashAt = await loadHashes(tx, [
        ...consistencyAddresses(from, end),
        ...rootAddresses(from),
        ...rootAddresses(end),
      ]);
      return {
        from,
        to: end,
        fromRoot: rootAt(from, hashAt).toString('base64'),
        toRoot: rootAt(end, hashAt).toString('base64'),
        hashes: consistencyProof(from, end, hashAt).map((hash) => hash.toString('base64')),
      };
    });
  }
}
