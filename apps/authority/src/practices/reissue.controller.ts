import { AnswerOnce, contentDigest, Repeatable, Requires, type RepeatableCaller } from '#access';
import { parseEventId } from '#contracts';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { Controller, Headers, Inject, Post, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { NODE_PARTS, type NodeParts } from '../node-parts.ts';
import { actAnswer, ApiPrefersWait } from './api-shapes.ts';
import { AwaitDecision, type Routing } from './await-decision.ts';
import { BackpressureGuard } from './backpressure.guard.ts';
import { ownerQuery, uuidParam, type OwnerQuery } from './path-params.ts';
import { findPractice } from './practice-rows.ts';
import { ReissueEvent, type ReissueResult } from './reissue-event.ts';

const reissued = actAnswer.pick({ eventId: true, type: true, protocol: true }).extend({ replaces: z.uuid() });
const reissueAnswer = actAnswer.extend({
  replaces: z.uuid(),
  followers: z.array(reissued).describe('Later events of this node’s, issued again behind it, in order'),
});

/** Issuing again what the router parked, for the partner's own system. */
@ApiTags('practices')
@Controller('v1/practices')
export class ReissueController {
  constructor(
    @Inject(NODE_PARTS) private readonly parts: NodeParts,
    @Inject(ReissueEvent) private readonly reissue: ReissueEvent,
    @Inject(AnswerOnce) private readonly answers: AnswerOnce,
    @Inject(AwaitDecision) private readonly awaiting: AwaitDecision,
  ) {}

  @Post(':id/events/:eventId/reissue')
  @UseGuards(BackpressureGuard)
  @Requires('act')
  @ApiOperation({
    summary: 'Issue a parked event of this node’s again, under the key it has now',
    operationId: 'reissueEvent',
  })
  @ApiPrefersWait()
  @ApiAnswer(201, 'Signed and stored with `replaces`; provisional until its position is back', reissueAnswer)
  @ApiAnswer(202, 'Signed and stored, and no decision within the seconds of `Prefer: wait`', reissueAnswer)
  @ApiProblems(
    'PRACTICE_NOT_FOUND',
    'EVENT_NOT_FOUND',
    'EVENT_NOT_PARKED',
    'EVENT_REPLACED',
    'EVENT_VOIDED',
    'REPLACED_EVENT_PLACED',
  )
  @ApiProblems('KEY_REVOKED_BEFORE_ARRIVAL', 'TYPE_NOT_GRANTED', 'OUTBOX_FULL')
  async again(
    @ZodParam('id', uuidParam) id: string,
    @ZodParam('eventId', uuidParam) eventId: string,
    @ZodQuery(ownerQuery) { owner }: OwnerQuery,
    @Repeatable() caller: RepeatableCaller,
    @Res({ passthrough: true }) response: Response,
    @Headers('prefer') prefer?: string,
  ): Promise<ReissueResult & { readonly routing?: Routing }> {
    const practice = await this.parts.work.run((tx) => findPractice(tx, id, owner));
    const route = `POST /v1/practices/${practice.owner}/${practice.uuid}/events/${eventId}/reissue`;
    const attempt = { ...caller, contentDigest: contentDigest(route) };
    const request = { owner: practice.owner, practice: practice.uuid, event: parseEventId(eventId) };
    const { answer } = await this.answers.run(attempt, (tx) => this.reissue.run(tx, request));
    return this.awaiting.answer(prefer, response, answer);
  }
}
