import { AnswerOnce, contentDigest, Repeatable, Requires, type RepeatableCaller } from '#access';
import { parseIpaCode, topics } from '#contracts';
import { ApiAnswer, ApiProblems, ZodBody, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { RerunQuarantine } from './rerun-quarantine.ts';
import { RerunStore, type Rerun } from './rerun-store.ts';
import { RerunWorker } from './rerun-worker.ts';

const rerunBody = z.strictObject({
  since: z.iso.datetime({ offset: true }).describe('Entries parked at this time or later'),
  until: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('Parked before this time; before now unless given'),
  code: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,63}$/)
    .optional()
    .describe('Parked for this code'),
  member: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,16}$/)
    .optional()
    .describe('From this member’s outbox'),
});
const count = z.number().int();
const rerunAnswer = z.object({
  id: z.uuid(),
  since: z.date(),
  until: z.date(),
  code: z.string().nullable(),
  topic: z.string().nullable(),
  released: count.describe('Passed this time'),
  held: count.describe('Passed, and wait for an earlier event of their author'),
  parked: count.describe('Refused again'),
  later: count.describe('Could not be judged yet'),
  askedAt: z.date(),
  endedAt: z.date().nullable().describe('Null while it runs'),
});
const askedAnswer = z.object({ id: z.uuid(), action: z.uuid() });
const listQuery = z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) });

/** Re-runs from a point in time. */
@ApiTags('quarantine')
@Controller('v1/quarantine/reruns')
@Requires('quarantine')
export class RerunController {
  constructor(
    @Inject(RerunQuarantine) private readonly rerun: RerunQuarantine,
    @Inject(RerunStore) private readonly reruns: RerunStore,
    @Inject(RerunWorker) private readonly worker: RerunWorker,
    @Inject(AnswerOnce) private readonly answers: AnswerOnce,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Run the same checks again on everything parked since a point in time',
    operationId: 'rerunQuarantine',
  })
  @ApiAnswer(202, 'It goes on by itself, also after a crash', askedAnswer)
  async ask(
    @ZodBody(rerunBody) body: z.output<typeof rerunBody>,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<z.output<typeof askedAnswer>> {
    const { since, until, code, member } = body;
    const fields = new Map([['body', [JSON.stringify([since, until, code, member])]]]);
    const content = contentDigest('POST /v1/quarantine/reruns', fields);
    const request = {
      since: new Date(since),
      until: until === undefined ? undefined : new Date(until),
      code,
      topic: member === undefined ? undefined : topics.outbox(parseIpaCode(member)),
      tokenId: caller.tokenId,
    };
    const { answer } = await this.answers.run({ ...caller, contentDigest: content }, (tx) =>
      this.rerun.ask(tx, request),
    );
    this.worker.wake();
    return answer;
  }

  @Get()
  @ApiOperation({ summary: 'The latest re-runs, newest first', operationId: 'listReruns' })
  @ApiAnswer(200, 'With what came of them so far', z.object({ reruns: z.array(rerunAnswer) }))
  async list(
    @ZodQuery(listQuery) { limit }: z.output<typeof listQuery>,
  ): Promise<{ readonly reruns: readonly Rerun[] }> {
    return { reruns: await this.reruns.list(limit) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'How far a re-run is', operationId: 'getRerun' })
  @ApiAnswer(200, 'What came of its entries so far', rerunAnswer)
  @ApiProblems('RERUN_NOT_FOUND')
  show(@ZodParam('id', z.uuid()) id: string): Promise<Rerun> {
    return this.reruns.get(id);
  }
}
