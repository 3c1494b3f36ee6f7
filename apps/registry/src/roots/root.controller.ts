import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '#access';
import { parseSha256 } from '#contracts';
import { ApiAnswer, ApiProblems, ZodBody } from '#platform';
import { RotateRoot } from './rotate-root.ts';

const fingerprint = z.string().regex(/^[0-9a-f]{64}$/);
const wanted = z.strictObject({ to: fingerprint.describe('SHA-256 of the root that follows') });
const state = z.object({
  current: fingerprint.describe('SHA-256 of the root in force'),
  ready: z.array(fingerprint).describe('roots that lie ready to follow'),
});
const published = z.object({ number: z.int(), digest: z.string(), root: fingerprint });

@ApiTags('root')
@Controller('v1/root')
export class RootController {
  constructor(@Inject(RotateRoot) private readonly rotateRoot: RotateRoot) {}

  @Get()
  @Requires('read')
  @ApiOperation({ summary: 'The root in force, and those that may follow', operationId: 'getRoot' })
  @ApiAnswer(200, 'SHA-256 of each', state)
  @ApiProblems('ROOT_NOT_READY')
  show(): z.infer<typeof state> {
    const { current, ready } = this.rotateRoot.state();
    return { current, ready: [...ready] };
  }

  @Post('rotate')
  @HttpCode(200)
  @Requires('admin')
  @ApiOperation({ summary: 'Replace the root, by an entry that both roots sign', operationId: 'rotateRoot' })
  @ApiAnswer(200, 'The entry that replaces it', published)
  @ApiProblems('ROOT_NOT_READY', 'ROOT_IN_USE', 'REGISTRY_ENTRY_REFUSED')
  async rotate(@ZodBody(wanted) { to }: z.infer<typeof wanted>): Promise<z.infer<typeof published>> {
    const { number, digest } = await this.rotateRoot.run(parseSha256(to));
    return { number, digest, root: to };
  }
}
