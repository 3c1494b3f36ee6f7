export { bigintArray, boolArray, intArray, textArray, uuidArray } from './binary-array.ts';
export {
  decodeCursor,
  encodeCursor,
  FEED_COLUMNS,
  FEED_START,
  feedIndex,
  readCommitSafe,
  type CommitSafeQuery,
  type FeedPage,
  type FeedPosition,
} from './commit-safe-cursor.ts';
export { CommitBell, type BellListener } from './commit-bell.ts';
export {
  createDataSource,
  DEFAULT_POOL_SIZE,
  DEFAULT_STATEMENT_TIMEOUT_MS,
  type DataSourceSettings,
  type MigrationClass,
} from './data-source.ts';
export { dueAt, queueNow } from './due-times.ts';
export { databaseError, isConflict, isDatabaseAway } from './database-error.ts';
export { inBatches } from './in-batches.ts';
export { Lease, LEASE_TTL_MS, type LeaseSettings } from './lease.ts';
export {
  CreateLease1767225600003,
  CreateOutbox1767225600002,
  CreatePositions1767225603500,
  CreateSeen1767225600001,
  SHARED_MIGRATIONS,
} from './migrations/index.ts';
export { NotificationListener } from './notification-listener.ts';
export {
  appendOutbox,
  markSent,
  markSentFenced,
  MAX_OUTBOX_RECORD_BYTES,
  OUTBOX_CHANNEL,
  OUTBOX_PARTITIONS,
  outboxBacklog,
  pruneOutbox,
  readRecords,
  readUnsent,
  unsentRows,
  type OutboxBatchLimits,
  type UnsentBatch,
} from './outbox.ts';
export { OutboxHandover } from './outbox-handover.ts';
export type {
  NewOutboxRecord,
  OutboxRecord,
  StoredOutboxRecord,
  UnsentRow,
  Urgency,
} from './outbox-record.ts';
export { ensurePartitions, prunePartitions, type PruneOptions } from './partitions/keep-partitions.ts';
export type { PartitionPlan } from './partitions/partition-plan.ts';
export { partitionTable } from './partitions/partition-table.ts';
export { claimSeen, type SeenClaim, type SeenResult } from './seen.ts';
export { sliced, type Sliced } from './sliced.ts';
export { forEach, SomeFailed, Together } from './together.ts';
export {
  backFrom,
  handledBefore,
  positionsOf,
  REWIND_CHANNEL,
  takeBack,
  type TakenBack,
  type WantedPlace,
} from './take-back.ts';
export {
  PositionMap,
  readPublishedMarks,
  savePublishedMarks,
  StreamPositions,
  type TopicPosition,
} from './topic-positions.ts';
export { UnitOfWork, type Tx } from './unit-of-work.ts';
