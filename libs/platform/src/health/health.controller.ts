import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';

import { ApiAnswer } from '../http/api-answer.ts';
import { permit } from '../http/route-permission.ts';

import { HealthRegistry } from './health-registry.ts';

const status = z.enum(['up', 'degraded', 'down']);
const healthReport = z.object({
  status,
  checks: z.record(z.string(), z.object({ status, detail: z.string().optional() })),
});

@ApiTags('node')
@Controller('health')
export class HealthController {
  constructor(@Inject(HealthRegistry) private readonly health: HealthRegistry) {}

  @Get()
  @permit({ kind: 'public' })
  @ApiOperation({ summary: 'Is this node working, and what does it depend on?', operationId: 'getHealth' })
  @ApiAnswer(200, 'Up, or degraded: working without something it can do without', healthReport)
  @ApiAnswer(503, 'Down', healthReport)
  async read(@Res() response: Response): Promise<void> {
    const report = await this.health.check();
    response.status(report.status === 'down' ? 503 : 200).json(report);
  }
}
