import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Requires } from '#access';
import { ApiAnswer, ApiProblems } from '#platform';
import { Snapshots } from './snapshots.ts';

@ApiTags('registry')
@Controller('v1/snapshot')
export class SnapshotController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get()
  @Requires('read')
  @ApiOperation({
    summary: 'The registry at its head, signed: a new node starts with it (REGISTRY_SNAPSHOT_FILE)',
    operationId: 'getSnapshot',
  })
  @ApiAnswer(200, 'XML, as signed')
  @ApiProblems('REGISTRY_ENTRY_NOT_FOUND')
  async read(@Res() response: Response): Promise<void> {
    response.type('application/xml').send(await this.snapshots.latest());
  }
}
