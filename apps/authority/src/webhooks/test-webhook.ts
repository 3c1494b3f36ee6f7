import { AnswerOnce, contentDigest, type RepeatableCaller } from '#access';
import { webhookNotFound } from './webhook-store.ts';
import type { NodeParts } from '../node-parts.ts';
import { pingOf } from './message-of.ts';
import { attemptPost } from './webhook-sender.ts';
import type { WebhookParts } from './webhook-parts.ts';
import type { TestResult } from './webhook-shapes.ts';
import { logAttempt, secretsInForce } from './webhook-store.ts';

/** Sends a `webhook.ping` at once, whatever state the webhook is in, and tells what came of it. */
export class TestWebhook {
  readonly #node: NodeParts;
  readonly #webhooks: WebhookParts;
  readonly #answers: AnswerOnce;

  constructor(node: NodeParts, webhooks: WebhookParts) {
    this.#node = node;
    this.#webhooks = webhooks;
    this.#answers = new AnswerOnce(node.work, node.clock);
  }

  /**
   * The transaction lasts as long as the request, at most 15 seconds; it writes only afterwards, so that the feed does
   * not wait for it.
   * @throws HubError `WEBHOOK_NOT_FOUND`, `IDEMPOTENCY_KEY_REUSED`
   */
  async run(id: string, caller: RepeatableCaller, signal: AbortSignal): Promise<TestResult> {
    const { clock, ids, ipa } = this.#node;
    const attempt = { ...caller, contentDigest: contentDigest(`POST /v1/webhooks/${id}/test`) };
    const message = pingOf(ipa, ids.uuidv7(), clock.now());
    const { answer } = await this.#answers.run(attempt, async (tx): Promise<TestResult> => {
      const [webhook] = await tx.query<{ url: string }>('select url from webhook where id = $1', [id]);
      if (webhook === undefined) throw webhookNotFound(id);
      const at = clock.now();
      const secrets = await secretsInForce(tx, id, at);
      const { client } = this.#webhooks;
      const tried = await attemptPost({ client, url: webhook.url, message, secrets, at, signal });
      await logAttempt(tx, id, tried.attempt);
      return { delivered: tried.result.taken, ...tried.attempt, at: at.toISOString() };
    });
    return answer;
  }
}
