import { Public, Requires } from '#access';
import { ApiAnswer, ApiProblems } from '#platform';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CHECKPOINT, sendLogFile } from '../served/send-log-file.ts';
import { showWitnesses, witnessedNote, witnessesView, type WitnessesView } from './show-witnesses.ts';
import type { WitnessParts } from './witness-parts.ts';

/** Nest token of {@link WitnessParts}. */
export const WITNESS_PARTS = Symbol('WitnessParts');

/** Who has cosigned the log. */
@ApiTags('log')
@Controller()
export class WitnessesController {
  constructor(@Inject(WITNESS_PARTS) private readonly parts: WitnessParts) {}

  @Get('log/witnessed-checkpoint')
  @Public()
  @ApiOperation({
    summary: 'The newest checkpoint that enough witnesses have cosigned',
    operationId: 'getWitnessedCheckpoint',
  })
  @ApiAnswer(200, 'A C2SP tlog-checkpoint with its cosignatures, text/plain')
  @ApiProblems('LOG_NOT_READY')
  async checkpoint(@Req() request: Request, @Res() response: Response): Promise<void> {
    await sendLogFile(request, response, await this.parts.work.run(witnessedNote), CHECKPOINT);
  }

  @Get('v1/witnesses')
  @Requires('read', 'quarantine')
  @ApiOperation({ summary: 'How the log and its witnesses stand', operationId: 'getWitnesses' })
  @ApiAnswer(200, 'Who has cosigned what, who is silent, and what contradicts this database', witnessesView)
  show(): Promise<WitnessesView> {
    return this.parts.work.read((tx) => showWitnesses(tx, this.parts));
  }
}
