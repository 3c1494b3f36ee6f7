import { Module, type DynamicModule } from '@nestjs/common';
import { CallingMembers } from '../served/calling-members.ts';
import { EVIDENCE_PARTS, EvidenceController } from './evidence.controller.ts';
import type { EvidenceParts } from './evidence-parts.ts';
import { PracticeEvidence } from './practice-evidence.ts';

/** Containers of evidence over REST. */
@Module({})
export class EvidenceModule {
  /** @param beside the rest of the application */
  static beside(beside: DynamicModule | (new () => object), parts: EvidenceParts): DynamicModule {
    return {
      module: EvidenceModule,
      imports: [beside],
      controllers: [EvidenceController],
      providers: [
        { provide: EVIDENCE_PARTS, useValue: parts },
        { provide: PracticeEvidence, useValue: new PracticeEvidence(parts) },
        { provide: CallingMembers, useValue: new CallingMembers(parts.registry, parts.clock) },
      ],
    };
  }
}
