import { OPEN_NODE } from '#node';
import { CLOCK, type Clock } from '#platform';
import { Module } from '@nestjs/common';
import { ReadArchive } from './archive/read-archive.ts';
import { ListAuthorEvents } from './proofs/list-author-events.ts';
import { LogController } from './proofs/log.controller.ts';
import { PracticeTrail } from './proofs/practice-trail.ts';
import { ProveConsistency } from './proofs/prove-consistency.ts';
import { ProveLeaf } from './proofs/prove-leaf.ts';
import { ReadLog } from './proofs/read-log.ts';
import { CallingMembers } from './served/calling-members.ts';
import { LogArchiveController } from './served/log-archive.controller.ts';
import { LogFilesController } from './served/log-files.controller.ts';
import { ReadLogFiles } from './served/read-log-files.ts';
import { ReadRegistryEntries } from './served/read-registry-entries.ts';
import type { AuditNode } from './streams.ts';

/** Reads over the log's tables: each needs nothing but the database. */
const READS = [
  ListAuthorEvents,
  ReadLog,
  ReadArchive,
  ReadLogFiles,
  ProveLeaf,
  PracticeTrail,
  ProveConsistency,
] as const;

/** The log as others read it: its files, and proofs made for them. */
@Module({
  controllers: [LogFilesController, LogArchiveController, LogController],
  providers: [
    ...READS.map((Read) => ({
      provide: Read,
      inject: [OPEN_NODE],
      useFactory: ({ work }: AuditNode) => new Read(work),
    })),
    {
      provide: ReadRegistryEntries,
      inject: [OPEN_NODE],
      useFactory: ({ work, registry }: AuditNode) => new ReadRegistryEntries(work, registry),
    },
    {
      provide: CallingMembers,
      inject: [OPEN_NODE, CLOCK],
      useFactory: ({ registry }: AuditNode, clock: Clock) => new CallingMembers(registry, clock),
    },
  ],
})
export class LogReadsModule {}
