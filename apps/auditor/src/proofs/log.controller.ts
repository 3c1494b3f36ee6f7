import { Public, Requires } from '#access';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { ListAuthorEvents } from './list-author-events.ts';
import { PracticeTrail } from './practice-trail.ts';
import {
  authorEvents,
  consistency,
  leafProof,
  practiceTrail,
  type AuthorEvents,
  type Consistency,
  type LeafProof,
  type PracticeTrail as Trail,
} from './proof-shapes.ts';
import { ProveConsistency } from './prove-consistency.ts';
import { ProveLeaf } from './prove-leaf.ts';
import { ReadLog, type RefusedRecord } from './read-log.ts';

const ipa = z.string().regex(/^[A-Za-z0-9_.-]{1,16}$/);
const holder = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);
const uuid = z.uuid();
const treeSize = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const proofQuery = z.object({
  author: holder
    .optional()
    .describe('IPA code, when several bodies have used the id; of an action, the node at which it was done'),
  kind: z.enum(['event', 'decision', 'action']).default('event'),
});
const trailQuery = z.object({ after: treeSize.optional().describe('leaves after this index only') });
const consistencyQuery = z.object({
  from: treeSize.describe('the size of the older tree'),
  to: treeSize.optional().describe('of the newer one; the current size unless given'),
});
const newestQuery = z.object({ limit: z.coerce.number().int().min(1).max(500).default(500) });
const refusedQuery = z.object({ limit: z.coerce.number().int().min(1).max(500).default(100) });

/** The log, for whoever checks it. */
@ApiTags('log')
@Controller()
export class LogController {
  constructor(
    @Inject(ReadLog) private readonly log: ReadLog,
    @Inject(ProveLeaf) private readonly leaf: ProveLeaf,
    @Inject(PracticeTrail) private readonly trail: PracticeTrail,
    @Inject(ListAuthorEvents) private readonly authors: ListAuthorEvents,
    @Inject(ProveConsistency) private readonly consistent: ProveConsistency,
  ) {}

  @Get('log/checkpoint')
  @Public()
  @ApiOperation({ summary: 'The latest checkpoint, signed', operationId: 'getCheckpoint' })
  @ApiAnswer(200, 'A C2SP tlog-checkpoint, text/plain')
  @ApiProblems('LOG_NOT_READY')
  async checkpoint(@Res() response: Response): Promise<void> {
    const note = await this.log.checkpoint();
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
    response.setHeader('Cache-Control', 'no-cache');
    response.send(note);
  }

  @Get('v1/proofs/:eventId')
  @Requires('read')
  @ApiOperation({
    summary: 'The inclusion proof of an event, of its decision, or of an operator’s action',
    operationId: 'getProof',
  })
  @ApiAnswer(200, 'Proved against the newest witnessed checkpoint that has it, or else the latest', leafProof)
  @ApiProblems('PROOF_NOT_YET', 'AUTHOR_AMBIGUOUS', 'LOG_NOT_READY')
  proof(
    @ZodParam('eventId', uuid) eventId: string,
    @ZodQuery(proofQuery) query: z.infer<typeof proofQuery>,
  ): Promise<LeafProof> {
    return this.leaf.run({ eventId, ...query });
  }

  @Get('v1/practices/:owner/:uuid/trail')
  @Requires('read')
  @ApiOperation({ summary: 'Every leaf of a practice, with its proof', operationId: 'getTrail' })
  @ApiAnswer(200, 'In the order of the log, at most 500 a page', practiceTrail)
  @ApiProblems('LOG_NOT_READY')
  practice(
    @ZodParam('owner', ipa) owner: string,
    @ZodParam('uuid', uuid) practice: string,
    @ZodQuery(trailQuery) { after }: z.infer<typeof trailQuery>,
  ): Promise<Trail> {
    return this.trail.run({ owner, uuid: practice, after });
  }

  @Get('v1/authors/:author/events')
  @Requires('read')
  @ApiOperation({
    summary: 'The newest events of an author: a restored node asks whether it knows them',
    operationId: 'listAuthorEvents',
  })
  @ApiAnswer(200, 'At most 500, newest first', authorEvents)
  byAuthor(
    @ZodParam('author', ipa) author: string,
    @ZodQuery(newestQuery) { limit }: z.infer<typeof newestQuery>,
  ): Promise<AuthorEvents> {
    return this.authors.run(author, limit);
  }

  @Get('v1/consistency')
  @Requires('read')
  @ApiOperation({
    summary: 'Proof that a larger tree begins with a smaller one',
    operationId: 'getConsistency',
  })
  @ApiAnswer(200, 'Empty when `from` is 0 or equal to `to`', consistency)
  @ApiProblems('LOG_SIZE_UNKNOWN', 'LOG_PROOF_MALFORMED', 'LOG_NOT_READY')
  consistency(
    @ZodQuery(consistencyQuery) { from, to }: z.infer<typeof consistencyQuery>,
  ): Promise<Consistency> {
    return this.consistent.run(from, to);
  }

  @Get('v1/archive/:sha256')
  @Requires('admin')
  @ApiOperation({ summary: 'Signed bytes by their SHA-256', operationId: 'getArchived' })
  @ApiAnswer(200, 'The bytes as they travelled, application/xml')
  @ApiProblems('ARCHIVE_NOT_FOUND')
  async archived(@ZodParam('sha256', sha256) digest: string, @Res() response: Response): Promise<void> {
    const bytes = await this.log.archived(digest);
    response.setHeader('Content-Type', 'application/xml');
    response.setHeader('Cache-Control', 'private, no-transform');
    response.send(bytes);
  }

  @Get('v1/refused')
  @Requires('quarantine')
  @ApiOperation({ summary: 'Records that are no leaves, and why', operationId: 'listRefused' })
  @ApiAnswer(200, 'Newest first')
  async refused(
    @ZodQuery(refusedQuery) { limit }: z.infer<typeof refusedQuery>,
  ): Promise<{ readonly records: readonly RefusedRecord[] }> {
    return { records: await this.log.refused(limit) };
  }
}
