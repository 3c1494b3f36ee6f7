import { Controller, Get, Inject, Module, Post, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';

import { HubError } from '#errors';

import { HealthRegistry } from '../health/health-registry.ts';

import { ApiAnswer } from './api-answer.ts';
import { DrainSignal } from './drain-signal.ts';
import { ZodBody, ZodParam, ZodQuery } from './zod-params.ts';

const thing = z.object({ name: z.string().min(1), tags: z.array(z.string()).default([]) });
const page = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  q: z.string().optional(),
});

/** Held answers of `/v1/slow`, released by the test. */
export const slow = {
  arrived: Promise.withResolvers<undefined>(),
  release: Promise.withResolvers<undefined>(),
};

@Controller('v1')
export class ThingsController {
  constructor(
    @Inject(HealthRegistry) readonly health: HealthRegistry,
    @Inject(DrainSignal) private readonly draining: DrainSignal,
  ) {}

  @Post('things/:id')
  @ApiAnswer(201, 'Made', thing)
  create(
    @ZodParam('id', z.uuid()) id: string,
    @ZodQuery(page) query: z.output<typeof page>,
    @ZodBody(thing, { limitBytes: 1_000 }) body: z.output<typeof thing>,
  ): unknown {
    return { id, query, body };
  }

  @Get('broken')
  broken(): never {
    throw new Error('password of the database: hunter2');
  }

  @Get('refused')
  refused(): never {
    throw new HubError('SERVICE_UNAVAILABLE', 'the registry copy is not there yet', {
      details: { retryAfterSeconds: 7 },
    });
  }

  @Get('half')
  half(@Res() response: Response): never {
    response.write('half of it');
    throw new Error('the disk went away');
  }

  @Get('slow')
  async slow(): Promise<unknown> {
    slow.arrived.resolve(undefined);
    await slow.release.promise;
    return { done: true };
  }

  @Get('stream')
  stream(@Res() response: Response): void {
    response.write('open');
    this.draining.signal.addEventListener('abort', () => response.end(' closed'));
  }

  @Get('endless')
  endless(@Res() response: Response): void {
    response.write('open');
  }
}

@Module({ controllers: [ThingsController] })
export class ThingsModule {}
