import { AnswerOnce, contentDigest, Repeatable, Requires, type RepeatableCaller } from '#access';
import { ApiAnswer, ApiProblems, ZodBody, ZodParam } from '#platform';
import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { DiscardQuarantined, type Discard } from './discard-quarantined.ts';
import { ReleaseQuarantined, type Release } from './release-quarantined.ts';

const released = z.object({
  id: z.uuid(),
  status: z.enum(['released', 'held', 'parked', 'later']),
  code: z.string().nullable(),
  action: z.uuid().describe('The action that it is recorded as: its name in the log'),
});
const discarded = z.object({ id: z.uuid(), status: z.enum(['discarded', 'parked']), action: z.uuid() });
const discardBody = z.strictObject({
  reason: z.string().trim().min(3).max(500).describe('Why; it stays at this node, the log has its digest'),
});

/** What an operator does to an entry; who loses the answer asks again under the same key. */
@ApiTags('quarantine')
@Controller('v1/quarantine')
@Requires('quarantine')
export class DeskController {
  constructor(
    @Inject(ReleaseQuarantined) private readonly release: ReleaseQuarantined,
    @Inject(DiscardQuarantined) private readonly discard: DiscardQuarantined,
    @Inject(AnswerOnce) private readonly answers: AnswerOnce,
  ) {}

  @Post(':id/release')
  @HttpCode(200)
  @ApiOperation({ summary: 'Run the same checks again', operationId: 'releaseQuarantined' })
  @ApiAnswer(200, 'Whether it passed this time', released)
  @ApiProblems('QUARANTINE_NOT_FOUND', 'QUARANTINE_ALREADY_CLOSED')
  async runAgain(
    @ZodParam('id', z.uuid()) id: string,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<Release> {
    const attempt = { ...caller, contentDigest: contentDigest(`POST /v1/quarantine/${id}/release`) };
    const { answer } = await this.answers.run(attempt, (tx) => this.release.run(tx, id, caller.tokenId));
    return answer;
  }

  @Post(':id/discard')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Put aside bytes that no key of the network has signed, with a reason',
    operationId: 'discardQuarantined',
  })
  @ApiAnswer(200, 'Discarded; its bytes stay, and it can be restored', discarded)
  @ApiProblems('QUARANTINE_NOT_FOUND', 'QUARANTINE_ALREADY_CLOSED', 'QUARANTINE_NOT_DISCARDABLE')
  async putAside(
    @ZodParam('id', z.uuid()) id: string,
    @ZodBody(discardBody) { reason }: z.output<typeof discardBody>,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<Discard> {
    const content = contentDigest(`POST /v1/quarantine/${id}/discard`, new Map([['reason', [reason]]]));
    const { answer } = await this.answers.run({ ...caller, contentDigest: content }, (tx) =>
      this.discard.run(tx, id, reason, caller.tokenId),
    );
    return answer;
  }

  @Post(':id/restore')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take a discarded entry back', operationId: 'restoreQuarantined' })
  @ApiAnswer(200, 'Parked as before', discarded)
  @ApiProblems('QUARANTINE_NOT_FOUND', 'QUARANTINE_NOT_DISCARDED')
  async takeBack(
    @ZodParam('id', z.uuid()) id: string,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<Discard> {
    const attempt = { ...caller, contentDigest: contentDigest(`POST /v1/quarantine/${id}/restore`) };
    const { answer } = await this.answers.run(attempt, (tx) => this.discard.restore(tx, id, caller.tokenId));
    return answer;
  }
}
