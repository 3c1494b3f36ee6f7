import { AccessLogModule } from '#access-log';
import { ActionLog } from '#actions';
import { attributedTo } from '#evidence';
import { OPEN_NODE } from '#node';
import { CLOCK, HealthRegistry, IDS, type Clock, type IdSource } from '#platform';
import { QuarantineModule } from '#quarantine';
import { REGISTRY_APART, StreamsModule } from '#streams';
import { Module, type DynamicModule } from '@nestjs/common';
import { TakeIn } from './intake/take-in.ts';
import { LogHealth } from './log-health.ts';
import { LogReadsModule } from './log-reads.module.ts';
import type { LogWriter } from './log/log-writer.ts';
import { auditorQuarantine } from './quarantine/auditor-quarantine.ts';
import type { AuditNode } from './streams.ts';
import { StreamsController } from './streams.controller.ts';

/** The auditor's use cases over an open node. */
@Module({})
export class AuditorModule {
  static of(takeIn: TakeIn, writer: LogWriter): DynamicModule {
    return {
      module: AuditorModule,
      imports: [
        LogReadsModule,
        QuarantineModule.of({
          inject: [OPEN_NODE, CLOCK, IDS],
          useFactory: ({ work, signer, registry }: AuditNode, clock: Clock, ids: IdSource) => {
            const actions = new ActionLog({ role: 'auditor', signer, clock, ids });
            const attribute = (bytes: Buffer): string | null => attributedTo(bytes, registry);
            return auditorQuarantine({ work, clock, ids, actions, attributedTo: attribute }, takeIn);
          },
        }),
        StreamsModule.of({
          inject: [OPEN_NODE, CLOCK, IDS],
          useFactory: ({ work, connection, streams, signer }: AuditNode, clock: Clock, ids: IdSource) => ({
            ...{ at: 'auditor', work, connection, streams, clock, ids },
            actions: new ActionLog({ role: 'auditor', signer, clock, ids }),
            apart: [REGISTRY_APART],
          }),
        }),
        AccessLogModule.of({
          inject: [OPEN_NODE, CLOCK, IDS],
          useFactory: ({ work, signer }: AuditNode, clock: Clock, ids: IdSource) => ({
            work,
            actions: new ActionLog({ role: 'auditor', signer, clock, ids }),
          }),
        }),
      ],
      controllers: [StreamsController],
      providers: [
        { provide: TakeIn, useValue: takeIn },
        {
          provide: LogHealth,
          inject: [OPEN_NODE, HealthRegistry],
          useFactory: (node: AuditNode, health: HealthRegistry) => {
            const probes = new LogHealth(node, writer);
            probes.register(health);
            return probes;
          },
        },
      ],
    };
  }
}
