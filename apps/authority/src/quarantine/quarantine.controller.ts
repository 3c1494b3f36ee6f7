import { CallingPrincipal, Requires, type Principal } from '#access';
import { ERROR_POLICIES, isErrorCode } from '#errors';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Headers, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { contentDigest, IDEMPOTENCY_HEADER, idempotencyKey } from '../idempotency/answer-once.ts';
import { NODE_PARTS, type NodeParts } from '../node-parts.ts';
import { uuidParam } from '../practices/path-params.ts';
import { ParkedStore, type ParkedEntry } from './parked-store.ts';
import { ReleaseParked, type ReleaseResult } from './release-parked.ts';

const listQuery = z.object({
  status: z.enum(['parked', 'released']).optional(),
  after: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** What this node received and could not accept. */
@ApiTags('quarantine')
@Controller('v1/quarantine')
@Requires('quarantine')
export class QuarantineController {
  constructor(
    @Inject(NODE_PARTS) private readonly parts: NodeParts,
    @Inject(ParkedStore) private readonly store: ParkedStore,
    @Inject(ReleaseParked) private readonly release: ReleaseParked,
  ) {}

  @Get()
  @ApiOperation({ summary: 'What was parked, oldest first', operationId: 'listQuarantine' })
  @ApiAnswer(200, 'Entries without their bytes')
  async list(@ZodQuery(listQuery) query: z.output<typeof listQuery>): Promise<unknown> {
    const entries = await this.store.list(query);
    const next = entries.length === query.limit ? (entries.at(-1)?.id ?? null) : null;
    return { entries: entries.map((entry) => this.#summary(entry)), next };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One parked record, with its bytes', operationId: 'getQuarantined' })
  @ApiAnswer(200, 'The entry; bytes in base64')
  @ApiProblems('PARKED_NOT_FOUND')
  async show(@ZodParam('id', uuidParam) id: string): Promise<unknown> {
    const entry = await this.store.get(id);
    return { ...this.#summary(entry), bytes: entry.bytes.toString('base64'), headers: entry.headers };
  }

  @Post(':id/release')
  @HttpCode(200)
  @ApiHeader(IDEMPOTENCY_HEADER)
  @ApiOperation({ summary: 'Run the same checks again', operationId: 'releaseQuarantined' })
  @ApiAnswer(200, 'Whether it passed this time')
  @ApiProblems('PARKED_NOT_FOUND', 'QUARANTINE_ALREADY_CLOSED', 'IDEMPOTENCY_KEY_REUSED')
  runAgain(
    @ZodParam('id', uuidParam) id: string,
    @CallingPrincipal() { tokenId }: Principal,
    @Headers('idempotency-key') keyHeader?: string,
  ): Promise<ReleaseResult> {
    return this.release.run(id, {
      tokenId,
      key: idempotencyKey(keyHeader),
      contentDigest: contentDigest(`POST /v1/quarantine/${id}/release`, new Map(), []),
    });
  }

  #summary(entry: ParkedEntry): Record<string, unknown> {
    const policy = isErrorCode(entry.code) ? ERROR_POLICIES[entry.code] : undefined;
    return {
      id: entry.id,
      at: this.parts.ipa,
      member: this.parts.ipa,
      code: entry.code,
      reason: entry.reason,
      sentence: policy && { it: policy.it, en: policy.en },
      remedy: policy?.remedy,
      status: entry.status,
      parkedAt: entry.parkedAt,
      closedAt: entry.closedAt,
      origin: entry.origin,
    };
  }
}
