import { Controller, Delete, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';

import { ApiAnswer, ApiProblems, ZodBody, ZodParam } from '#platform';

import { Requires } from './decorators.ts';
import { SCOPES } from './scopes.ts';
import { TokenStore, type TokenRecord } from './token-store.ts';

const newToken = z.strictObject({
  label: z.string().trim().min(1).max(200).describe('The partner system that will use it'),
  scopes: z.array(z.enum(SCOPES)).min(1).describe('What it may do'),
});

const tokenView = z.object({
  id: z.uuid(),
  label: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  createdAt: z.string().describe('ISO 8601, UTC'),
  revokedAt: z.string().nullable(),
  lastUsedAt: z.string().nullable().describe('To the minute'),
});
const createdToken = tokenView.extend({ token: z.string().describe('Shown once, stored nowhere') });

@ApiTags('tokens')
@Controller('v1/tokens')
@Requires('admin')
export class TokensController {
  constructor(@Inject(TokenStore) private readonly tokens: TokenStore) {}

  @Post()
  @ApiOperation({ summary: 'Make a token for a partner system', operationId: 'createToken' })
  @ApiAnswer(201, 'Made; this is the only time its text is shown', createdToken)
  @ApiProblems('REQUEST_INVALID')
  async create(@ZodBody(newToken) body: z.output<typeof newToken>): Promise<z.output<typeof createdToken>> {
    const { token, record } = await this.tokens.create(body);
    return { ...view(record), token };
  }

  @Get()
  @ApiOperation({ summary: 'Every token of this node, without its text', operationId: 'listTokens' })
  @ApiAnswer(200, 'Oldest first, revoked ones too', z.object({ tokens: z.array(tokenView) }))
  async list(): Promise<{ readonly tokens: z.output<typeof tokenView>[] }> {
    return { tokens: (await this.tokens.list()).map(view) };
  }

  @Delete(':id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Revoke a token, from the next request on', operationId: 'revokeToken' })
  @ApiAnswer(200, 'Revoked, now or before', tokenView)
  @ApiProblems('REQUEST_INVALID', 'TOKEN_UNKNOWN')
  async revoke(@ZodParam('id', z.uuid()) id: string): Promise<z.output<typeof tokenView>> {
    return view(await this.tokens.revoke(id));
  }
}

function view(record: TokenRecord): z.output<typeof tokenView> {
  return {
    id: record.id,
    label: record.label,
    scopes: [...record.scopes],
    createdAt: record.createdAt.toISOString(),
    revokedAt: record.revokedAt?.toISOString() ?? null,
    lastUsedAt: record.lastUsedAt?.toISOString() ?? null,
  };
}
