import { Requires } from '#access';
import { ApiAnswer, ApiProblems, DrainSignal, ZodQuery } from '#platform';
import { Controller, Get, Headers, Inject, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { once } from 'node:events';
import { z } from 'zod';
import { FeedBell } from './feed-bell.ts';
import { ReadFeed } from './read-feed.ts';

const feedQuery = z.object({
  after: z
    .string()
    .max(64)
    .optional()
    .describe('The `next` of the answer before; from the beginning if absent'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

const feedAnswer = z.object({
  items: z.array(
    z.object({
      kind: z.enum(['event', 'receipt', 'documents-complete', 'parked', 'equivocation']),
      owner: z.string().nullable(),
      uuid: z.uuid().nullable(),
      author: z.string().nullable(),
      eventId: z.uuid().nullable(),
      type: z.string().nullable(),
      position: z.number().int().nullable(),
      at: z.iso.datetime(),
      cursor: z.string().describe('Give it as `after` to go on behind this entry'),
    }),
  ),
  next: z.string(),
});

/** How often an idle stream looks and says that it lives, milliseconds: below what proxies cut at. */
const PULSE_MS = 15_000;
/** When to look again for entries that an older transaction still holds back, milliseconds. */
const HELD_BACK_MS = 100;

/** What happened, for the partner's own system: by page, or as Server-Sent Events. */
@ApiTags('feed')
@Controller('v1/feed')
@Requires('read')
export class FeedController {
  constructor(
    @Inject(ReadFeed) private readonly feed: ReadFeed,
    @Inject(FeedBell) private readonly bell: FeedBell,
    @Inject(DrainSignal) private readonly draining: DrainSignal,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Everything received since a cursor; with Accept: text/event-stream, as it comes',
    operationId: 'readFeed',
  })
  @ApiProduces('application/json', 'text/event-stream')
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'As `after`, for a stream that resumes' })
  @ApiAnswer(200, 'In an order that no later entry can precede', feedAnswer)
  @ApiProblems('CURSOR_INVALID', 'REQUEST_INVALID')
  async read(
    @ZodQuery(feedQuery) query: z.output<typeof feedQuery>,
    @Req() request: Request,
    @Res() response: Response,
    @Headers('last-event-id') lastEventId?: string,
  ): Promise<void> {
    const after = lastEventId ?? query.after;
    const first = await this.feed.page(after, query.limit);
    if (request.accepts(['application/json', 'text/event-stream']) !== 'text/event-stream') {
      response.json(first);
      return;
    }
    await this.#stream(response, after, query.limit);
  }

  /** One SSE message per entry; its id is the cursor after it, so a browser that reconnects goes on where it was. */
  async #stream(response: Response, from: string | undefined, limit: number): Promise<void> {
    const left = new AbortController();
    response.once('close', () => {
      left.abort();
    });
    const over = AbortSignal.any([left.signal, this.draining.signal]);
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    let silentSince = -Infinity;
    for (let after = from; !over.aborted;) {
      const heard = this.bell.rings;
      const { items, next } = await this.feed.page(after, limit);
      const message = items.map(
        ({ cursor, ...item }) => `id: ${cursor}\nevent: ${item.kind}\ndata: ${JSON.stringify(item)}\n\n`,
      );
      if (items.length === 0 && performance.now() - silentSince >= PULSE_MS) message.push(': alive\n\n');
      if (message.length > 0) silentSince = performance.now();
      // A reader that is slower than the feed is waited for, until it leaves.
      if (message.length > 0 && !response.write(message.join('')))
        await once(response, 'drain', { signal: over }).catch(() => undefined);
      after = next;
      if (items.length === limit) continue;
      const isHeldBack = await this.feed.isHeldBack(after);
      await this.bell.wait(heard, isHeldBack ? HELD_BACK_MS : PULSE_MS, over);
    }
    response.end();
  }
}
