export { bundled } from './bundled.ts';
export { copyDatabase, freshDatabase, kafkaFor, migratedDatabase } from './broker.ts';
export { connectAs, networkOnBroker, recordsOf } from './builders/broker-network.ts';
export { ChainRegistry, type RegistryReading } from './builders/chain-registry.ts';
export { aDecision, inboxRecord, type DecidedEvent } from './builders/decisions.ts';
export { countedIds, TestClock } from './builders/determined.ts';
export type { TestDocument } from './builders/documents.ts';
export {
  aLoggedPractice,
  aWitnessStatement,
  EvidenceLog,
  signatureLine,
  signPractice,
  type DocumentSink,
} from './builders/evidence.ts';
export { repack, type Tampering } from './builders/repack.ts';
export { EventBuilder, type SignedEvent } from './builders/event.ts';
export { aNetwork, TEST_NOW, type NetworkBuilder, type TestNetwork } from './builders/network.ts';
export { anEvent, aPractice, type TestPractice } from './builders/practice.ts';
export {
  aBody,
  listingOf,
  secondsAfterStart,
  SigningRegistry,
  TestAuthority,
} from './builders/signing-registry.ts';
export { bufferHeaders, outboxRecord } from './builders/records.ts';
export { makeToken } from './make-token.ts';
export { TestLog } from './builders/test-log.ts';
export { OwnTopic } from './own-topic.ts';
export { TopicSandbox } from './topic-sandbox.ts';
export { NO_SOFT_HSM, SoftHsm } from './soft-hsm.ts';
export { dieOf, DYING_VERIFIER, type Deaths } from './dying-verifier.ts';
export { agidPresent, agidSchema } from './agid-schemas.ts';
export * from './builders/signed-uploads.ts';
export { over } from './over.ts';
export { countedWork } from './counted-work.ts';
