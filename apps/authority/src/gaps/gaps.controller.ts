import { Requires } from '#access';
import { ApiAnswer, ApiProblems, ZodQuery } from '#platform';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { NODE_PARTS, type NodeParts } from '../node-parts.ts';
import { gapShape } from './gap-shape.ts';
import { listGaps, type GapView } from './gap-store.ts';

const query = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) });

/** What this node misses, for its operator. */
@ApiTags('gaps')
@Controller('v1/gaps')
@Requires('read', 'quarantine')
export class GapsController {
  constructor(@Inject(NODE_PARTS) private readonly parts: NodeParts) {}

  @Get()
  @ApiOperation({
    summary: 'Practices whose events wait for an earlier one: since when, and who was asked for it',
    operationId: 'listGaps',
  })
  @ApiAnswer(200, 'The oldest first', z.object({ gaps: z.array(gapShape) }))
  @ApiProblems('REQUEST_INVALID')
  async list(@ZodQuery(query) { limit }: z.output<typeof query>): Promise<{ gaps: readonly GapView[] }> {
    return { gaps: await this.parts.work.run((tx) => listGaps(tx, { limit })) };
  }
}
