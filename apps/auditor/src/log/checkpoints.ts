import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { emptyRoot, signCheckpoint, verifyCheckpoint, type NoteSigner } from '#tlog';

/** A published state of the log. */
export interface PublishedCheckpoint {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
  /** C2SP tlog-checkpoint, signed. */
  readonly note: Buffer;
}

/** The checkpoint published last; null before the first. */
export async function latestCheckpoint(tx: Tx): Promise<PublishedCheckpoint | null> {
  const [row] = await tx.prepared<{ size: string; root: Buffer; note: Buffer }>(
    'select size, root, note from checkpoint order by size desc limit 1',
    [],
  );
  return row === undefined ? null : { ...row, size: Number(row.size) };
}

/**
 * A published state on the way: the largest of at most `upTo` leaves, or the next one where a single step went further.
 * @param from leaves of an earlier one than the last
 * @throws HubError `LOG_SIZE_UNKNOWN` if the log has no more than `from`
 */
export async function checkpointTowards(tx: Tx, from: number, upTo: number): Promise<PublishedCheckpoint> {
  const [row] = await tx.prepared<{ size: string; root: Buffer; note: Buffer }>(
    `select size, root, note from (
       (select size, root, note from checkpoint where size > $1 and size <= $2 order by size desc limit 1)
       union all (select size, root, note from checkpoint where size > $2 order by size limit 1)
     ) as reached order by size limit 1`,
    [from, upTo],
  );
  if (row === undefined) throw new HubError('LOG_SIZE_UNKNOWN', `the log has no more than ${from} leaves`);
  return { ...row, size: Number(row.size) };
}

/** @throws HubError `LOG_NOT_READY` before the first checkpoint */
export async function requireCheckpoint(tx: Tx): Promise<PublishedCheckpoint> {
  return published(await latestCheckpoint(tx));
}

/** The same of the latest one that was read before. @throws HubError `LOG_NOT_READY` */
export function published(latest: PublishedCheckpoint | null): PublishedCheckpoint {
  if (latest !== null) return latest;
  throw new HubError('LOG_NOT_READY', 'no checkpoint has been published yet');
}

/**
 * Signs and stores the next checkpoint. Each names the one before it and no two may name the same, so of two writers
 * that both start from one state only the first can commit.
 * @param previous the size of the checkpoint that this state was built on; null for the log's first
 */
export function publishCheckpoint(
  tx: Tx,
  signer: NoteSigner,
  {
    previous,
    size,
    root,
  }: { readonly previous: number | null; readonly size: number; readonly root: Buffer },
): void {
  const note = signCheckpoint({ origin: signer.verifier.name, size, root }, signer);
  tx.write('insert into checkpoint (size, previous, root, note) values ($1, $2, $3, $4)', [
    size,
    previous,
    root,
    note,
  ]);
}

/** Publishes the checkpoint of the empty log, from which everyone can prove consistency. */
export async function foundLog(tx: Tx, signer: NoteSigner): Promise<PublishedCheckpoint> {
  publishCheckpoint(tx, signer, { previous: null, size: 0, root: emptyRoot() });
  return requireCheckpoint(tx);
}

/**
 * Makes sure that the key is the one this log began with: another would make the log look like two.
 * @throws HubError `LOG_KEY_NOT_OF_LOG`
 */
export async function checkLogKey(tx: Tx, signer: NoteSigner): Promise<void> {
  const latest = await latestCheckpoint(tx);
  if (latest === null) return;
  try {
    verifyCheckpoint(latest.note, signer.verifier);
  } catch (cause) {
    throw new HubError(
      'LOG_KEY_NOT_OF_LOG',
      `${signer.verifier.vkey} has not signed the checkpoint of size ${latest.size} in this database`,
      { cause },
    );
  }
}
