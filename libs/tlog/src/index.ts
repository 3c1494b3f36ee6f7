export { canonicalJson, type JsonValue } from './canonical-json.ts';
export {
  checkpointBody,
  parseCheckpointBody,
  signCheckpoint,
  verifyCheckpoint,
  type Checkpoint,
  type VerifiedCheckpoint,
} from './checkpoint.ts';
export { CompactRange, type StoredNode } from './compact-range.ts';
export { emptyRoot, HASH_BYTES, leafHash, nodeHash } from './hash.ts';
export {
  ENTRY_VERSION,
  logEntry,
  MAX_ENTRY_BYTES,
  type ActionEntry,
  type DecisionEntry,
  type EventEntry,
  type LogEntry,
  type LogLeaf,
  type ReceiptEntry,
} from './log-entry.ts';
export {
  formatSkey,
  noteSigner,
  noteVerifier,
  parseSkey,
  parseVkey,
  type NoteSigner,
  type NoteVerifier,
} from './note-key.ts';
export {
  MAX_NOTE_BYTES,
  parseNote,
  signNote,
  verifyNote,
  type NoteSignature,
  type ParsedNote,
  type VerifiedNote,
} from './note.ts';
export { consistencyAddresses, consistencyProof, inclusionAddresses, inclusionProof } from './proofs.ts';
export { decodeStrictBase64 } from './strict-base64.ts';
export { formatProof, MAX_PROOF_BYTES, parseProof, verifyProof, type TlogProof } from './tlog-proof.ts';
export { hashesOf, merkleRoot, rootAddresses, rootAt, type HashAt, type NodeAddress } from './tree.ts';
export { rootFromInclusion, verifyConsistency, verifyInclusion, type ConsistencyClaim } from './verify.ts';
