import { AnswerOnce, contentDigest, Repeatable, Requires, type RepeatableCaller } from '#access';
import { ReadBy, type AccessLog, type Reader } from '#access-log';
import type { UnitOfWork } from '#persistence';
import { ApiAnswer, ApiProblems, CLOCK, ZodParam, ZodQuery, type Clock } from '#platform';
import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import {
  acknowledgeEquivocation,
  equivocationEvidence,
  equivocationShape,
  listEquivocations,
  readEquivocation,
  type EquivocationEvidence,
  type EquivocationView,
} from './equivocation-store.ts';

/** What a node brings to its findings. */
export interface EquivocationParts {
  readonly work: UnitOfWork;
  /** Where it is noted who has read them. */
  readonly accesses: AccessLog;
}

/** Nest token of {@link EquivocationParts}. */
export const EQUIVOCATION_PARTS = Symbol('EquivocationParts');

const query = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) });

/** What authors have signed twice, for the node's operator. */
@ApiTags('equivocations')
@Controller('v1/equivocations')
@Requires('quarantine')
export class EquivocationsController {
  constructor(
    @Inject(EQUIVOCATION_PARTS) private readonly parts: EquivocationParts,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AnswerOnce) private readonly answers: AnswerOnce,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Events that contradict each other, the newest first',
    operationId: 'listEquivocations',
  })
  @ApiAnswer(200, 'Both events of each are kept', z.object({ equivocations: z.array(equivocationShape) }))
  @ApiProblems('REQUEST_INVALID')
  async list(
    @ZodQuery(query) { limit }: z.output<typeof query>,
  ): Promise<{ readonly equivocations: readonly EquivocationView[] }> {
    return { equivocations: await this.parts.work.run((tx) => listEquivocations(tx, { limit })) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'The evidence: both signed events', operationId: 'getEquivocation' })
  @ApiAnswer(200, 'Whoever has the registry can verify both', equivocationEvidence)
  @ApiProblems('EQUIVOCATION_NOT_FOUND')
  show(@ZodParam('id', z.uuid()) id: string, @ReadBy() reader: Reader | null): Promise<EquivocationEvidence> {
    return this.parts.work.answer(async (tx) => {
      const evidence = await readEquivocation(tx, id);
      const { owner, practiceId: uuid } = evidence.first;
      await this.parts.accesses.note(tx, reader, { kind: 'equivocation', practice: { owner, uuid }, id });
      return evidence;
    });
  }

  @Post(':id/acknowledge')
  @HttpCode(200)
  @ApiOperation({ summary: 'Say that it was seen: ends the alarm', operationId: 'acknowledgeEquivocation' })
  @ApiAnswer(200, 'The evidence stays', equivocationShape)
  @ApiProblems('EQUIVOCATION_NOT_FOUND')
  async acknowledge(
    @ZodParam('id', z.uuid()) id: string,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<EquivocationView> {
    const attempt = { ...caller, contentDigest: contentDigest(`POST /v1/equivocations/${id}/acknowledge`) };
    const { answer } = await this.answers.run(attempt, (tx) =>
      acknowledgeEquivocation(tx, id, this.clock.now()),
    );
    return answer;
  }
}
