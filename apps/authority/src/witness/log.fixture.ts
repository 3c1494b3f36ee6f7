/** A log for the specs of its witness, and what it becomes when it is rewritten. */
import {
  consistencyProof,
  cosigner,
  formatAddCheckpoint,
  hashesOf,
  leafHash,
  noteSigner,
  rootAt,
  signCheckpoint,
  type HashAt,
  type KnownLog,
} from '#tlog';

export const ORIGIN = 'log.reset-hub.example/cremona';
const KEY = noteSigner(ORIGIN, Buffer.alloc(32, 1));
export const LOG: KnownLog = { origin: ORIGIN, keys: [KEY.verifier] };
export const WITNESS = cosigner(`${ORIGIN}/witness/c_d150`, Buffer.alloc(32, 2));

const MOST = 600;

/** `<prefix> 0`, `<prefix> 1`, …: up to `until` the same in every log. */
function treeOf(prefix: string, until: number): HashAt {
  const leaf = (i: number): Buffer => leafHash(Buffer.from(i < until ? `entry ${i}` : `${prefix} ${i}`));
  return hashesOf(Array.from({ length: MOST }, (_, i) => leaf(i)));
}

const TRUE_LOG = treeOf('entry', MOST);
/** The same log up to 300 entries, another one after that. */
export const FORKED = treeOf('forged', 300);

export function checkpoint(size: number, hashAt: HashAt = TRUE_LOG): Buffer {
  return signCheckpoint({ origin: ORIGIN, size, root: rootAt(size, hashAt) }, KEY);
}

/** The body of `add-checkpoint`. */
export function submission(oldSize: number, size: number, hashAt: HashAt = TRUE_LOG): Buffer {
  const proof = oldSize <= size ? consistencyProof(oldSize, size, hashAt) : [];
  return formatAddCheckpoint({ oldSize, proof, checkpoint: checkpoint(size, hashAt) });
}

/** The log's honest proof with another checkpoint, or none. */
export function withoutProof(oldSize: number, size: number, hashAt: HashAt = TRUE_LOG): Buffer {
  return formatAddCheckpoint({ oldSize, proof: [], checkpoint: checkpoint(size, hashAt) });
}
