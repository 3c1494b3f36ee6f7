import { Requires, RequiresPeer } from '#access';
import { ReadBy, type Reader } from '#access-log';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { ReadArchive } from '../archive/read-archive.ts';
import { CallingMembers } from '../served/calling-members.ts';
import { sendLogFile, SIGNED_XML } from '../served/send-log-file.ts';
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
import { PROVABLE_KINDS, ProveLeaf } from './prove-leaf.ts';
import { ReadLog, type RefusedRecord } from './read-log.ts';

const ipa = z.string().regex(/^[A-Za-z0-9_.-]{1,16}$/);
const holder = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);
const uuid = z.uuid().toLowerCase();
const treeSize = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const proofQuery = z.object({
  author: holder
    .optional()
    .describe('IPA code, when several bodies have used the id; of an action or accesses, the node'),
  kind: z
    .enum(PROVABLE_KINDS)
    .default('event')
    .describe('registry: an entry of the registry’s chain; access: the accesses that a node has anchored'),
});
const trailQuery = z.object({ after: treeSize.optional().describe('leaves after this index only') });
const ownedTrailQuery = trailQuery.extend({
  owner: ipa.optional().describe('IPA code of the owner, when two have this id'),
});
const consistencyQuery = z.object({
  from: treeSize.describe('the size of the older tree'),
  to: treeSize.optional().describe('of the newer one; the current size unless given'),
});
const newestQuery = z.object({ limit: z.coerce.number().int().min(1).max(500).default(500) });
const refusedQuery = z.object({ limit: z.coerce.number().int().min(1).max(500).default(100) });

/** What a member that asks by its certificate may be told. */
const OF_MEMBERS = ['PEER_NOT_RECOGNISED', 'NOT_A_PARTICIPANT'] as const;

/** The log, for whoever checks it. */
@ApiTags('log')
@Controller()
export class LogController {
  constructor(
    @Inject(ReadLog) private readonly log: ReadLog,
    @Inject(ReadArchive) private readonly archive: ReadArchive,
    @Inject(ProveLeaf) private readonly leaf: ProveLeaf,
    @Inject(PracticeTrail) private readonly trail: PracticeTrail,
    @Inject(ListAuthorEvents) private readonly authors: ListAuthorEvents,
    @Inject(ProveConsistency) private readonly consistent: ProveConsistency,
    @Inject(CallingMembers) private readonly members: CallingMembers,
  ) {}

  @Get('v1/proofs/:eventId')
  @RequiresPeer('read', 'audit')
  @ApiOperation({
    summary: 'The inclusion proof of an event, of its decision, or of what else has an id in the log',
    operationId: 'getProof',
    description:
      'For a token, or the node of the author or of a participant; of the registry’s entries, for every member. With `Accept: text/plain` the receipt alone, a C2SP tlog-proof.',
  })
  @ApiProduces('application/json', 'text/plain')
  @ApiAnswer(200, 'Proved against the newest witnessed checkpoint that has it, or else the latest', leafProof)
  @ApiProblems('PROOF_NOT_YET', 'AUTHOR_AMBIGUOUS', 'LOG_NOT_READY', ...OF_MEMBERS)
  async proof(
    @ZodParam('eventId', uuid) eventId: string,
    @ZodQuery(proofQuery) query: z.infer<typeof proofQuery>,
    @ReadBy() reader: Reader | null,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<LeafProof | string> {
    const proof = await this.leaf.run({ eventId, ...query }, this.members.of(request), reader);
    response.vary('Accept');
    if (request.accepts(['application/json', 'text/plain']) !== 'text/plain') return proof;
    response.attachment(`${eventId}.${query.kind}.tlog-proof`).type('text/plain; charset=utf-8');
    return proof.tlogProof;
  }

  @Get('v1/practices/:uuid/trail')
  @RequiresPeer('read', 'audit')
  @ApiOperation({
    summary: 'Every leaf of a practice, with its proof',
    operationId: 'getTrail',
    description: 'For a token, or the node of a participant.',
  })
  @ApiAnswer(200, 'In the order of the log, at most 500 a page', practiceTrail)
  @ApiProblems('PRACTICE_NOT_FOUND', 'PRACTICE_AMBIGUOUS', 'LOG_NOT_READY', ...OF_MEMBERS)
  practice(
    @ZodParam('uuid', uuid) practice: string,
    @ZodQuery(ownedTrailQuery) query: z.infer<typeof ownedTrailQuery>,
    @ReadBy() reader: Reader | null,
    @Req() request: Request,
  ): Promise<Trail> {
    return this.trail.run({ uuid: practice, ...query }, this.members.of(request), reader);
  }

  @Get('v1/practices/:owner/:uuid/trail')
  @RequiresPeer('read', 'audit')
  @ApiOperation({
    summary: 'The same, of a practice whose owner is named: one that is unknown has no leaf',
    operationId: 'getTrailOfOwner',
  })
  @ApiAnswer(200, 'In the order of the log, at most 500 a page', practiceTrail)
  @ApiProblems('LOG_NOT_READY', ...OF_MEMBERS)
  practiceOfOwner(
    @ZodParam('owner', ipa) owner: string,
    @ZodParam('uuid', uuid) practice: string,
    @ZodQuery(trailQuery) { after }: z.infer<typeof trailQuery>,
    @ReadBy() reader: Reader | null,
    @Req() request: Request,
  ): Promise<Trail> {
    return this.trail.run({ owner, uuid: practice, after }, this.members.of(request), reader);
  }

  @Get('v1/authors/:author/events')
  @Requires('read', 'audit')
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
  @RequiresPeer('read', 'audit')
  @ApiOperation({
    summary: 'Proof that a larger tree begins with a smaller one',
    operationId: 'getConsistency',
  })
  @ApiAnswer(200, 'Empty when `from` is 0 or equal to `to`', consistency)
  @ApiProblems('LOG_SIZE_UNKNOWN', 'LOG_PROOF_MALFORMED', 'LOG_NOT_READY', 'PEER_NOT_RECOGNISED')
  consistency(
    @ZodQuery(consistencyQuery) { from, to }: z.infer<typeof consistencyQuery>,
    @Req() request: Request,
  ): Promise<Consistency> {
    this.members.of(request);
    return this.consistent.run(from, to);
  }

  @Get('v1/archive/:sha256')
  @RequiresPeer('admin', 'audit')
  @ApiOperation({
    summary: 'Signed bytes by their SHA-256',
    operationId: 'getArchived',
    description: 'For a token, or the node of the author or of a participant.',
  })
  @ApiProduces('application/xml')
  @ApiAnswer(200, 'The bytes as they travelled: an event, or the SignedItem of a decision, receipt or action')
  @ApiProblems('ARCHIVE_NOT_FOUND', 'LOG_STATE_DAMAGED', ...OF_MEMBERS)
  async archived(
    @ZodParam('sha256', sha256) digest: string,
    @ReadBy() reader: Reader | null,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const bytes = await this.archive.item(digest, this.members.of(request), reader);
    await sendLogFile(request, response, bytes, SIGNED_XML);
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
