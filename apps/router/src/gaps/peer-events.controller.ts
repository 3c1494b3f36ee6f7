import { CallingPeer, RequiresPeer } from '#access';
import { parseIpaCode, parsePracticeId } from '#contracts';
import { placedPageAnswer, positionRange, writePlacedPage, type PositionRange } from '#peers';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { GiveEvents } from './give-events.ts';

/** Events for the members' nodes, over mutual TLS: what one of them missed. */
@ApiTags('nodes')
@Controller('v1/practices')
@RequiresPeer()
export class PeerEventsController {
  constructor(@Inject(GiveEvents) private readonly give: GiveEvents) {}

  @Get(':owner/:uuid/events')
  @ApiOperation({
    summary: 'Events of a practice by position, with their decisions, for the node of a participant',
    operationId: 'giveEvents',
  })
  @ApiAnswer(
    200,
    'A page: `more` says whether there are others; ask again from behind the last',
    placedPageAnswer,
  )
  @ApiProblems('PEER_NOT_RECOGNISED', 'NOT_A_PARTICIPANT', 'PRACTICE_NOT_FOUND')
  async placed(
    @ZodParam('owner', z.string()) owner: string,
    @ZodParam('uuid', z.uuid().toLowerCase()) uuid: string,
    @ZodQuery(positionRange) range: PositionRange,
    @CallingPeer() caller: X509Certificate,
  ): Promise<z.output<typeof placedPageAnswer>> {
    const practice = { owner: parseIpaCode(owner), uuid: parsePracticeId(uuid) };
    return writePlacedPage(await this.give.run(caller, practice, range));
  }
}
