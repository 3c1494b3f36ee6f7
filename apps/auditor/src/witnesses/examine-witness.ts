import { HubError } from '#errors';
import type { Neighbour, PeerClient } from '#peers';
import type { Tx, UnitOfWork } from '#persistence';
import { openCheckpoint, originHash, rootAddresses, rootAt, type KnownLog } from '#tlog';
import { requireCheckpoint, type PublishedCheckpoint } from '../log/checkpoints.ts';
import { loadHashes } from '../log/node-hashes.ts';
import type { Contradiction } from './contradictions.ts';

/** What a witness has shown as the checkpoint that it has cosigned last. */
export interface Examined {
  /** Its size; null if it has cosigned none. */
  readonly size: number | null;
  /** Null if this database has the same tree at that size. */
  readonly contradiction: Contradiction | null;
}

export interface ExamineParts {
  readonly work: UnitOfWork;
  readonly client: Pick<PeerClient, 'exchange'>;
  readonly log: KnownLog;
}

/**
 * Asks a witness for the checkpoint that it has cosigned last, and compares it with this database. Nothing that it says is
 * believed but what this log's own key has signed: with that, a witness can show the log what it has forgotten, and
 * with nothing else can it stop it.
 * @throws HubError `PEER_AWAY`, `PEER_ANSWER_INVALID` (no checkpoint of this log's), `PEER_REFUSED`
 */
export async function examineWitness(
  { work, client, log }: ExamineParts,
  neighbour: Neighbour,
  signal?: AbortSignal,
): Promise<Examined> {
  const path = `witness/${originHash(log.origin)}/checkpoint`;
  const { status, body } = await client.exchange(neighbour, path, null, signal);
  if (status === 404) return { size: null, contradiction: null };
  const { holder } = neighbour;
  if (status !== 200) {
    throw new HubError('PEER_REFUSED', `${holder} answered ${status}`, { details: { holder, status } });
  }
  const theirs = opened(neighbour, body, log);
  // Read after the answer: whatever this log has shown to anyone was committed here before.
  return work.run(async (tx) => {
    const ours = await requireCheckpoint(tx);
    const code = await contradictionOf(tx, theirs, ours);
    return { size: theirs.size, contradiction: code === null ? null : { holder, code, theirs, ours } };
  });
}

async function contradictionOf(
  tx: Tx,
  theirs: PublishedCheckpoint,
  ours: PublishedCheckpoint,
): Promise<Contradiction['code'] | null> {
  if (theirs.size > ours.size) return 'LOG_ROLLED_BACK';
  const root = rootAt(theirs.size, await loadHashes(tx, rootAddresses(theirs.size)));
  return root.equals(theirs.root) ? null : 'LOG_FORKED';
}

function opened({ holder }: Neighbour, note: Buffer, log: KnownLog): PublishedCheckpoint {
  try {
    const { size, root } = openCheckpoint(note, log);
    return { size, root, note };
  } catch (cause) {
    throw new HubError('PEER_ANSWER_INVALID', `${holder} has shown no checkpoint of this log`, {
      cause,
      details: { holder },
    });
  }
}
