import { AnswerOnce, contentDigest, Repeatable, Requires, type RepeatableCaller } from '#access';
import type { UnitOfWork } from '#persistence';
import { ApiAnswer, ApiProblems, ZodQuery } from '#platform';
import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { NODE_PARTS, type NodeParts } from '../node-parts.ts';
import { LostDocuments } from './lost-documents.ts';

const listQuery = z.object({ limit: z.coerce.number().int().min(1).max(500).default(100) });

const lostDocument = z.object({
  owner: z.string(),
  practiceId: z.uuid(),
  id: z.uuid(),
  author: z.string(),
  eventId: z.uuid(),
  role: z.string(),
  size: z.number().int(),
  foundAt: z.date(),
  attempts: z.number().int().describe('Attempts to fetch it back that brought nothing'),
  nextAttemptAt: z.date(),
  code: z.string().nullable().describe('Why the last one brought nothing'),
});

const lostList = z.object({
  total: z.number().int(),
  lastCheck: z
    .object({
      startedAt: z.date(),
      endedAt: z.date().nullable().describe('null: it goes on'),
      checked: z.number().int(),
      missing: z.number().int().describe('Not there, or not as they were'),
      failed: z.number().int().describe('Could not be looked at'),
    })
    .nullable()
    .describe('Of this instance; null before the first'),
  documents: z.array(lostDocument).describe('Those that were missed first'),
});

/** Documents that this node had, and whose bytes are missing from its disk. */
@ApiTags('documents')
@Controller('v1/lost-documents')
export class LostDocumentsController {
  constructor(
    @Inject(NODE_PARTS) private readonly parts: NodeParts,
    @Inject(LostDocuments) private readonly lost: LostDocuments,
    @Inject(AnswerOnce) private readonly answers: AnswerOnce,
  ) {}

  @Get()
  @Requires('read', 'quarantine')
  @ApiOperation({
    summary: 'Documents that are missing from the disk and are being fetched back',
    operationId: 'listLostDocuments',
  })
  @ApiAnswer(200, 'How many, and the first of them', lostList)
  @ApiProblems('REQUEST_INVALID')
  async list(@ZodQuery(listQuery) { limit }: z.output<typeof listQuery>): Promise<z.output<typeof lostList>> {
    return { ...(await readLost(this.parts.work, limit)), lastCheck: this.lost.lastCheck };
  }

  @Post('checks')
  @Requires('quarantine')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Look through the store now, in the background, and try anew to fetch back what is missing',
    operationId: 'checkDocuments',
  })
  @ApiAnswer(
    202,
    'It is under way: `lastCheck` of the list says how far',
    z.object({ started: z.literal(true) }),
  )
  async check(@Repeatable() caller: RepeatableCaller): Promise<{ readonly started: true }> {
    const attempt = { ...caller, contentDigest: contentDigest('POST /v1/lost-documents/checks', new Map()) };
    const { answer } = await this.answers.run(attempt, () => Promise.resolve({ started: true } as const));
    this.lost.checkSoon();
    return answer;
  }
}

async function readLost(
  work: UnitOfWork,
  limit: number,
): Promise<Pick<z.output<typeof lostList>, 'total' | 'documents'>> {
  return work.read(async (tx) => {
    const [count] = await tx.query<{ total: number }>('select count(*)::int as total from lost_document');
    const rows = await tx.query<Omit<z.output<typeof lostDocument>, 'size'> & { readonly size: string }>(
      `select l.owner, l.uuid as "practiceId", l.document_id as id, d.author, d.event_id as "eventId", d.role, d.size,
         l.found_at as "foundAt", l.attempts, l.next_attempt_at as "nextAttemptAt", l.code
       from lost_document l join document d using (owner, uuid, document_id)
       order by l.found_at, l.document_id limit $1`,
      [limit],
    );
    return { total: count?.total ?? 0, documents: rows.map((row) => ({ ...row, size: Number(row.size) })) };
  });
}
