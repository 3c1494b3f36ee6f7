export { DEFAULT_BATCH_LIMITS, PATIENT } from './batch-limits.ts';
export { HubTransport, type HubTransportSettings } from './hub-transport.ts';
export { IsolatingHandler, type BatchHandler, type PoisonHandler } from './isolating-handler.ts';
export { kafkaConfig, type KafkaBrokers } from './kafka-config.ts';
export { KafkaConnection, type KafkaSettings, type PartitionRange } from './kafka-connection.ts';
export { MAX_PARTITION_BATCH_BYTES, MessageProducer } from './message-producer.ts';
export { done, hold, park, retry, type Outcome } from './outcome.ts';
export { OutboxRelay, RELAY_LEASE, type RelaySettings } from './outbox-relay.ts';
export { headerText, recordBytes, type IncomingRecord, type OutgoingRecord } from './record.ts';
export {
  StreamConsumer,
  type PartitionLag,
  type StreamParts,
  type StreamSettings,
  type StreamState,
  type StreamStatus,
} from './stream-consumer.ts';
export { HUB_TRANSPORT, StreamHandler } from './stream-handler.ts';
export { TopicReader, type ReadOptions, type TopicReading } from './topic-reader.ts';
