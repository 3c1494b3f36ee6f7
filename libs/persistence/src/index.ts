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
export {
  createDataSource,
  DEFAULT_POOL_SIZE,
  DEFAULT_STATEMENT_TIMEOUT_MS,
  type DataSourceSettings,
  type MigrationClass,
} from './data-source.ts';
export { databaseError, isConflict, isDatabaseAway } from './database-error.ts';
export { Lease, LEASE_TTL_MS, type LeaseSettings } from './lease.ts';
export {
  CreateLease1767225600003,
  CreateOutbox1767225600002,
  CreateSeen1767225600001,
  SHARED_MIGRATIONS,
} from './migrations/index.ts';
export { NotificationListener } from './notification-listener.ts';
export {
  appendOutbox,
  markSent,
  MAX_OUTBOX_RECORD_BYTES,
  OUTBOX_CHANNEL,
  outboxBacklog,
  pruneOutbox,
  readUnsent,
  type Urgency,
  type OutboxBatchLimits,
  type OutboxRecord,
  type StoredOutboxRecord,
} from './outbox.ts';
export { claimSeen, type SeenClaim, type SeenResult } from './seen.ts';
export { UnitOfWork, type Tx } from './unit-of-work.ts';
