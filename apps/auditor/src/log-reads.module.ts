import { AccessLog } from '#access-log';
import { OPEN_NODE } from '#node';
import { CLOCK, IDS, type Clock, type IdSource } from '#platform';
import { Module } from '@nestjs/common';
import { ReadArchive } from './archive/read-archive.ts';
import { ReadPacks } from './archive/read-packs.ts';
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
const READS = [ListAuthorEvents, ReadLog, ReadLogFiles, ReadPacks, ProveConsistency] as const;
/** Those of what operators are noted to have read. */
const NOTED_READS = [ReadArchive, ProveLeaf, PracticeTrail] as const;

/** The log as others read it: its files, and proofs made for them. */
@Module({
  controllers: [LogFilesController, LogArchiveController, LogController],
  providers: [
    ...READS.map((Read) => ({
      provide: Read,
      inject: [OPEN_NODE],
      useFactory: ({ work }: AuditNode) => new Read(work),
    })),
    ...NOTED_READS.map((Read) => ({
      provide: Read,
      inject: [OPEN_NODE, AccessLog],
      useFactory: ({ work }: AuditNode, accesses: AccessLog) => new Read(work, accesses),
    })),
    {
      provide: AccessLog,
      inject: [OPEN_NODE, CLOCK, IDS],
      useFactory: ({ name }: AuditNode, clock: Clock, ids: IdSource) =>
        new AccessLog({ node: name, clock, ids }),
    },
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
