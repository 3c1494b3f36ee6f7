import { CallingPeer, RequiresPeer } from '#access';
import { parseIpaCode, parsePracticeId } from '#contracts';
import {
  numbersFrom,
  ownPageAnswer,
  placedPageAnswer,
  positionRange,
  writeOwnPage,
  writePlacedPage,
  type PositionRange,
} from '#peers';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { uuidParam } from '../practices/path-params.ts';
import { GiveEvents } from './give-events.ts';

/** Events for the other nodes of the network, over mutual TLS: what one of them missed. */
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
    @ZodParam('uuid', uuidParam) uuid: string,
    @ZodQuery(positionRange) range: PositionRange,
    @CallingPeer() caller: X509Certificate,
  ): Promise<z.output<typeof placedPageAnswer>> {
    return writePlacedPage(await this.give.placed(caller, keyOf(owner, uuid), range));
  }

  @Get(':owner/:uuid/own-events')
  @ApiOperation({
    summary: 'This node’s own events of a practice from a number on, for a router that misses one',
    operationId: 'giveOwnEvents',
  })
  @ApiAnswer(200, 'In the order of their numbers; empty if it has none', ownPageAnswer)
  @ApiProblems('PEER_NOT_RECOGNISED')
  async own(
    @ZodParam('owner', z.string()) owner: string,
    @ZodParam('uuid', uuidParam) uuid: string,
    @ZodQuery(numbersFrom) { from }: z.output<typeof numbersFrom>,
    @CallingPeer() caller: X509Certificate,
  ): Promise<z.output<typeof ownPageAnswer>> {
    return writeOwnPage(await this.give.own(caller, keyOf(owner, uuid), from));
  }
}

function keyOf(owner: string, uuid: string) {
  return { owner: parseIpaCode(owner), uuid: parsePracticeId(uuid) };
}
