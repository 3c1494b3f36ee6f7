import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { Requires } from '#access';
import { ERROR_POLICIES, isErrorCode } from '#errors';
import { ZodParam, ZodQuery } from '#platform';
import { z } from 'zod';
import { QuarantineStore, type QuarantineEntry } from './quarantine-store.ts';
import { ReleaseRecord, type ReleaseResult } from './release-record.ts';

const listQuery = z.object({
  status: z.enum(['parked', 'released']).optional(),
  after: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
const entryId = z.uuid();

/** The quarantine, for the router's operator. */
@Controller('v1/quarantine')
@Requires('quarantine')
export class QuarantineController {
  constructor(
    @Inject(QuarantineStore) private readonly store: QuarantineStore,
    @Inject(ReleaseRecord) private readonly release: ReleaseRecord,
  ) {}

  @Get()
  async list(@ZodQuery(listQuery) query: z.infer<typeof listQuery>): Promise<unknown> {
    const entries = await this.store.list(query);
    return {
      entries: entries.map(summary),
      next: entries.length === query.limit ? entries.at(-1)?.id : null,
    };
  }

  @Get(':id')
  async show(@ZodParam('id', entryId) id: string): Promise<unknown> {
    const entry = await this.store.get(id);
    return { ...summary(entry), bytes: entry.bytes.toString('base64'), headers: entry.headers };
  }

  @Post(':id/release')
  @HttpCode(200)
  async runAgain(@ZodParam('id', entryId) id: string): Promise<ReleaseResult> {
    return this.release.run(id);
  }
}

function summary(entry: QuarantineEntry): Record<string, unknown> {
  const policy = isErrorCode(entry.code) ? ERROR_POLICIES[entry.code] : undefined;
  return {
    id: entry.id,
    at: 'router',
    member: entry.member,
    eventId: entry.eventId,
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
