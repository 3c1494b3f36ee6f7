export { freshDatabase, kafkaFor } from './broker.ts';
export { ChainRegistry, type RegistryReading } from './builders/chain-registry.ts';
export { aDecision, inboxRecord, type DecidedEvent } from './builders/decisions.ts';
export { countedIds, TestClock } from './builders/determined.ts';
export type { TestDocument } from './builders/documents.ts';
export { EventBuilder, type SignedEvent } from './builders/event.ts';
export { aNetwork, TEST_NOW, type NetworkBuilder, type TestNetwork } from './builders/network.ts';
export { anEvent, aPractice, type TestPractice } from './builders/practice.ts';
export { bufferHeaders, outboxRecord } from './builders/records.ts';
