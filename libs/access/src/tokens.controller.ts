import { Controller, Delete, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { z } from 'zod';

import { ApiAnswer, ApiProblems, ZodBody, ZodParam } from '#platform';

import { CreateToken, type MadeToken } from './create-token.ts';
import { Requires } from './decorators.ts';
import type { RepeatableCaller } from './idempotency/answer-once.ts';
import { Repeatable } from './idempotency/repeatable.ts';
import { bearerTextOf } from './principal.ts';
import { SCOPES } from './scopes.ts';
import { TokenStore } from './token-store.ts';
import { createdToken, tokenView, viewOf } from './token-view.ts';

const newToken = z.strictObject({
  label: z.string().trim().min(1).max(200).describe('The partner system that will use it'),
  scopes: z.array(z.enum(SCOPES)).min(1).describe('What it may do'),
});

@ApiTags('tokens')
@Controller('v1/tokens')
@Requires('admin')
export class TokensController {
  constructor(
    @Inject(TokenStore) private readonly tokens: TokenStore,
    @Inject(CreateToken) private readonly createToken: CreateToken,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Make a token for a partner system', operationId: 'createToken' })
  @ApiAnswer(201, 'Made; its text is shown to this caller only, and stored nowhere', createdToken)
  @ApiProblems('REQUEST_INVALID')
  create(
    @ZodBody(newToken) body: z.output<typeof newToken>,
    @Repeatable() caller: RepeatableCaller,
    @Req() request: Request,
  ): Promise<MadeToken> {
    return this.createToken.run(body, caller, bearerTextOf(request) ?? '');
  }

  @Get()
  @ApiOperation({ summary: 'Every token of this node, without its text', operationId: 'listTokens' })
  @ApiAnswer(200, 'Oldest first, revoked ones too', z.object({ tokens: z.array(tokenView) }))
  async list(): Promise<{ readonly tokens: z.output<typeof tokenView>[] }> {
    return { tokens: (await this.tokens.list()).map(viewOf) };
  }

  @Delete(':id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Revoke a token, from the next request on', operationId: 'revokeToken' })
  @ApiAnswer(200, 'Revoked, now or before', tokenView)
  @ApiProblems('REQUEST_INVALID', 'TOKEN_UNKNOWN')
  async revoke(@ZodParam('id', z.uuid()) id: string): Promise<z.output<typeof tokenView>> {
    return viewOf(await this.tokens.revoke(id));
  }
}
