import { peerOf, RequiresPeer } from '#access';
import { ReadBy, type Reader } from '#access-log';
import { parseIpaCode, parsePracticeId } from '#contracts';
import { HubError } from '#errors';
import { callingHolder } from '#peers';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { z } from 'zod';
import { callingMember } from '../documents/authorize-node.ts';
import { NODE_PARTS, type NodeParts } from '../node-parts.ts';
import { uuidParam } from '../practices/path-params.ts';
import { GiveStates, type Asking } from './give-states.ts';
import {
  stateAnswer,
  stateQuery,
  statesAnswer,
  statesQuery,
  type StateAnswer,
  type StateQuery,
  type StatesAnswer,
  type StatesQuery,
} from './state-shapes.ts';

/**
 * What this node holds, for whoever compares it with what the log says: an auditor's token, the auditor's node, and the
 * nodes of members, of the practices that they take part in.
 */
@ApiTags('states')
@Controller('v1/states')
@RequiresPeer('audit')
export class StatesController {
  constructor(
    @Inject(GiveStates) private readonly give: GiveStates,
    @Inject(NODE_PARTS) private readonly node: NodeParts,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Signed digests of the states of practices, by practice and position',
    operationId: 'listStateDigests',
  })
  @ApiAnswer(200, 'A page, signed as one batch', statesAnswer)
  @ApiProblems('PEER_NOT_RECOGNISED', 'CURSOR_INVALID', 'REQUEST_INVALID', 'STATE_NOT_REBUILT')
  page(
    @ZodQuery(statesQuery) query: StatesQuery,
    @Req() request: Request,
    @ReadBy() reader: Reader | null,
  ): Promise<StatesAnswer> {
    return this.give.page(query, this.#asking(request), reader);
  }

  @Get(':owner/:uuid')
  @ApiOperation({
    summary: 'A practice’s state in full, with its signed digest: where two digests differ',
    operationId: 'getState',
  })
  @ApiAnswer(200, 'The state, and the digests of what placed it', stateAnswer)
  @ApiProblems('PEER_NOT_RECOGNISED', 'PRACTICE_NOT_FOUND', 'REQUEST_INVALID', 'STATE_NOT_REBUILT')
  one(
    @ZodParam('owner', z.string()) owner: string,
    @ZodParam('uuid', uuidParam) uuid: string,
    @ZodQuery(stateQuery) query: StateQuery,
    @Req() request: Request,
    @ReadBy() reader: Reader | null,
  ): Promise<StateAnswer> {
    const practice = { owner: parseIpaCode(owner), uuid: parsePracticeId(uuid) };
    return this.give.one(practice, query, this.#asking(request), reader);
  }

  /** @throws HubError `PEER_NOT_RECOGNISED` */
  #asking(request: Request): Asking {
    const certificate = peerOf(request);
    if (certificate === undefined) return null;
    const { registry, clock } = this.node;
    try {
      callingHolder(registry, certificate, 'auditor', clock.now());
      return null;
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== 'PEER_NOT_RECOGNISED') throw error;
      return callingMember(this.node, certificate);
    }
  }
}
