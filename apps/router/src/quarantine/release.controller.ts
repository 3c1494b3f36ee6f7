import { Requires } from '#access';
import { ApiAnswer, ApiProblems, ZodParam } from '#platform';
import { ReleaseQuarantined, type ReleaseResult } from '#quarantine';
import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';

/** Release, for the router's operator. */
@ApiTags('quarantine')
@Controller('v1/quarantine')
@Requires('quarantine')
export class ReleaseController {
  constructor(@Inject(ReleaseQuarantined) private readonly release: ReleaseQuarantined) {}

  @Post(':id/release')
  @HttpCode(200)
  @ApiOperation({ summary: 'Run the same checks again', operationId: 'releaseQuarantined' })
  @ApiAnswer(200, 'Whether it passed this time')
  @ApiProblems('QUARANTINE_NOT_FOUND', 'QUARANTINE_ALREADY_CLOSED')
  runAgain(@ZodParam('id', z.uuid()) id: string): Promise<ReleaseResult> {
    return this.release.run(id);
  }
}
