/** The text of a C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint), without its signatures. */
import { HubError } from '#errors';
import { parseCount } from './decimal.ts';
import { HASH_BYTES, requireCount, requireHashes } from './hash.ts';
import { decodeStrictBase64 } from './strict-base64.ts';

export interface Checkpoint {
  /** Names the log. */
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

export interface ParsedCheckpoint extends Checkpoint {
  /** Lines after the root. Opaque: signed by the log, audited by nobody. This log writes none. */
  readonly extensions: readonly string[];
}

/**
 * The note text: origin, size, base64 root, each on its line.
 * @throws HubError `LOG_CHECKPOINT_MALFORMED`, `LOG_PROOF_MALFORMED`
 */
export function checkpointBody({ origin, size, root }: Checkpoint): string {
  requireCount(size, 'tree size');
  requireHashes([root], 'checkpoint root');
  if (origin === '' || origin.includes('\n')) throw malformed('an origin is one line that is not empty');
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/**
 * Reads a note text as a checkpoint.
 * @throws HubError `LOG_CHECKPOINT_MALFORMED`, `BASE64_NOT_STRICT`
 */
export function parseCheckpointBody(text: string): ParsedCheckpoint {
  const lines = text.split('\n');
  const [origin, size, root, ...extensions] = lines.slice(0, -1);
  if (lines.at(-1) !== '' || origin === undefined || size === undefined || root === undefined) {
    throw malformed('it has at least three lines: origin, size, root');
  }
  if (origin === '' || extensions.includes('')) throw malformed('it has an empty line');
  const count = parseCount(size);
  if (count === undefined) throw malformed('the size is not a plain decimal number');
  const hash = decodeStrictBase64(root, 'the root');
  if (hash.length !== HASH_BYTES) throw malformed(`a root has ${HASH_BYTES} bytes`);
  return { origin, size: count, root: hash, extensions };
}

function malformed(reason: string): HubError {
  return new HubError('LOG_CHECKPOINT_MALFORMED', `not a checkpoint: ${reason}`);
}
