import { AnswerOnce, contentDigest, type RepeatableCaller } from '#access';
import type { NodeParts } from '../node-parts.ts';
import { viewIn } from './find-webhooks.ts';
import { retireSecrets, secretOf, storeSecret } from './secret-store.ts';
import { WebhookActions } from './webhook-actions.ts';
import type { WebhookView, WebhookWithSecret } from './webhook-shapes.ts';
import { lockWebhook } from './webhook-store.ts';

const HOUR_MS = 3_600_000;

/** Gives a webhook a new secret; requests are signed with the old one, too, until its receiver has changed over. */
export class RotateWebhookSecret {
  readonly #node: NodeParts;
  readonly #answers: AnswerOnce;
  readonly #actions: WebhookActions;

  constructor(node: NodeParts) {
    this.#node = node;
    this.#answers = new AnswerOnce(node.work, node.clock);
    this.#actions = new WebhookActions(node);
  }

  /** @throws HubError `WEBHOOK_NOT_FOUND`, `IDEMPOTENCY_KEY_REUSED` */
  async run(id: string, overlapHours: number, caller: RepeatableCaller): Promise<WebhookWithSecret> {
    const { work, clock, ids } = this.#node;
    const fields = new Map([['overlapHours', [String(overlapHours)]]]);
    const attempt = {
      ...caller,
      contentDigest: contentDigest(`POST /v1/webhooks/${id}/rotate-secret`, fields),
    };
    const { answer } = await this.#answers.run<{ made: WebhookView; secretId: string }>(
      attempt,
      async (tx) => {
        await lockWebhook(tx, id);
        const now = clock.now();
        await retireSecrets(tx, id, now, new Date(now.getTime() + overlapHours * HOUR_MS));
        const secretId = await storeSecret(tx, { webhook: id, ids, at: now });
        const made = await viewIn(tx, id);
        const details = [{ name: 'overlap-hours', value: String(overlapHours) }];
        await this.#actions.append(tx, 'webhook.secret-rotated', made, { tokenId: caller.tokenId, details });
        return { made, secretId };
      },
    );
    return { ...answer.made, secret: await work.run((tx) => secretOf(tx, answer.secretId)) };
  }
}
