import { AnswerOnce, contentDigest, Repeatable, Requires, type RepeatableCaller } from '#access';
import { parseEventId } from '#contracts';
import { ApiAnswer, ApiProblems, HealthRegistry, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { NODE_PARTS, type NodeParts } from '../node-parts.ts';
import { ListParked, parkedPage, parkedQuery, type ParkedPage } from './list-parked.ts';
import { ownerQuery, uuidParam, type OwnerQuery } from './path-params.ts';
import { findPractice } from './practice-rows.ts';
import { SendAgain, type SentAgain } from './send-again.ts';

const sentAgain = z.object({
  eventId: z.uuid(),
  type: z.string(),
  status: z.literal('provisional'),
  action: z.uuid().describe('The action that it is recorded as: its name in the log'),
});

/** What the router parked of this node's own, and sending it again. */
@ApiTags('practices')
@Controller('v1')
export class ParkedController {
  constructor(
    @Inject(NODE_PARTS) private readonly parts: NodeParts,
    @Inject(ListParked) private readonly parked: ListParked,
    @Inject(SendAgain) private readonly sendAgain: SendAgain,
    @Inject(AnswerOnce) private readonly answers: AnswerOnce,
    @Inject(HealthRegistry) health: HealthRegistry,
  ) {
    health.register('parked-events', () => this.parked.probe(), { required: false });
  }

  @Get('events/parked')
  @Requires('read', 'quarantine')
  @ApiOperation({
    summary: 'This node’s own events that the router has parked',
    operationId: 'listParkedEvents',
  })
  @ApiAnswer(200, 'Oldest first, with code, sentence and remedy', parkedPage)
  @ApiProblems('CURSOR_INVALID')
  list(@ZodQuery(parkedQuery) query: z.output<typeof parkedQuery>): Promise<ParkedPage> {
    return this.parked.run(query);
  }

  @Post('practices/:id/events/:eventId/rerun')
  @HttpCode(202)
  @Requires('act')
  @ApiOperation({
    summary: 'Send a parked event of this node’s once more: the router runs the same checks',
    operationId: 'rerunEvent',
  })
  @ApiAnswer(202, 'The same bytes are on their way; provisional until position or notice is back', sentAgain)
  @ApiProblems('PRACTICE_NOT_FOUND', 'EVENT_NOT_FOUND', 'EVENT_NOT_PARKED', 'EVENT_VOIDED')
  async rerun(
    @ZodParam('id', uuidParam) id: string,
    @ZodParam('eventId', uuidParam) eventId: string,
    @ZodQuery(ownerQuery) { owner }: OwnerQuery,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<SentAgain> {
    const practice = await this.parts.work.run((tx) => findPractice(tx, id, owner));
    const route = `POST /v1/practices/${practice.owner}/${practice.uuid}/events/${eventId}/rerun`;
    const attempt = { ...caller, contentDigest: contentDigest(route) };
    const { tokenId } = caller;
    const request = { owner: practice.owner, practice: practice.uuid, event: parseEventId(eventId), tokenId };
    const { answer } = await this.answers.run(attempt, (tx) => this.sendAgain.run(tx, request));
    return answer;
  }
}
