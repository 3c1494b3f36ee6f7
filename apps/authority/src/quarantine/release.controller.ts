import { CallingPrincipal, Requires, type Principal } from '#access';
import { ApiAnswer, ApiProblems, ZodParam } from '#platform';
import { ReleaseQuarantined, type ReleaseResult } from '#quarantine';
import { Controller, Headers, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { answerOnce, contentDigest, IDEMPOTENCY_HEADER, idempotencyKey } from '../idempotency/answer-once.ts';
import { NODE_PARTS, type NodeParts } from '../node-parts.ts';
import { uuidParam } from '../practices/path-params.ts';

/** Release, for a partner who may lose the answer and ask again. */
@ApiTags('quarantine')
@Controller('v1/quarantine')
@Requires('quarantine')
export class ReleaseController {
  constructor(
    @Inject(NODE_PARTS) private readonly parts: NodeParts,
    @Inject(ReleaseQuarantined) private readonly release: ReleaseQuarantined,
  ) {}

  @Post(':id/release')
  @HttpCode(200)
  @ApiHeader(IDEMPOTENCY_HEADER)
  @ApiOperation({ summary: 'Run the same checks again', operationId: 'releaseQuarantined' })
  @ApiAnswer(200, 'Whether it passed this time')
  @ApiProblems('QUARANTINE_NOT_FOUND', 'QUARANTINE_ALREADY_CLOSED', 'IDEMPOTENCY_KEY_REUSED')
  async runAgain(
    @ZodParam('id', uuidParam) id: string,
    @CallingPrincipal() { tokenId }: Principal,
    @Headers('idempotency-key') keyHeader?: string,
  ): Promise<ReleaseResult> {
    const attempt = {
      tokenId,
      key: idempotencyKey(keyHeader),
      contentDigest: contentDigest(`POST /v1/quarantine/${id}/release`, new Map(), []),
    };
    const { work, clock } = this.parts;
    const { answer } = await answerOnce(work, attempt, clock.now(), (tx) => this.release.runIn(tx, id));
    return answer;
  }
}
