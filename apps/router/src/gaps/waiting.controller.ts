import { Requires } from '#access';
import { OPEN_NODE, type OpenNode } from '#node';
import { ApiAnswer, ApiProblems, ZodQuery } from '#platform';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { listWaiting, type WaitingView } from './gap-store.ts';

const query = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) });

/** What waits for an earlier event of its author, for the router's operator: apart from what was parked. */
@ApiTags('waiting')
@Controller('v1/waiting')
@Requires('quarantine')
export class WaitingController {
  constructor(@Inject(OPEN_NODE) private readonly node: Pick<OpenNode, 'work'>) {}

  @Get()
  @ApiOperation({
    summary: 'Events that wait for an earlier number of their author, with what the author’s node said',
    operationId: 'listWaiting',
  })
  @ApiAnswer(200, 'The oldest first')
  @ApiProblems('REQUEST_INVALID')
  async list(
    @ZodQuery(query) { limit }: z.output<typeof query>,
  ): Promise<{ waiting: readonly WaitingView[] }> {
    return { waiting: await this.node.work.run((tx) => listWaiting(tx, limit)) };
  }
}
