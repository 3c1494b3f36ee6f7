import { Requires } from '#access';
import { AccessLog, ReadBy, type Reader } from '#access-log';
import { ReadActions } from '#actions';
import { parseIpaCode, topics } from '#contracts';
import type { Tx } from '#persistence';
import { ApiAnswer, ApiProblems, readPageCursor, writePageCursor, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { subjectOf } from './about-entry.ts';
import { detailsOf, summaryOf } from './entry-view.ts';
import { QUARANTINE_PARTS, type QuarantineParts } from './quarantine-parts.ts';
import {
  QUARANTINE_STATUSES,
  QuarantineStore,
  type QuarantineEntry,
  type QuarantineFilter,
} from './quarantine-store.ts';

const filterQuery = z.object({
  status: z.enum(QUARANTINE_STATUSES).optional(),
  code: z.string().max(64).optional().describe('Parked for this code'),
  member: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,16}$/)
    .optional()
    .describe('From this member’s outbox'),
  topic: z.string().max(249).optional().describe('From this topic'),
  eventId: z.uuid().optional().describe('Whose headers claim this event'),
  practice: z.string().max(60).optional().describe('Whose headers claim this practice, <owner>/<uuid>'),
  since: z.iso.datetime({ offset: true }).optional().describe('Parked at this time or later'),
  until: z.iso.datetime({ offset: true }).optional().describe('Parked before this time'),
});
const listQuery = filterQuery.extend({
  after: z.string().max(200).optional().describe('The `next` of the page before'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
const place = z.tuple([z.iso.datetime(), z.uuid()]);

/** What this node received and could not accept. */
@ApiTags('quarantine')
@Controller('v1/quarantine')
@Requires('quarantine')
export class QuarantineController {
  constructor(
    @Inject(QUARANTINE_PARTS) private readonly parts: QuarantineParts,
    @Inject(QuarantineStore) private readonly store: QuarantineStore,
    @Inject(ReadActions) private readonly actions: ReadActions,
    @Inject(AccessLog) private readonly accesses: AccessLog,
  ) {}

  @Get()
  @ApiOperation({ summary: 'What was parked, oldest first', operationId: 'listQuarantine' })
  @ApiAnswer(200, 'Entries without their bytes')
  @ApiProblems('CURSOR_INVALID')
  async list(@ZodQuery(listQuery) query: z.output<typeof listQuery>): Promise<unknown> {
    const { limit } = query;
    const after = query.after === undefined ? undefined : readPageCursor(place, query.after);
    const entries = await this.store.list({ ...filterOf(query), after, limit });
    const last = entries.length === limit ? entries.at(-1) : undefined;
    return {
      entries: entries.map((entry) => summaryOf(this.parts, entry)),
      next: last === undefined ? null : writePageCursor([last.parkedAt.toISOString(), last.id]),
    };
  }

  @Get('counts')
  @ApiOperation({ summary: 'How many entries there are, by code and status', operationId: 'countQuarantine' })
  @ApiAnswer(200, 'Only what there is')
  async counts(@ZodQuery(filterQuery) query: z.output<typeof filterQuery>): Promise<unknown> {
    return { at: this.parts.at, counts: await this.store.counts(filterOf(query)) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One parked record, with its bytes', operationId: 'getQuarantined' })
  @ApiAnswer(200, 'The entry; bytes in base64; what its headers and its body claim; what was done to it')
  @ApiProblems('QUARANTINE_NOT_FOUND')
  show(@ZodParam('id', z.uuid()) id: string, @ReadBy() reader: Reader | null): Promise<unknown> {
    return this.parts.work.answer(async (tx) => {
      const entry = await this.store.get(tx, id);
      await this.#note(tx, reader, entry);
      return detailsOf(this.parts, entry, await this.actions.about(tx, subjectOf(id)));
    });
  }

  @Get(':id/bytes')
  @ApiOperation({ summary: 'The bytes of a parked record, as they came', operationId: 'getQuarantinedBytes' })
  @ApiAnswer(200, 'application/octet-stream: what was refused is not said to be XML')
  @ApiProblems('QUARANTINE_NOT_FOUND')
  async bytes(
    @ZodParam('id', z.uuid()) id: string,
    @ReadBy() reader: Reader | null,
    @Res() response: Response,
  ): Promise<void> {
    const { bytes } = await this.parts.work.answer(async (tx) => {
      const entry = await this.store.get(tx, id);
      await this.#note(tx, reader, entry);
      return entry;
    });
    response.setHeader('Content-Type', 'application/octet-stream');
    response.setHeader('Content-Disposition', `attachment; filename="${id}.bin"`);
    response.setHeader('Cache-Control', 'private, no-store');
    response.end(bytes);
  }

  /** What a record claims is no proof that it is of that practice: the entry is what was read. */
  #note(tx: Tx, reader: Reader | null, { id }: QuarantineEntry): Promise<void> {
    return this.accesses.note(tx, reader, { kind: 'quarantined', practice: null, id });
  }
}

function filterOf(query: z.output<typeof filterQuery>): QuarantineFilter {
  const { status, code, eventId, practice, member, since, until } = query;
  return {
    status,
    code,
    eventId,
    practice,
    topic: query.topic ?? (member === undefined ? undefined : topics.outbox(parseIpaCode(member))),
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
  };
}
