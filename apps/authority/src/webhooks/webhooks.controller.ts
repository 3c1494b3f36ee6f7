import { CallingPrincipal, Repeatable, Requires, type Principal, type RepeatableCaller } from '#access';
import { ApiAnswer, ApiProblems, DrainSignal, ZodBody, ZodParam, ZodQuery } from '#platform';
import { Controller, Delete, Get, HttpCode, Inject, Patch, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ChangeWebhook } from './change-webhook.ts';
import { CreateWebhook } from './create-webhook.ts';
import { FindWebhooks, type AttemptView } from './find-webhooks.ts';
import { RotateWebhookSecret } from './rotate-webhook-secret.ts';
import { TestWebhook } from './test-webhook.ts';
import {
  attemptView,
  newWebhook,
  resumption,
  rotation,
  testResult,
  webhookChange,
  webhookView,
  webhookWithSecret,
  type NewWebhook,
  type TestResult,
  type WebhookChange,
  type WebhookView,
  type WebhookWithSecret,
} from './webhook-shapes.ts';
import { ATTEMPTS_KEPT } from './webhook-store.ts';

const idParam = z.uuid();
const attemptsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(ATTEMPTS_KEPT).default(ATTEMPTS_KEPT),
});

/** The feed, pushed to partners' systems. Whoever may see one webhook sees all of this node's. */
@ApiTags('webhooks')
@Controller('v1/webhooks')
@Requires('webhooks', 'admin')
export class WebhooksController {
  constructor(
    @Inject(CreateWebhook) private readonly createWebhook: CreateWebhook,
    @Inject(FindWebhooks) private readonly find: FindWebhooks,
    @Inject(ChangeWebhook) private readonly change: ChangeWebhook,
    @Inject(TestWebhook) private readonly testWebhook: TestWebhook,
    @Inject(RotateWebhookSecret) private readonly rotate: RotateWebhookSecret,
    @Inject(DrainSignal) private readonly draining: DrainSignal,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Have the feed pushed to a URL, signed (Standard Webhooks), in order, at least once',
    operationId: 'createWebhook',
  })
  @ApiAnswer(201, 'Made, and at work; its secret is shown to this caller only', webhookWithSecret)
  @ApiProblems('REQUEST_INVALID', 'CURSOR_INVALID', 'WEBHOOK_URL_REFUSED', 'WEBHOOK_ADDRESS_REFUSED')
  @ApiProblems('WEBHOOK_LIMIT_REACHED')
  create(
    @ZodBody(newWebhook) body: NewWebhook,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<WebhookWithSecret> {
    return this.createWebhook.run(body, caller);
  }

  @Get()
  @ApiOperation({ summary: 'Every webhook and how it stands', operationId: 'listWebhooks' })
  @ApiAnswer(200, 'Oldest first', z.object({ webhooks: z.array(webhookView) }))
  async list(): Promise<{ readonly webhooks: WebhookView[] }> {
    return { webhooks: await this.find.list() };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One webhook and how it stands', operationId: 'getWebhook' })
  @ApiAnswer(200, 'What waits, since when it fails, why it is suspended', webhookView)
  @ApiProblems('REQUEST_INVALID', 'WEBHOOK_NOT_FOUND')
  show(@ZodParam('id', idParam) id: string): Promise<WebhookView> {
    return this.find.show(id);
  }

  @Get(':id/attempts')
  @ApiOperation({
    summary: `The latest attempts, at most ${ATTEMPTS_KEPT}`,
    operationId: 'listWebhookAttempts',
  })
  @ApiAnswer(200, 'Newest first', z.object({ attempts: z.array(attemptView) }))
  @ApiProblems('REQUEST_INVALID', 'WEBHOOK_NOT_FOUND')
  async attempts(
    @ZodParam('id', idParam) id: string,
    @ZodQuery(attemptsQuery) { limit }: z.output<typeof attemptsQuery>,
  ): Promise<{ readonly attempts: AttemptView[] }> {
    return { attempts: await this.find.attempts(id, limit) };
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change label, URL or kinds', operationId: 'updateWebhook' })
  @ApiAnswer(200, 'Changed; what waits goes to the new URL at once', webhookView)
  @ApiProblems('REQUEST_INVALID', 'WEBHOOK_NOT_FOUND', 'WEBHOOK_URL_REFUSED', 'WEBHOOK_ADDRESS_REFUSED')
  update(
    @ZodParam('id', idParam) id: string,
    @ZodBody(webhookChange) body: WebhookChange,
    @CallingPrincipal() { tokenId }: Principal,
  ): Promise<WebhookView> {
    return this.change.update(id, body, tokenId);
  }

  @Delete(':id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Delete a webhook, its secrets and its log', operationId: 'deleteWebhook' })
  @ApiAnswer(200, 'As it stood; its cursor is good for the feed', webhookView)
  @ApiProblems('REQUEST_INVALID', 'WEBHOOK_NOT_FOUND')
  delete(
    @ZodParam('id', idParam) id: string,
    @CallingPrincipal() { tokenId }: Principal,
  ): Promise<WebhookView> {
    return this.change.delete(id, tokenId);
  }

  @Post(':id/test')
  @HttpCode(200)
  @ApiOperation({ summary: 'Send a `webhook.ping` now, in whatever state it is', operationId: 'testWebhook' })
  @ApiAnswer(200, 'What came of it', testResult)
  @ApiProblems('REQUEST_INVALID', 'WEBHOOK_NOT_FOUND')
  test(@ZodParam('id', idParam) id: string, @Repeatable() caller: RepeatableCaller): Promise<TestResult> {
    return this.testWebhook.run(id, caller, this.draining.signal);
  }

  @Post(':id/pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Send nothing until it is resumed', operationId: 'pauseWebhook' })
  @ApiAnswer(200, 'Paused; what waits stays where it is', webhookView)
  @ApiProblems('REQUEST_INVALID', 'WEBHOOK_NOT_FOUND')
  pause(@ZodParam('id', idParam) id: string, @Repeatable() caller: RepeatableCaller): Promise<WebhookView> {
    return this.change.pause(id, caller);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Go on where a paused or suspended webhook stands; with `from`, deliver again from there',
    operationId: 'resumeWebhook',
  })
  @ApiAnswer(200, 'Active', webhookView)
  @ApiProblems('REQUEST_INVALID', 'CURSOR_INVALID', 'WEBHOOK_NOT_FOUND')
  resume(
    @ZodParam('id', idParam) id: string,
    @ZodBody(resumption) { from }: z.output<typeof resumption>,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<WebhookView> {
    return this.change.resume(id, from, caller);
  }

  @Post(':id/rotate-secret')
  @HttpCode(200)
  @ApiOperation({ summary: 'A new secret; for a while both sign', operationId: 'rotateWebhookSecret' })
  @ApiAnswer(200, 'The new secret is shown to this caller only', webhookWithSecret)
  @ApiProblems('REQUEST_INVALID', 'WEBHOOK_NOT_FOUND')
  rotateSecret(
    @ZodParam('id', idParam) id: string,
    @ZodBody(rotation) { overlapHours }: z.output<typeof rotation>,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<WebhookWithSecret> {
    return this.rotate.run(id, overlapHours, caller);
  }
}
