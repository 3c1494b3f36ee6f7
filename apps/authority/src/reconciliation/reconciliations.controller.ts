import { AnswerOnce, contentDigest, Repeatable, Requires, type RepeatableCaller } from '#access';
import { ApiAnswer, ApiProblems, ZodBody, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { sendXml } from '../send-xml.ts';
import { FindReconciliations, type ReconciliationDetail } from './find-reconciliations.ts';
import { OrderReconciliation } from './order-reconciliation.ts';
import { Reconciling } from './reconciling.ts';

const STATUSES = ['ordered', 'running', 'agreed', 'differs', 'failed'] as const;
const partner = z.string().regex(/^[A-Za-z0-9_.-]{1,16}$/);
const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

const listQuery = z.object({
  partner: partner.optional().describe('IPA code of the other body'),
  status: z.enum(STATUSES).optional(),
  after: z.string().max(256).optional().describe('The `next` of the answer before'),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

const view = z.object({
  id: z.uuid(),
  partner: z.string(),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  origin: z.enum(['order', 'interval', 'partner']).describe('Who wanted it'),
  status: z.enum(STATUSES),
  code: z.string().nullable().describe('Why it differs or failed'),
  reason: z.string().nullable(),
  orderedAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  events: z
    .array(z.object({ author: z.string(), here: z.number().int(), there: z.number().int().nullable() }))
    .describe('How many events of either body are held on either side'),
  found: z.number().int().describe('Differences found'),
  healed: z.number().int().describe('… and healed by replay'),
  certificate: z.string().nullable().describe('Where both signed statements are, if they agree'),
});

const detail = view.extend({
  differences: z
    .array(
      z.object({
        kind: z.enum(['missing-here', 'missing-there', 'different']),
        author: z.string(),
        eventId: z.uuid(),
        owner: z.string(),
        practiceId: z.uuid(),
        position: z.number().int(),
        code: z.string().nullable().describe('What is in the way; null: healed'),
      }),
    )
    .describe('The first 500'),
});

const order = z.object({
  partner: partner.describe('IPA code of the body to compare with'),
  from: moment.optional().describe('Events placed from then on; from the beginning when absent'),
  to: moment.optional().describe('… and before then; up to what is settled when absent'),
});

/** Comparing what this node holds of its exchange with what a neighbour holds. */
@ApiTags('reconciliation')
@Controller('v1/reconciliations')
export class ReconciliationsController {
  constructor(
    @Inject(FindReconciliations) private readonly find: FindReconciliations,
    @Inject(OrderReconciliation) private readonly orders: OrderReconciliation,
    @Inject(Reconciling) private readonly reconciling: Reconciling,
    @Inject(AnswerOnce) private readonly answers: AnswerOnce,
  ) {}

  @Get()
  @Requires('read')
  @ApiOperation({
    summary: 'Comparisons with other bodies, newest first',
    operationId: 'listReconciliations',
  })
  @ApiAnswer(200, 'A page', z.object({ reconciliations: z.array(view), next: z.string().nullable() }))
  @ApiProblems('CURSOR_INVALID', 'REQUEST_INVALID')
  async list(@ZodQuery(listQuery) query: z.output<typeof listQuery>): Promise<object> {
    return this.find.page(query);
  }

  @Get(':id')
  @Requires('read')
  @ApiOperation({ summary: 'One comparison with its differences', operationId: 'getReconciliation' })
  @ApiAnswer(200, 'What was found and what became of it', detail)
  @ApiProblems('RECONCILIATION_NOT_FOUND')
  async one(@ZodParam('id', z.uuid()) id: string): Promise<ReconciliationDetail> {
    return this.find.one(id);
  }

  @Get(':id/certificate')
  @Requires('read')
  @ApiOperation({
    summary: 'The certificate: the signed statements of both sides (reconciliation-certificate-1.xsd)',
    operationId: 'getReconciliationCertificate',
  })
  @ApiAnswer(200, 'XML, as it can be verified offline')
  @ApiProblems('RECONCILIATION_NOT_FOUND', 'RECONCILIATION_DISAGREES')
  async certificate(@ZodParam('id', z.uuid()) id: string, @Res() response: Response): Promise<void> {
    sendXml(response, await this.find.certificate(id));
  }

  @Post('runs')
  @Requires('quarantine')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Compare with another body now: it runs in the background',
    operationId: 'orderReconciliation',
  })
  @ApiAnswer(202, 'Where to look for what came of it', z.object({ id: z.uuid() }))
  @ApiProblems(
    'RECONCILIATION_PARTNER_UNKNOWN',
    'RECONCILIATION_RANGE_INVALID',
    'RECONCILIATION_RANGE_UNSETTLED',
    'REQUEST_INVALID',
  )
  async run(
    @ZodBody(order) wanted: z.output<typeof order>,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<{ readonly id: string }> {
    const { partner: whom, from = '', to = '' } = wanted;
    const fields = new Map(
      Object.entries({ whom, from, to }).map(([name, value]) => [name, [value]] as const),
    );
    const attempt = { ...caller, contentDigest: contentDigest('POST /v1/reconciliations/runs', fields) };
    const { answer } = await this.answers.run(attempt, (tx) => this.orders.run(tx, wanted));
    this.reconciling.wake();
    return answer;
  }
}
