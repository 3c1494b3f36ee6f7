import { buffer } from 'node:stream/consumers';
import { AnswerOnce, contentDigest, Repeatable, Requires, type RepeatableCaller } from '#access';
import { ReadBy, type Reader } from '#access-log';
import { CANCELLATION_REASONS, parseEventId, RECEIPT_KINDS } from '#contracts';
import { ApiAnswer, ApiProblems, ZodBody, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { NODE_PARTS, type NodeParts } from '../node-parts.ts';
import {
  eventQuery,
  ownerQuery,
  uuidParam,
  type EventQuery,
  type OwnerQuery,
} from '../practices/path-params.ts';
import { sendXml } from '../send-xml.ts';
import { CancelRegistration, cancellationBody, type EntryName } from './cancel-registration.ts';
import { DailyRegister, dailyShape } from './daily-register.ts';
import { entryShape, type EntryView } from './entry-view.ts';
import { FindLostNumbers, lostPage, lostQuery, type LostPage, type LostQuery } from './find-lost-numbers.ts';
import {
  FindRegistrations,
  registerQuery,
  type RegisterPage,
  type RegisterQuery,
} from './find-registrations.ts';
import { ShowProtocol, type PracticeProtocol } from './show-protocol.ts';

const yearParam = z.coerce.number().int().min(1900).max(9999);
const numberParam = z.coerce.number().int().min(1);
const entryQuery = z.object({
  register: z.string().max(16).optional().describe('Code of the register; the present one if absent'),
});
type EntryQuery = z.output<typeof entryQuery>;

const messageQuery = eventQuery.extend({
  by: z.string().max(16).optional().describe('IPA code of the body that speaks; this one if absent'),
});
type MessageQuery = z.output<typeof messageQuery>;

const answerShape = z.object({
  by: z.string(),
  author: z.string(),
  eventId: z.uuid(),
  kind: z.enum(RECEIPT_KINDS),
  time: z.iso.datetime(),
  anomaly: z.string().nullable().describe('Of a refusal, AgID’s code, e.g. 001_ValidazioneFirma'),
  registration: z
    .object({ aoo: z.string(), register: z.string(), number: z.string(), date: z.iso.date() })
    .nullable(),
  cancellation: z.object({ reason: z.enum(CANCELLATION_REASONS), act: z.string() }).nullable(),
  message: z.string().describe('Path of the XML'),
});
const practiceProtocol = z.object({
  cui: z.string(),
  entries: z.array(entryShape).describe('This body’s own register'),
  refused: z.array(answerShape).describe('What this body refused to register'),
  answers: z.array(answerShape).describe('What the others said'),
});

/** The protocol register (protocollo informatico) of the node's body. */
@ApiTags('protocol')
@Controller('v1')
export class ProtocolController {
  constructor(
    @Inject(NODE_PARTS) private readonly parts: NodeParts,
    @Inject(FindRegistrations) private readonly find: FindRegistrations,
    @Inject(FindLostNumbers) private readonly lostNumbers: FindLostNumbers,
    @Inject(ShowProtocol) private readonly show: ShowProtocol,
    @Inject(CancelRegistration) private readonly cancel: CancelRegistration,
    @Inject(DailyRegister) private readonly daily: DailyRegister,
    @Inject(AnswerOnce) private readonly answers: AnswerOnce,
  ) {}

  @Get('protocol')
  @Requires('read')
  @ApiOperation({ summary: 'The protocol register', operationId: 'listProtocol' })
  @ApiAnswer(200, 'Newest first', z.object({ entries: z.array(entryShape), next: z.string().nullable() }))
  @ApiProblems('REQUEST_INVALID', 'CURSOR_INVALID')
  list(
    @ZodQuery(registerQuery) query: RegisterQuery,
    @ReadBy() reader: Reader | null,
  ): Promise<RegisterPage> {
    return this.find.list(query, reader);
  }

  @Get('protocol/days/:date')
  @Requires('read')
  @ApiOperation({
    summary: 'The daily register (art. 53 c. 5 DPR 445/2000) of a day that is over, for preservation',
    operationId: 'getDailyRegister',
  })
  @ApiAnswer(200, 'RFC 8785 canonical JSON: the same bytes whenever it is asked', dailyShape)
  @ApiProblems('REQUEST_INVALID', 'PROTOCOL_DAY_OPEN')
  async day(
    @ZodParam('date', z.iso.date()) date: string,
    @ZodQuery(entryQuery) { register }: EntryQuery,
    @ReadBy() reader: Reader | null,
    @Res() response: Response,
  ): Promise<void> {
    const bytes = await this.daily.run(register ?? this.parts.protocol.register, date, reader);
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('Cache-Control', 'private, no-transform');
    response.end(bytes);
  }

  @Get('protocol/lost')
  @Requires('read')
  @ApiOperation({
    summary: 'Numbers that were given out before this node was restored, and why they have no entry',
    operationId: 'listLostNumbers',
  })
  @ApiAnswer(200, 'Newest first', lostPage)
  @ApiProblems('REQUEST_INVALID', 'CURSOR_INVALID')
  lost(@ZodQuery(lostQuery) query: LostQuery): Promise<LostPage> {
    return this.lostNumbers.list(query);
  }

  @Get('protocol/:year/:number')
  @Requires('read')
  @ApiOperation({ summary: 'One entry of the protocol register', operationId: 'getProtocolEntry' })
  @ApiAnswer(200, 'The entry, with its cancellation if there is one', entryShape)
  @ApiProblems(
    'REQUEST_INVALID',
    'PROTOCOL_ENTRY_NOT_FOUND',
    'PROTOCOL_NUMBER_LOST',
    'PROTOCOL_NUMBER_AWAITED',
  )
  entry(
    @ZodParam('year', yearParam) year: number,
    @ZodParam('number', numberParam) number: number,
    @ZodQuery(entryQuery) { register }: EntryQuery,
    @ReadBy() reader: Reader | null,
  ): Promise<EntryView> {
    return this.find.show({ register: register ?? this.parts.protocol.register, year, number }, reader);
  }

  @Post('protocol/:year/:number/cancellation')
  @Requires('act', 'admin')
  @ApiOperation({
    summary: 'Cancel an entry (art. 54 DPR 445/2000): it stays in the register, the other side is told',
    operationId: 'cancelProtocolEntry',
  })
  @ApiAnswer(201, 'The entry, cancelled', entryShape)
  @ApiProblems(
    'REQUEST_INVALID',
    'PROTOCOL_ENTRY_NOT_FOUND',
    'PROTOCOL_ALREADY_CANCELLED',
    'PROTOCOL_NOT_PLACED',
  )
  async cancellation(
    @ZodParam('year', yearParam) year: number,
    @ZodParam('number', numberParam) number: number,
    @ZodQuery(entryQuery) { register }: EntryQuery,
    @ZodBody(cancellationBody) body: z.output<typeof cancellationBody>,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<EntryView> {
    const name: EntryName = { register: register ?? this.parts.protocol.register, year, number };
    const route = `POST /v1/protocol/${name.register}/${year}/${number}/cancellation`;
    const { reason, act, note = '' } = body;
    const fields = new Map(Object.entries({ reason, act, note }).map(([field, value]) => [field, [value]]));
    const attempt = { ...caller, contentDigest: contentDigest(route, fields) };
    const { answer } = await this.answers.run(attempt, (tx) =>
      this.cancel.run(tx, name, body, caller.tokenId),
    );
    return answer;
  }

  @Get('practices/:id/protocol')
  @Requires('read')
  @ApiOperation({
    summary: 'What was registered of a practice: here, and by whoever received it',
    operationId: 'getPracticeProtocol',
  })
  @ApiAnswer(200, 'Own entries, own refusals, and the answers of others', practiceProtocol)
  @ApiProblems('PRACTICE_NOT_FOUND', 'PRACTICE_AMBIGUOUS')
  practice(
    @ZodParam('id', uuidParam) id: string,
    @ZodQuery(ownerQuery) { owner }: OwnerQuery,
    @ReadBy() reader: Reader | null,
  ): Promise<PracticeProtocol> {
    return this.show.practice(id, owner, reader);
  }

  @Get('practices/:id/events/:eventId/segnatura')
  @Requires('read')
  @ApiOperation({
    summary: 'The segnatura di protocollo of an event, sealed XML',
    operationId: 'getSegnatura',
  })
  @ApiProduces('application/xml')
  @ApiAnswer(200, 'SegnaturaInformatica 3.0.0 (AgID, Allegato 6), the bytes as its author sealed them')
  @ApiProblems('PRACTICE_NOT_FOUND', 'EVENT_NOT_FOUND', 'EVENT_AMBIGUOUS', 'SEGNATURA_NOT_HERE')
  async segnatura(
    @ZodParam('id', uuidParam) id: string,
    @ZodParam('eventId', uuidParam) eventId: string,
    @ZodQuery(eventQuery) { owner, author }: EventQuery,
    @ReadBy() reader: Reader | null,
    @Res() response: Response,
  ): Promise<void> {
    const wanted = { practice: id, owner, event: parseEventId(eventId), author };
    const key = await this.show.segnatura(wanted, reader);
    sendXml(response, await buffer(this.parts.documents.open(key)));
  }

  @Get('practices/:id/events/:eventId/confirmation')
  @Requires('read')
  @ApiOperation({
    summary: 'ConfermaRicezione or NotificaEccezione of a body for an event, XML',
    operationId: 'getConfirmation',
  })
  @ApiProduces('application/xml')
  @ApiAnswer(200, 'The same bytes at whoever said it and at whoever was told')
  @ApiProblems('PRACTICE_NOT_FOUND', 'EVENT_NOT_FOUND', 'EVENT_AMBIGUOUS', 'CONFIRMATION_NOT_HERE')
  async confirmation(
    @ZodParam('id', uuidParam) id: string,
    @ZodParam('eventId', uuidParam) eventId: string,
    @ZodQuery(messageQuery) { owner, author, by }: MessageQuery,
    @ReadBy() reader: Reader | null,
    @Res() response: Response,
  ): Promise<void> {
    const wanted = { practice: id, owner, event: parseEventId(eventId), author };
    sendXml(response, await this.show.message(wanted, 'confirmation', by, reader));
  }

  @Get('practices/:id/events/:eventId/cancellation')
  @Requires('read')
  @ApiOperation({
    summary: 'AnnullamentoProtocollazione of a body for an event, XML',
    operationId: 'getCancellation',
  })
  @ApiProduces('application/xml')
  @ApiAnswer(200, 'The same bytes at whoever said it and at whoever was told')
  @ApiProblems('PRACTICE_NOT_FOUND', 'EVENT_NOT_FOUND', 'EVENT_AMBIGUOUS', 'CONFIRMATION_NOT_HERE')
  async cancellationMessage(
    @ZodParam('id', uuidParam) id: string,
    @ZodParam('eventId', uuidParam) eventId: string,
    @ZodQuery(messageQuery) { owner, author, by }: MessageQuery,
    @ReadBy() reader: Reader | null,
    @Res() response: Response,
  ): Promise<void> {
    const wanted = { practice: id, owner, event: parseEventId(eventId), author };
    sendXml(response, await this.show.message(wanted, 'cancellation', by, reader));
  }
}
