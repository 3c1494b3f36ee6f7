export type { CheckedKind, VerifiedOf } from './answer.ts';
export { attributedTo } from './attribution.ts';
export {
  itemsOfBatch,
  signBatch,
  verifySignedItem,
  type ExpectedItem,
  type SignedBatch,
  type VerifiedItem,
} from './batch.ts';
export {
  readCertificate,
  readCertificatePem,
  type CertificateSubject,
  type SigningCertificate,
} from './certificate.ts';
export {
  isUnder,
  MAX_CRL_BYTES,
  readCrl,
  readCrlOf,
  toDer,
  type CrlRevocation,
  type RevocationList,
} from './crl.ts';
export { sha256Hex } from './digest.ts';
export { generalEngine, strictEngine, type CheckedSignature, type SignatureEngine } from './engine.ts';
export {
  EXAMINATION_STEPS,
  examineEvent,
  type Examination,
  type ExaminationStep,
  type StepResult,
} from './examine.ts';
export { verifyGeneral, type GeneralDocument } from './general.ts';
export {
  defaultThreads,
  VerifierPool,
  type BatchChecks,
  type Checked,
  type PoolObserver,
  type PoolOptions,
} from './pool.ts';
export { default as answerTask, type PoolTask } from './pool-worker.ts';
export {
  readIntactDecision,
  readIntactEvent,
  readIntactReceipt,
  type IntactDecision,
  type IntactEvent,
} from './intact-records.ts';
export {
  isSealableName,
  MAX_SEAL_BYTES,
  MAX_SEALED_FILES,
  readSeal,
  sealFiles,
  verifySeal,
  type IntactSeal,
  type SealedFile,
  type VerifiedSeal,
} from './seal.ts';
export { signXml, type SignOptions } from './sign.ts';
export { pemSigner, readSignerCertificate, type Signer } from './signer.ts';
export { PROGRAM_ARGUMENTS, programBeside, Threads, type ThreadsOptions } from './threads.ts';
export {
  judgeSigner,
  REFUSED_BY_TIME,
  requireHolder,
  requireRole,
  rootTrust,
  SIGNING_TIME_TOLERANCE_MS,
  type CertificateListing,
  type ExternalAnchor,
  type SignerIdentity,
  type TrustView,
} from './trust.ts';
export {
  signFilingReceipt,
  signHeartbeat,
  signManifest,
  signRegistryEntry,
  signRootAcceptance,
  signSnapshot,
  verifyFilingReceipt,
  verifyHeartbeat,
  verifyManifest,
  verifyRegistryEntry,
  verifyRootAcceptance,
  verifySnapshot,
  type VerifiedFilingReceipt,
  type VerifiedHeartbeat,
  type VerifiedManifest,
  type VerifiedRegistryEntry,
  type VerifiedRootAcceptance,
  type VerifiedSnapshot,
} from './verified-documents.ts';
export { signEvent, VerifiedEvent, verifyEvent } from './verified-event.ts';
export {
  signActions,
  signDecisions,
  signReceipts,
  signStateDigests,
  verifyAction,
  verifyDecision,
  verifyReceipt,
  verifyStateDigest,
  type VerifiedAction,
  type VerifiedDecision,
  type VerifiedReceipt,
  type VerifiedStateDigest,
} from './verified-items.ts';
export {
  disagreement,
  signReconciliation,
  verifyReconciliation,
  verifyReconciliationCertificate,
  type VerifiedReconciliation,
  type VerifiedReconciliationCertificate,
} from './verified-reconciliation.ts';
export { verifySigned, type SignedDocument, type VerifyOptions } from './verify.ts';
