import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { Requires } from '#access';
import type { RegistryVersion } from '#contracts';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { RegistryLedger } from '../ledger/registry-ledger.ts';

/** Entries of one page: forms have some hundred KB. */
const MAX_PAGE = 100;

const page = z.object({
  after: z.coerce.number().int().min(0).default(0).describe('number of the last entry that is already known'),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(MAX_PAGE),
});
const version = z.object({ number: z.int(), digest: z.string() });
const entries = z.object({
  entries: z.array(z.object({ ...version.shape, bytes: z.base64().describe('the signed bytes') })),
  head: version,
});

@ApiTags('registry')
@Controller('v1')
export class EntriesController {
  constructor(@Inject(RegistryLedger) private readonly ledger: RegistryLedger) {}

  @Get('head')
  @Requires('read')
  @ApiOperation({ summary: 'Number and digest of the last entry', operationId: 'getHead' })
  @ApiAnswer(200, 'The last entry', version)
  @ApiProblems('REGISTRY_ENTRY_NOT_FOUND')
  head(): RegistryVersion {
    return this.ledger.head();
  }

  @Get('entries')
  @Requires('read')
  @ApiOperation({ summary: 'The chain, page by page, to be verified offline', operationId: 'listEntries' })
  @ApiAnswer(200, 'Entries in order', entries)
  async list(@ZodQuery(page) { after, limit }: z.infer<typeof page>): Promise<z.infer<typeof entries>> {
    const found = await this.ledger.entries(after, limit);
    return {
      entries: found.map(({ number, digest, bytes }) => ({
        number,
        digest,
        bytes: bytes.toString('base64'),
      })),
      head: this.ledger.head(),
    };
  }

  @Get('entries/:number')
  @Requires('read')
  @ApiOperation({ summary: 'The signed bytes of one entry', operationId: 'getEntry' })
  @ApiAnswer(200, 'XML, as signed')
  @ApiProblems('REGISTRY_ENTRY_NOT_FOUND')
  async read(
    @ZodParam('number', z.coerce.number().int().min(1)) number: number,
    @Res() response: Response,
  ): Promise<void> {
    const { bytes } = await this.ledger.entry(number);
    response.type('application/xml').send(bytes);
  }
}
