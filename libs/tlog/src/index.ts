export {
  addCosignatures,
  formatAddCheckpoint,
  MAX_ADD_CHECKPOINT_BYTES,
  parseAddCheckpoint,
  parseSize,
  SIZE_CONTENT_TYPE,
  type AddCheckpointRequest,
} from './add-checkpoint.ts';
export { ACCESS_VERSION, canonicalAccess, type CanonicalAccess } from './canonical-access.ts';
export { canonicalJson, type JsonValue } from './canonical-json.ts';
export {
  checkpointBody,
  parseCheckpointBody,
  type Checkpoint,
  type ParsedCheckpoint,
} from './checkpoint-body.ts';
export {
  openCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
  type KnownLog,
  type VerifiedCheckpoint,
} from './checkpoint.ts';
export { CompactRange, type StoredNode } from './compact-range.ts';
export {
  cosignatureVerifier,
  cosigner,
  formatWitnessSkey,
  parseWitnessSkey,
  parseWitnessVkey,
  type Cosignature,
  type Cosigner,
} from './cosignature.ts';
export { formatBundle, MAX_BUNDLE_BYTES, parseBundle } from './entry-bundle.ts';
export { formatForkEvidence, parseForkEvidence } from './fork-evidence-text.ts';
export {
  forkInTiles,
  verifyFork,
  type ForkEvidence,
  type ProvenFork,
  type UnexplainedGrowth,
} from './fork-evidence.ts';
export { formatHashTile, nodesOfTile, parseHashTile, TILE_BYTES } from './hash-tile.ts';
export { emptyRoot, HASH_BYTES, hashesIn, leafHash, nodeHash } from './hash.ts';
export {
  ENTRY_VERSION,
  logEntry,
  MAX_ENTRY_BYTES,
  type AccessEntry,
  type ActionEntry,
  type DecisionEntry,
  type EventEntry,
  type LogEntry,
  type LogLeaf,
  type ReceiptEntry,
  type RegistryChangeEntry,
} from './log-entry.ts';
export { registryEntryId } from './registry-entry-id.ts';
export { readBundle, readHashTile, type ReadLogFile } from './log-files.ts';
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
  type VerifiedSignature,
} from './note.ts';
export { formatPolicy, MAX_POLICY_BYTES, parsePolicy } from './policy-text.ts';
export { consistencyAddresses, consistencyProof, inclusionAddresses, inclusionProof } from './proofs.ts';
export { decodeStrictBase64 } from './strict-base64.ts';
export { readLogEntry } from './read-log-entry.ts';
export { recomputeLog, type RecomputedEntries } from './recompute-log.ts';
export { TileEdge, type WrittenTile } from './tile-edge.ts';
export {
  bundlesOfGrowth,
  consistencyTiles,
  inclusionTiles,
  rootTiles,
  tilesOfGrowth,
  tilesOfTree,
} from './tile-geometry.ts';
export {
  entriesPath,
  parseTilePath,
  resourcePath,
  TILE_WIDTH,
  tilePath,
  type BundleAddress,
  type TileAddress,
  type TileResource,
} from './tile-path.ts';
export {
  formatProof,
  MAX_PROOF_BYTES,
  parseProof,
  verifyProof,
  verifyReceipt,
  type TlogProof,
} from './tlog-proof.ts';
export { hashesOf, merkleRoot, rootAddresses, rootAt, type HashAt, type NodeAddress } from './tree.ts';
export { rootFromInclusion, verifyConsistency, verifyInclusion, type ConsistencyClaim } from './verify.ts';
export { VerifiedTiles, type TreeHead } from './verified-tiles.ts';
export {
  judgeCheckpoint,
  meetsQuorum,
  quorumPolicy,
  requireWitnessed,
  type JudgedCheckpoint,
  type PolicyGroup,
  type PolicyWitness,
  type TrustPolicy,
} from './witness-policy.ts';
export {
  decideSubmission,
  originHash,
  readSubmission,
  type Submission,
  type WitnessAnswer,
  type WitnessDecision,
  type WitnessState,
} from './witness.ts';
