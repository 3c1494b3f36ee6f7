import { AnswerOnce, contentDigest, Repeatable, Requires, type RepeatableCaller } from '#access';
import { ReadBy, type Reader } from '#access-log';
import { parseEvent, parseEventId, parseIstatCode, parsePracticeId } from '#contracts';
import { HubError } from '#errors';
import { ApiAnswer, ApiProblems, IDS, parseRequest, ZodParam, ZodQuery, type IdSource } from '#platform';
import { Controller, Get, Headers, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { NODE_PARTS, type NodeParts } from '../node-parts.ts';
import { sendXml } from '../send-xml.ts';
import { actBody, actCause, single } from './act-body.ts';
import {
  ACT_UPLOAD,
  actAnswer,
  ApiPrefersWait,
  FILING_UPLOAD,
  filingAnswer,
  practiceDetail,
  practicePage,
} from './api-shapes.ts';
import { AwaitDecision, type Routing } from './await-decision.ts';
import { FilePractice, type FilingResult } from './file-practice.ts';
import { FileTogether } from './file-together.ts';
import { FindPractices, practiceQuery, type PracticePage } from './find-practices.ts';
import { GetProof, type PracticeProof } from './get-proof.ts';
import { BackpressureGuard } from './backpressure.guard.ts';
import { INTAKE_LIMITS, keepingFiles, readForm, takeIn, type IntakeLimits } from './intake.ts';
import { IssueAct, type ActResult } from './issue-act.ts';
import { eventQuery, ownerQuery, uuidParam, type EventQuery, type OwnerQuery } from './path-params.ts';
import { findPractice } from './practice-rows.ts';
import { ShowPractice, type DecisionView, type EventView, type PracticeView } from './show-practice.ts';

const filingFields = z.object({
  procedure: z.string().min(1).max(100),
  territory: z
    .string()
    .transform((text) => parseIstatCode(text))
    .optional(),
});

/** Practices, for the partner's own system. */
@ApiTags('practices')
@Controller('v1/practices')
export class PracticesController {
  constructor(
    @Inject(NODE_PARTS) private readonly parts: NodeParts,
    @Inject(INTAKE_LIMITS) private readonly limits: IntakeLimits,
    @Inject(FilePractice) private readonly file: FilePractice,
    @Inject(FileTogether) private readonly together: FileTogether,
    @Inject(IssueAct) private readonly act: IssueAct,
    @Inject(FindPractices) private readonly find: FindPractices,
    @Inject(ShowPractice) private readonly show: ShowPractice,
    @Inject(GetProof) private readonly proof: GetProof,
    @Inject(AnswerOnce) private readonly answers: AnswerOnce,
    @Inject(AwaitDecision) private readonly awaiting: AwaitDecision,
    @Inject(IDS) private readonly ids: IdSource,
  ) {}

  @Post()
  @UseGuards(BackpressureGuard)
  @Requires('file')
  @ApiOperation({ summary: 'File a practice', operationId: 'filePractice' })
  @ApiConsumes('multipart/form-data')
  @ApiBody(FILING_UPLOAD)
  @ApiPrefersWait()
  @ApiAnswer(201, 'Filed: the receipt is signed and stored, the event is on its way', filingAnswer)
  @ApiAnswer(
    202,
    'Filed, and the router’s decision was not back within the seconds of `Prefer: wait`',
    filingAnswer,
  )
  @ApiProblems(
    'REQUEST_INVALID',
    'FORM_MISSING',
    'FORM_INVALID',
    'FORM_NOT_ACCEPTED',
    'FORM_NOT_REGISTERED',
    'PROCEDURE_UNKNOWN',
  )
  @ApiProblems(
    'MUNICIPALITY_UNKNOWN',
    'MULTIPART_MALFORMED',
    'DOCUMENT_TOO_LARGE',
    'SIGNING_KEY_UNAVAILABLE',
    'OUTBOX_FULL',
  )
  async filePractice(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Repeatable() caller: RepeatableCaller,
    @Headers('prefer') prefer?: string,
  ): Promise<FilingResult & { readonly receipt: string; readonly routing?: Routing }> {
    const practice = parsePracticeId(this.ids.uuid());
    const intake = await takeIn(this.parts, request, { owner: this.parts.ipa, uuid: practice }, this.limits);
    const kept = await keepingFiles(intake, async () => {
      const { procedure, territory } = parseRequest(filingFields, single(intake.fields), 'body');
      const [form, ...others] = intake.files.filter(({ field }) => field === 'form');
      if (!form || others.length > 0)
        throw new HubError(
          'FORM_MISSING',
          `expected one part named form, got ${others.length + (form ? 1 : 0)}`,
        );
      const filing = {
        practice,
        procedure,
        form,
        formXml: await readForm(this.parts, form),
        attachments: intake.files.filter((file) => file !== form),
        territory: territory ?? null,
      };
      const checked = this.file.check(filing);
      const attempt = {
        ...caller,
        contentDigest: contentDigest('POST /v1/practices', intake.fields, intake.files),
      };
      return this.together.run(attempt, { request: filing, checked });
    });
    response.setHeader('Location', `/v1/practices/${kept.practiceId}`);
    const filed = { ...kept, receipt: `/v1/practices/${kept.practiceId}/receipt` };
    return this.awaiting.answer(prefer, response, filed);
  }

  @Post(':id/events')
  @UseGuards(BackpressureGuard)
  @Requires('act')
  @ApiOperation({ summary: 'Issue an act on a practice', operationId: 'issueAct' })
  @ApiConsumes('multipart/form-data')
  @ApiBody(ACT_UPLOAD)
  @ApiPrefersWait()
  @ApiAnswer(201, 'Signed and stored; provisional until its position is back', actAnswer)
  @ApiAnswer(202, 'Signed and stored, and no decision within the seconds of `Prefer: wait`', actAnswer)
  @ApiProblems(
    'REQUEST_INVALID',
    'PRACTICE_NOT_FOUND',
    'PRACTICE_NOT_PLACED',
    'TYPE_NOT_GRANTED',
    'NOT_A_PARTICIPANT',
  )
  @ApiProblems('MULTIPART_MALFORMED', 'DOCUMENT_TOO_LARGE', 'SIGNING_KEY_UNAVAILABLE', 'OUTBOX_FULL')
  async issueAct(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @ZodParam('id', uuidParam) id: string,
    @ZodQuery(ownerQuery) { owner }: OwnerQuery,
    @Repeatable() caller: RepeatableCaller,
    @Headers('prefer') prefer?: string,
  ): Promise<ActResult & { readonly routing?: Routing }> {
    const practice = await this.parts.work.run((tx) => findPractice(tx, id, owner));
    const intake = await takeIn(this.parts, request, practice, this.limits);
    const issued = await keepingFiles(intake, async () => {
      const act = {
        owner: practice.owner,
        practice: practice.uuid,
        body: actBody(intake.fields),
        cause: actCause(intake.fields),
        documents: intake.files,
      };
      const route = `POST /v1/practices/${practice.owner}/${practice.uuid}/events`;
      const attempt = {
        ...caller,
        contentDigest: contentDigest(route, intake.fields, intake.files),
      };
      return this.answers.run(attempt, (tx) => this.act.run(tx, act));
    });
    return this.awaiting.answer(prefer, response, issued);
  }

  @Get()
  @Requires('read')
  @ApiOperation({ summary: 'Search practices', operationId: 'listPractices' })
  @ApiAnswer(200, 'Newest filing first', practicePage)
  @ApiProblems('REQUEST_INVALID', 'CURSOR_INVALID')
  list(
    @ZodQuery(practiceQuery) query: z.output<typeof practiceQuery>,
    @ReadBy() reader: Reader | null,
  ): Promise<PracticePage> {
    return this.find.run(query, reader);
  }

  @Get(':id')
  @Requires('read')
  @ApiOperation({
    summary: 'One practice, with its events, participants and terms',
    operationId: 'getPractice',
  })
  @ApiAnswer(200, 'The practice as this node holds it', practiceDetail)
  @ApiProblems('PRACTICE_NOT_FOUND', 'PRACTICE_AMBIGUOUS')
  detail(
    @ZodParam('id', uuidParam) id: string,
    @ZodQuery(ownerQuery) { owner }: OwnerQuery,
    @ReadBy() reader: Reader | null,
  ): Promise<PracticeView> {
    return this.show.detail(id, owner, reader);
  }

  @Get(':id/receipt')
  @Requires('read')
  @ApiOperation({
    summary: 'The signed receipt of filing (art. 18-bis L. 241/1990), XML',
    operationId: 'getReceipt',
  })
  @ApiAnswer(200, 'The signed bytes, application/xml')
  @ApiProblems('PRACTICE_NOT_FOUND', 'RECEIPT_NOT_HERE')
  async receipt(
    @ZodParam('id', uuidParam) id: string,
    @ZodQuery(ownerQuery) { owner }: OwnerQuery,
    @ReadBy() reader: Reader | null,
    @Res() response: Response,
  ): Promise<void> {
    sendXml(response, await this.show.filingReceipt(id, owner, reader));
  }

  @Get(':id/events')
  @Requires('read')
  @ApiOperation({ summary: 'The events of a practice, in position order', operationId: 'listEvents' })
  @ApiAnswer(200, 'Placed events first, then those without a position')
  @ApiProblems('PRACTICE_NOT_FOUND')
  async events(
    @ZodParam('id', uuidParam) id: string,
    @ZodQuery(ownerQuery) { owner }: OwnerQuery,
    @ReadBy() reader: Reader | null,
  ): Promise<{ readonly events: readonly EventView[] }> {
    return { events: await this.show.events(id, owner, reader) };
  }

  @Get(':id/events/:eventId')
  @Requires('read')
  @ApiOperation({
    summary: 'An event: its signed bytes, or with Accept: application/json what they say',
    operationId: 'getEvent',
  })
  @ApiProduces('application/xml', 'application/json')
  @ApiAnswer(200, 'The signed bytes as they were written, or the event as an object')
  @ApiProblems('PRACTICE_NOT_FOUND', 'EVENT_NOT_FOUND', 'EVENT_AMBIGUOUS')
  async event(
    @ZodParam('id', uuidParam) id: string,
    @ZodParam('eventId', uuidParam) eventId: string,
    @ZodQuery(eventQuery) { owner, author }: EventQuery,
    @ReadBy() reader: Reader | null,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const wanted = { practice: id, owner, event: parseEventId(eventId), author };
    const { bytes } = await this.show.storedEvent(wanted, reader);
    response.vary('Accept');
    if (request.accepts(['application/xml', 'application/json']) === 'application/json')
      response.json(parseEvent(bytes));
    else sendXml(response, bytes);
  }

  @Get(':id/events/:eventId/decision')
  @Requires('read')
  @ApiOperation({
    summary: 'The router’s decision on an event: recipients, reasons, rules evaluated',
    operationId: 'getDecision',
  })
  @ApiAnswer(200, 'What it says, and its signed bytes in base64')
  @ApiProblems('PRACTICE_NOT_FOUND', 'EVENT_NOT_FOUND', 'EVENT_AMBIGUOUS')
  decision(
    @ZodParam('id', uuidParam) id: string,
    @ZodParam('eventId', uuidParam) eventId: string,
    @ZodQuery(eventQuery) { owner, author }: EventQuery,
    @ReadBy() reader: Reader | null,
  ): Promise<DecisionView> {
    return this.show.decision({ practice: id, owner, event: parseEventId(eventId), author }, reader);
  }

  @Get(':id/proof')
  @Requires('read')
  @ApiOperation({
    summary: 'Inclusion proofs of the practice’s events from the log',
    operationId: 'getProof',
  })
  @ApiAnswer(200, 'A proof an event, each verifiable alone with the log’s public key')
  @ApiProblems('PRACTICE_NOT_FOUND', 'PROOF_NOT_YET', 'AUDITOR_UNAVAILABLE')
  proofs(
    @ZodParam('id', uuidParam) id: string,
    @ZodQuery(ownerQuery) { owner }: OwnerQuery,
    @ReadBy() reader: Reader | null,
  ): Promise<PracticeProof> {
    return this.proof.run(id, owner, reader);
  }
}
