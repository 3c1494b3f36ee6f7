import { Requires } from '#access';
import { parseSha256 } from '#contracts';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ListCovered, type CoveredPage } from './list-covered.ts';

const query = z.object({
  from: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('What a revocation from this moment on would cover; the registry’s "revoked from" when absent'),
  after: z.string().max(300).optional().describe('The `next` of the page before'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** What a revocation covers, for the router's operator. */
@ApiTags('certificates')
@Controller('v1/certificates')
@Requires('quarantine')
export class CoveredController {
  constructor(@Inject(ListCovered) private readonly covered: ListCovered) {}

  @Get(':fingerprint/covered')
  @ApiOperation({
    summary: 'Events signed with a certificate that had their decision at or after "revoked from"',
    operationId: 'listCovered',
  })
  @ApiAnswer(200, 'Oldest decision first; nothing is undone')
  @ApiProblems('CERTIFICATE_NOT_LISTED', 'CERTIFICATE_NOT_REVOKED', 'CURSOR_INVALID')
  list(
    @ZodParam('fingerprint', z.string().regex(/^[0-9a-f]{64}$/)) fingerprint: string,
    @ZodQuery(query) { from, after, limit }: z.output<typeof query>,
  ): Promise<CoveredPage> {
    return this.covered.run({ fingerprint: parseSha256(fingerprint), from, after, limit });
  }
}
