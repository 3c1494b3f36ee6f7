import { Requires } from '#access';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { actionPage, oneAction, ReadActions, type ActionPage, type OneAction } from './read-actions.ts';

const listQuery = z.object({
  after: z.string().max(200).optional().describe('The `next` of the page before'),
  subject: z
    .string()
    .max(200)
    .optional()
    .describe('What it was done to, also when that is here no longer: quarantine/<id>'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** What operators did at this node. */
@ApiTags('actions')
@Controller('v1/actions')
@Requires('quarantine')
export class ActionsController {
  constructor(@Inject(ReadActions) private readonly actions: ReadActions) {}

  @Get()
  @ApiOperation({ summary: 'What operators did here, oldest first', operationId: 'listActions' })
  @ApiAnswer(200, 'Each is a leaf of the log, too', actionPage)
  @ApiProblems('CURSOR_INVALID')
  list(@ZodQuery(listQuery) query: z.output<typeof listQuery>): Promise<ActionPage> {
    return this.actions.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One action, with its signed item', operationId: 'getAction' })
  @ApiAnswer(200, 'With what the log has only a digest of', oneAction)
  @ApiProblems('ACTION_NOT_FOUND')
  show(@ZodParam('id', z.uuid()) id: string): Promise<OneAction> {
    return this.actions.get(id);
  }
}
