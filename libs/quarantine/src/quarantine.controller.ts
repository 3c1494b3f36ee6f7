import { Requires } from '#access';
import { ERROR_POLICIES, isErrorCode } from '#errors';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { QUARANTINE_PARTS, type QuarantineParts } from './quarantine-parts.ts';
import { QuarantineStore, type QuarantineEntry } from './quarantine-store.ts';

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
    @Inject(QUARANTINE_PARTS) private readonly parts: QuarantineParts,
    @Inject(QuarantineStore) private readonly store: QuarantineStore,
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
  @ApiProblems('QUARANTINE_NOT_FOUND')
  async show(@ZodParam('id', z.uuid()) id: string): Promise<unknown> {
    const entry = await this.store.get(id);
    return { ...this.#summary(entry), bytes: entry.bytes.toString('base64'), headers: entry.headers };
  }

  #summary(entry: QuarantineEntry): Record<string, unknown> {
    const policy = isErrorCode(entry.code) ? ERROR_POLICIES[entry.code] : undefined;
    return {
      id: entry.id,
      at: this.parts.at,
      ...this.parts.whose(entry),
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
