/** Evidence as a file: one line of canonical JSON (RFC 8785), with the checkpoints verbatim as text. */
import { HubError } from '#errors';
import { canonicalJson } from './canonical-json.ts';
import type { ForkEvidence } from './fork-evidence.ts';
import { HASH_BYTES } from './hash.ts';
import { MAX_NOTE_BYTES } from './note.ts';
import { decodeStrictBase64 } from './strict-base64.ts';

/** Names the format and its version. */
const FORMAT = 'reset-hub/fork-evidence@v1';
/** Larger evidence is refused. Bytes: two notes, escaped, and a proof. */
const MAX_EVIDENCE_BYTES = 4 * MAX_NOTE_BYTES + 8 * 1024;

/** Writes evidence to be kept. `parseForkEvidence` gives it back. */
export function formatForkEvidence(evidence: ForkEvidence): Buffer {
  switch (evidence.kind) {
    case 'not-empty':
      return write(evidence.kind, [evidence.checkpoint], {});
    case 'two-roots':
      return write(evidence.kind, [evidence.first, evidence.second], {});
    case 'rewritten':
      return write(evidence.kind, [evidence.earlier, evidence.later], {
        root: evidence.root.toString('base64'),
        proof: evidence.proof.map((hash) => hash.toString('base64')),
      });
  }
}

/**
 * Reads evidence; not yet believed: `verifyFork`.
 * @throws HubError `LOG_FORK_NOT_SHOWN` if it is not in this format, `BASE64_NOT_STRICT`
 */
export function parseForkEvidence(bytes: Buffer): ForkEvidence {
  const { format, kind, checkpoints, root, proof } = parseObject(bytes);
  if (format !== FORMAT) throw malformed(`the format is not ${FORMAT}`);
  const [first, second, ...more] = strings(checkpoints, 'checkpoints').map((text) =>
    Buffer.from(text, 'utf8'),
  );
  if (first === undefined || more.length > 0) throw malformed('it has one or two checkpoints');
  if (kind === 'not-empty' && second === undefined) return { kind, checkpoint: first };
  if (second === undefined) throw malformed('it has one checkpoint only');
  if (kind === 'two-roots') return { kind, first, second };
  if (kind === 'rewritten' && typeof root === 'string') {
    const hashes = strings(proof, 'proof').map((hash) => hashOf(hash));
    return { kind, earlier: first, later: second, root: hashOf(root), proof: hashes };
  }
  throw malformed('its kind is not known');
}

function write(
  kind: string,
  checkpoints: readonly Buffer[],
  more: Record<string, string | string[]>,
): Buffer {
  const texts = checkpoints.map((checkpoint) => checkpoint.toString('utf8'));
  return canonicalJson({ format: FORMAT, kind, checkpoints: texts, ...more });
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  if (bytes.length > MAX_EVIDENCE_BYTES) throw malformed(`larger than ${MAX_EVIDENCE_BYTES} bytes`);
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch (cause) {
    throw malformed('it is not JSON', cause);
  }
  throw malformed('it is not an object');
}

function strings(value: unknown, what: string): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw malformed(`${what} is not a list of texts`);
}

function hashOf(text: string): Buffer {
  const hash = decodeStrictBase64(text, 'a hash of the evidence');
  if (hash.length !== HASH_BYTES) throw malformed(`a hash is not ${HASH_BYTES} bytes long`);
  return hash;
}

function malformed(reason: string, cause?: unknown): HubError {
  return new HubError('LOG_FORK_NOT_SHOWN', `not evidence of a fork: ${reason}`, { cause });
}
