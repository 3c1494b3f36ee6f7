import { AnswerOnce, contentDigest, Repeatable, Requires, type RepeatableCaller } from '#access';
import { ApiAnswer, ApiProblems, ZodBody, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { ListStreams, streamList, type StreamList } from './list-streams.ts';
import type { Wanted } from './plan-rewind.ts';
import { RewindStore, rewindView, type RewindView } from './rewind-store.ts';
import { rewindAnswer, RewindStream, type RewindAnswer } from './rewind-stream.ts';

const topic = z.string().min(1).max(249);
const rewindBody = z
  .strictObject({
    from: z.iso.datetime({ offset: true }).optional().describe('Records with a time stamp from then on'),
    topics: z
      .array(topic)
      .min(1)
      .max(1_000)
      .optional()
      .describe('Only in these; in all of the stream if absent'),
    offsets: z
      .array(
        z.strictObject({
          topic,
          partition: z.number().int().min(0).max(1_000_000),
          offset: z
            .string()
            .regex(/^(0|[1-9]\d{0,17})$/)
            .describe('The first record to be read again'),
        }),
      )
      .min(1)
      .max(1_000)
      .optional()
      .describe('In place of a time'),
    reason: z
      .string()
      .trim()
      .min(3)
      .max(500)
      .optional()
      .describe('Why; it stays at this node, the log has its digest. Not needed for a dry run'),
    dryRun: z.boolean().default(false).describe('Only tell what would be read again'),
  })
  .superRefine(({ from, topics, offsets, reason, dryRun }, context) => {
    const refuse = (field: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [field], message });
    };
    if ((from === undefined) === (offsets === undefined)) refuse('from', 'either from or offsets, not both');
    if (topics !== undefined && offsets !== undefined) refuse('topics', 'offsets name their topics');
    if (reason === undefined && !dryRun) refuse('reason', 'why: without it only a dry run is done');
  });
type RewindBody = z.output<typeof rewindBody>;
const listQuery = z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) });

/** The node's streams, and reading them again from a point in time. */
@ApiTags('streams')
@Controller('v1/streams')
@Requires('quarantine')
export class StreamsDeskController {
  constructor(
    @Inject(ListStreams) private readonly streams: ListStreams,
    @Inject(RewindStream) private readonly rewind: RewindStream,
    @Inject(RewindStore) private readonly rewinds: RewindStore,
    @Inject(AnswerOnce) private readonly answers: AnswerOnce,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'The streams: how each stands and how far it is behind',
    operationId: 'listStreams',
  })
  @ApiAnswer(200, 'By stream, topic and partition', streamList)
  @ApiProblems('DATABASE_UNAVAILABLE')
  list(): Promise<StreamList> {
    return this.streams.run();
  }

  @Get('rewinds')
  @ApiOperation({ summary: 'The latest rewinds, newest first', operationId: 'listRewinds' })
  @ApiAnswer(200, 'With what is left of each', z.object({ rewinds: z.array(rewindView) }))
  @ApiProblems('REQUEST_INVALID')
  async latest(
    @ZodQuery(listQuery) { limit }: z.output<typeof listQuery>,
  ): Promise<{ readonly rewinds: readonly RewindView[] }> {
    return { rewinds: await this.rewinds.list(limit) };
  }

  @Get('rewinds/:id')
  @ApiOperation({ summary: 'How far a rewind is', operationId: 'getRewind' })
  @ApiAnswer(200, 'What is left of it', rewindView)
  @ApiProblems('REWIND_NOT_FOUND')
  show(@ZodParam('id', z.uuid()) id: string): Promise<RewindView> {
    return this.rewinds.get(id);
  }

  @Post(':stream/rewind')
  @ApiOperation({ summary: 'Read a stream again from a point in time', operationId: 'rewindStream' })
  @ApiAnswer(200, 'Of a dry run: what would be read again', rewindAnswer)
  @ApiAnswer(202, 'What is read again. It goes on by itself, also after a crash', rewindAnswer)
  @ApiProblems(
    'REQUEST_INVALID',
    'STREAM_UNKNOWN',
    'STREAM_NOT_REWINDABLE',
    'STREAM_TOPIC_UNKNOWN',
    'REWIND_BEFORE_RETENTION',
    'REWIND_EMPTY',
    'BROKER_UNAVAILABLE',
  )
  async again(
    @ZodParam('stream', z.string().max(249)) stream: string,
    @ZodBody(rewindBody) body: RewindBody,
    @Repeatable() caller: RepeatableCaller,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RewindAnswer> {
    const request = { stream, wanted: wantedOf(body), reason: body.reason ?? '', tokenId: caller.tokenId };
    response.status(body.dryRun ? 200 : 202);
    if (body.dryRun) return this.rewind.preview(request);
    const content = contentDigest(
      `POST /v1/streams/${stream}/rewind`,
      new Map([['body', [JSON.stringify([body.from, body.topics, body.offsets, body.reason])]]]),
    );
    // Whatever the broker says by now: a repetition gets the answer that was given.
    const [planned] = await Promise.allSettled([this.rewind.plan(request)]);
    const { answer } = await this.answers.run({ ...caller, contentDigest: content }, (tx) =>
      this.rewind.run(tx, request, planned),
    );
    return answer;
  }
}

function wantedOf({ from, topics, offsets = [] }: RewindBody): Wanted {
  if (from !== undefined) return { from: new Date(from), topics: topics ?? null };
  return { offsets: offsets.map((one) => ({ ...one, offset: BigInt(one.offset) })) };
}
