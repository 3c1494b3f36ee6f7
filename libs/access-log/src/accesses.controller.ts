import { Requires } from '#access';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { accessPage, accessQuery, ListAccesses, type AccessPage, type AccessQuery } from './list-accesses.ts';
import { accessProof, ProveAccess, type AccessProof } from './prove-access.ts';

/** Who has read what at this node. */
@ApiTags('accesses')
@Controller('v1/accesses')
@Requires('accesses')
export class AccessesController {
  constructor(
    @Inject(ListAccesses) private readonly accesses: ListAccesses,
    @Inject(ProveAccess) private readonly proof: ProveAccess,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Who has read what here, oldest first', operationId: 'listAccesses' })
  @ApiAnswer(200, 'Each stands under an anchor in the log within two minutes', accessPage)
  @ApiProblems('REQUEST_INVALID', 'CURSOR_INVALID')
  list(@ZodQuery(accessQuery) query: AccessQuery): Promise<AccessPage> {
    return this.accesses.run(query);
  }

  @Get(':id/proof')
  @ApiOperation({
    summary: 'The proof that an access is under its anchor, whose leaf the log proves',
    operationId: 'getAccessProof',
  })
  @ApiAnswer(200, 'Of the access alone: of the others under the anchor there are hashes', accessProof)
  @ApiProblems('ACCESS_NOT_FOUND', 'ACCESS_NOT_ANCHORED', 'ACCESS_ANCHOR_DAMAGED')
  prove(@ZodParam('id', z.uuid()) id: string): Promise<AccessProof> {
    return this.proof.run(id);
  }
}
