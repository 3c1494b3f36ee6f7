import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';

import { permit } from '../http/route-permission.ts';

import { METRICS, type Metrics } from './metrics.ts';

@ApiTags('node')
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(METRICS) private readonly metrics: Metrics) {}

  @Get()
  @permit({ kind: 'scopes', anyOf: ['read', 'admin'] })
  @ApiOperation({
    summary: 'Figures of this process, in the Prometheus text format',
    operationId: 'getMetrics',
  })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  async read(@Res() response: Response): Promise<void> {
    response.type(this.metrics.contentType).send(await this.metrics.metrics());
  }
}
