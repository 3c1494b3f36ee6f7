import { CreateLease1767225600003 } from './create-lease.ts';
import { CreateOutbox1767225600002 } from './create-outbox.ts';
import { CreatePositions1767225603500 } from './create-positions.ts';
import { CreateSeen1767225600001 } from './create-seen.ts';
import { CreateStreamRewinds1767225604000 } from './create-stream-rewinds.ts';
import { KnowOutboxRows1767225604602 } from './know-outbox-rows.ts';
import { NameKeptBytes1767225604600 } from './name-kept-bytes.ts';
import { PartitionOutbox1767225603601 } from './partition-outbox.ts';
import { StoreHeadersPlain1767225603701 } from './store-headers-plain.ts';

/** The tables every node with an inbox and an outbox has; a node lists them before its own migrations. */
export const SHARED_MIGRATIONS = [
  CreateSeen1767225600001,
  CreateOutbox1767225600002,
  CreateLease1767225600003,
  CreatePositions1767225603500,
  PartitionOutbox1767225603601,
  StoreHeadersPlain1767225603701,
  CreateStreamRewinds1767225604000,
  NameKeptBytes1767225604600,
  KnowOutboxRows1767225604602,
] as const;

export {
  CreateLease1767225600003,
  CreateOutbox1767225600002,
  CreatePositions1767225603500,
  CreateSeen1767225600001,
};
