import { Requires } from '#access';
import { ApiAnswer, ApiProblems } from '#platform';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { PARTNER_BOARD, partnerLine, type PartnerBoard, type PartnerLine } from './partner-line.ts';

/** How the exchange with each partner stands. */
@ApiTags('node')
@Controller('v1/partners')
export class PartnersController {
  constructor(@Inject(PARTNER_BOARD) private readonly board: PartnerBoard) {}

  @Get()
  @Requires('read', 'quarantine', 'admin')
  @ApiOperation({
    summary: 'Of each partner: what is behind, waiting, parked, unsent, unreceived',
    operationId: 'listPartners',
  })
  @ApiAnswer(200, 'By IPA code', z.object({ partners: z.array(partnerLine) }))
  @ApiProblems('SERVICE_UNAVAILABLE')
  async list(): Promise<{ readonly partners: readonly PartnerLine[] }> {
    return { partners: await this.board.lines() };
  }
}
