import { createHash } from 'node:crypto';
import { HubError } from '#errors';
import { leafHash } from '#tlog';

/** A leaf of the log with what is kept of it. */
export interface ArchivedLeaf {
  readonly index: number;
  /** RFC 6962, 32 bytes, as the tree has it. */
  readonly hash: Buffer;
  /** RFC 8785 canonical JSON. */
  readonly entry: Buffer;
  /** The signed bytes; null if they are not there. */
  readonly bytes: Buffer | null;
}

/**
 * The signed bytes of a leaf, believed because the tree says so: the leaf is the hash of the entry, and the entry has their
 * SHA-256. What is handed out is kept by its readers for ever, and what is packed takes the place of its row.
 * @throws HubError `LOG_STATE_DAMAGED` if they have gone or are not what was logged
 */
export function requireLogged({ index, hash, entry, bytes }: ArchivedLeaf): Buffer {
  if (!leafHash(entry).equals(hash)) throw damaged(`entry ${index} was altered`);
  if (bytes === null) throw damaged(`the signed bytes of entry ${index} have gone`);
  const { sha256 } = JSON.parse(entry.toString('utf8')) as { readonly sha256: unknown };
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
  throw damaged(`the signed bytes of entry ${index} were altered`);
}

export function damaged(what: string): HubError {
  return new HubError('LOG_STATE_DAMAGED', what);
}
