import { Requires } from '#access';
import { ApiAnswer, ApiProblems } from '#platform';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { PARTNER_BOARD, partnerLine, type PartnerBoard } from './partner-line.ts';

const partnersAnswer = z.object({
  partners: z.array(partnerLine),
  lostDocuments: z
    .number()
    .int()
    .nullable()
    .describe(
      'Documents that this node had and whose bytes are missing from its disk; null where it keeps none',
    ),
});

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
  @ApiAnswer(200, 'By IPA code', partnersAnswer)
  @ApiProblems('SERVICE_UNAVAILABLE')
  async list(): Promise<z.output<typeof partnersAnswer>> {
    const partners = [...(await this.board.lines())];
    return { partners, lostDocuments: (await this.board.lostDocuments?.()) ?? null };
  }
}
