import { Repeatable, Requires, type RepeatableCaller } from '#access';
import { ApiAnswer, ApiProblems, CLOCK, ZodBody, ZodParam, ZodQuery, type Clock } from '#platform';
import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { DecideRequest } from './decide-request.ts';
import { FindRequests, type RequestPage } from './find-requests.ts';
import { RequestDestruction } from './request-destruction.ts';
import {
  decisionNote,
  newRequest,
  planView,
  requestDetail,
  requestPage,
  requestView,
  type NewRequest,
  type PlanView,
  type RequestDetail,
  type RequestView,
} from './retention-shapes.ts';

const idParam = z.uuid();
const planQuery = z.object({
  except: z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat())
    .default([])
    .describe('CUIs of practices that are kept all the same'),
});
const listQuery = z.object({
  after: z.string().max(200).optional().describe('The `next` of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
type Note = z.output<typeof decisionNote>;

/** The end of retention periods: what is due, who asks that it be destroyed, who approves. */
@ApiTags('retention')
@Controller('v1/retention')
@Requires('retention')
export class RetentionController {
  constructor(
    @Inject(RequestDestruction) private readonly request: RequestDestruction,
    @Inject(DecideRequest) private readonly decide: DecideRequest,
    @Inject(FindRequests) private readonly find: FindRequests,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('plan')
  @ApiOperation({ summary: 'What would be destroyed: a dry run', operationId: 'planRetention' })
  @ApiAnswer(200, 'Nothing is changed', planView)
  @ApiProblems('REQUEST_INVALID')
  plan(@ZodQuery(planQuery) { except }: z.output<typeof planQuery>): Promise<PlanView> {
    return this.request.plan(except);
  }

  @Post('requests')
  @ApiOperation({
    summary: 'Ask that what is due be destroyed; another person has to approve it',
    operationId: 'requestDestruction',
  })
  @ApiAnswer(201, 'It waits for the second person', requestView)
  @ApiProblems('REQUEST_INVALID', 'RETENTION_NOTHING_DUE', 'RETENTION_STORE_UNSEALED')
  create(
    @ZodBody(newRequest) body: NewRequest,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<RequestView> {
    return this.request.run(body, caller);
  }

  @Get('requests')
  @ApiOperation({ summary: 'Requests and what became of them', operationId: 'listRetentionRequests' })
  @ApiAnswer(200, 'Newest first', requestPage)
  @ApiProblems('CURSOR_INVALID', 'REQUEST_INVALID')
  list(@ZodQuery(listQuery) { after, limit }: z.output<typeof listQuery>): Promise<RequestPage> {
    return this.find.list(after, limit, this.clock.now());
  }

  @Get('requests/:id')
  @ApiOperation({ summary: 'One request, with its practices', operationId: 'getRetentionRequest' })
  @ApiAnswer(200, 'Each practice with its signed action, once its documents are destroyed', requestDetail)
  @ApiProblems('RETENTION_REQUEST_NOT_FOUND', 'REQUEST_INVALID')
  show(@ZodParam('id', idParam) id: string): Promise<RequestDetail> {
    return this.find.show(id, this.clock.now());
  }

  @Post('requests/:id/approve')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Approve as the second person: the keys are destroyed, and nothing takes that back',
    operationId: 'approveDestruction',
  })
  @ApiAnswer(200, 'It goes on in the background', requestView)
  @ApiProblems('REQUEST_INVALID', 'RETENTION_REQUEST_NOT_FOUND', 'RETENTION_REQUEST_CLOSED')
  @ApiProblems('RETENTION_REQUEST_EXPIRED', 'RETENTION_SAME_PERSON')
  approve(
    @ZodParam('id', idParam) id: string,
    @ZodBody(decisionNote) { note }: Note,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<RequestView> {
    return this.decide.run(id, 'approve', note, caller);
  }

  @Post('requests/:id/refuse')
  @HttpCode(200)
  @ApiOperation({ summary: 'Refuse as the second person', operationId: 'refuseDestruction' })
  @ApiAnswer(200, 'Nothing is destroyed', requestView)
  @ApiProblems('REQUEST_INVALID', 'RETENTION_REQUEST_NOT_FOUND', 'RETENTION_REQUEST_CLOSED')
  @ApiProblems('RETENTION_REQUEST_EXPIRED', 'RETENTION_SAME_PERSON')
  refuse(
    @ZodParam('id', idParam) id: string,
    @ZodBody(decisionNote) { note }: Note,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<RequestView> {
    return this.decide.run(id, 'refuse', note, caller);
  }

  @Post('requests/:id/withdraw')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take one’s own request back', operationId: 'withdrawDestruction' })
  @ApiAnswer(200, 'Nothing is destroyed', requestView)
  @ApiProblems('REQUEST_INVALID', 'RETENTION_REQUEST_NOT_FOUND', 'RETENTION_REQUEST_CLOSED')
  @ApiProblems('RETENTION_REQUEST_EXPIRED', 'RETENTION_OTHER_PERSON')
  withdraw(
    @ZodParam('id', idParam) id: string,
    @ZodBody(decisionNote) { note }: Note,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<RequestView> {
    return this.decide.run(id, 'withdraw', note, caller);
  }
}
