import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '#access';
import { ApiAnswer, ApiProblems } from '#platform';
import { ReconcileCatalogue } from './reconcile-catalogue.ts';

const reconciled = z.object({ published: z.array(z.object({ number: z.int(), kind: z.string() })) });

@ApiTags('registry')
@Controller('v1/reconcile')
export class CatalogueController {
  constructor(@Inject(ReconcileCatalogue) private readonly reconcile: ReconcileCatalogue) {}

  @Post()
  @HttpCode(200)
  @Requires('admin')
  @ApiOperation({
    summary: 'Read catalogue, certificates and members again and publish what changed',
    operationId: 'reconcile',
  })
  @ApiAnswer(200, 'The entries published now, in order; none when nothing changed', reconciled)
  @ApiProblems('CATALOGUE_INVALID', 'CATALOGUE_CONFLICT', 'CERTIFICATES_UNREADABLE')
  async run(): Promise<z.infer<typeof reconciled>> {
    const published = await this.reconcile.run();
    return { published: published.map(({ number, change }) => ({ number, kind: change.kind })) };
  }
}
