import { AnswerOnce, contentDigest, Repeatable, Requires, type RepeatableCaller } from '#access';
import { ApiAnswer, ApiProblems, ZodParam } from '#platform';
import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReleaseQuarantined, type ReleaseResult } from './release-quarantined.ts';

/** Release, for an operator who may lose the answer and ask again. */
@ApiTags('quarantine')
@Controller('v1/quarantine')
@Requires('quarantine')
export class ReleaseController {
  constructor(
    @Inject(ReleaseQuarantined) private readonly release: ReleaseQuarantined,
    @Inject(AnswerOnce) private readonly answers: AnswerOnce,
  ) {}

  @Post(':id/release')
  @HttpCode(200)
  @ApiOperation({ summary: 'Run the same checks again', operationId: 'releaseQuarantined' })
  @ApiAnswer(200, 'Whether it passed this time')
  @ApiProblems('QUARANTINE_NOT_FOUND', 'QUARANTINE_ALREADY_CLOSED')
  async runAgain(
    @ZodParam('id', z.uuid()) id: string,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<ReleaseResult> {
    const attempt = { ...caller, contentDigest: contentDigest(`POST /v1/quarantine/${id}/release`) };
    const { answer } = await this.answers.run(attempt, (tx) => this.release.run(tx, id));
    return answer;
  }
}
