import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { rootAddresses, rootAt, verifyCheckpoint, type NoteVerifier, type VerifiedCheckpoint } from '#tlog';
import { latestCheckpoint } from '../log/checkpoints.ts';
import { loadHashes } from '../log/node-hashes.ts';
import type { LogFolder } from './log-folder.ts';

/**
 * Makes sure that the database leads to the checkpoint that was published in a folder: one that was restored from an older
 * copy would have the log sign another tree of a size that it has signed before. A folder that says nothing of this log
 * (none yet, unreadable, another log's) keeps nobody from writing.
 * @throws HubError `LOG_FILES_CONTRADICTED`
 */
export async function requireSameHistory(tx: Tx, folder: LogFolder, key: NoteVerifier): Promise<void> {
  const published = await publishedIn(folder, key);
  if (published === null) return;
  const { size, root } = published;
  const latest = await latestCheckpoint(tx);
  const known = latest?.size ?? 0;
  if (size <= known && rootAt(size, await loadHashes(tx, rootAddresses(size))).equals(root)) return;
  throw new HubError(
    'LOG_FILES_CONTRADICTED',
    `${folder.root} has a signed checkpoint of ${size} leaves to which the database, with ${known}, does not lead`,
  );
}

async function publishedIn(folder: LogFolder, key: NoteVerifier): Promise<VerifiedCheckpoint | null> {
  try {
    const note = await folder.checkpoint();
    return note === undefined ? null : verifyCheckpoint(note, key);
  } catch {
    // The folder's own check in /health tells what is wrong with it.
    return null;
  }
}
