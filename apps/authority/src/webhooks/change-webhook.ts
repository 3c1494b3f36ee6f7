import { AnswerOnce, contentDigest, type RepeatableCaller } from '#access';
import type { Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import { viewIn } from './find-webhooks.ts';
import { startPosition } from './start-position.ts';
import type { WebhookParts } from './webhook-parts.ts';
import type { WebhookChange, WebhookView } from './webhook-shapes.ts';
import { lockWebhook } from './webhook-store.ts';

/** What an operator changes of a webhook. Each change is noticed by a sender at work before its next message. */
export class ChangeWebhook {
  readonly #node: NodeParts;
  readonly #webhooks: WebhookParts;
  readonly #answers: AnswerOnce;

  constructor(node: NodeParts, webhooks: WebhookParts) {
    this.#node = node;
    this.#webhooks = webhooks;
    this.#answers = new AnswerOnce(node.work, node.clock);
  }

  /** @throws HubError `WEBHOOK_NOT_FOUND`, `WEBHOOK_URL_REFUSED`, `WEBHOOK_ADDRESS_REFUSED` */
  async update(id: string, { label, url, kinds }: WebhookChange): Promise<WebhookView> {
    const checked = url === undefined ? null : this.#webhooks.client.checkedUrl(url);
    const changed = await this.#node.work.run(async (tx) => {
      await lockWebhook(tx, id);
      // Another address may well take what the one before refused: it is tried at once.
      await tx.query(
        `update webhook set label = coalesce($2, label), url = coalesce($3, url), kinds = coalesce($4, kinds),
           next_attempt_at = case when $3::text is null then next_attempt_at end, revision = revision + 1
         where id = $1`,
        [id, label ?? null, checked, kinds ?? null],
      );
      return viewIn(tx, id);
    });
    this.#webhooks.sender.wake();
    return changed;
  }

  /** Sends nothing more until it is resumed. @throws HubError `WEBHOOK_NOT_FOUND`, `IDEMPOTENCY_KEY_REUSED` */
  pause(id: string, caller: RepeatableCaller): Promise<WebhookView> {
    return this.#once('pause', id, caller, null, async (tx) => {
      const { state } = await lockWebhook(tx, id);
      if (state !== 'paused') await this.#setState(tx, id, 'paused');
    });
  }

  /**
   * Goes on where the webhook stands, or from `from`: so what was delivered before is delivered again.
   * @throws HubError `WEBHOOK_NOT_FOUND`, `CURSOR_INVALID`, `IDEMPOTENCY_KEY_REUSED`
   */
  resume(id: string, from: string | undefined, caller: RepeatableCaller): Promise<WebhookView> {
    return this.#once('resume', id, caller, from ?? null, async (tx) => {
      await lockWebhook(tx, id);
      if (from !== undefined) {
        const start = await startPosition(tx, from);
        await tx.query('update webhook set cursor_xid = $2::xid8, cursor_id = $3::bigint where id = $1', [
          id,
          start.xid.toString(),
          start.id.toString(),
        ]);
      }
      await this.#setState(tx, id, 'active');
    });
  }

  /** Deletes the webhook with its secrets and its log. @throws HubError `WEBHOOK_NOT_FOUND` */
  delete(id: string): Promise<WebhookView> {
    return this.#node.work.run(async (tx) => {
      await lockWebhook(tx, id);
      const last = await viewIn(tx, id);
      await tx.query('delete from webhook where id = $1', [id]);
      return last;
    });
  }

  async #once(
    what: 'pause' | 'resume',
    id: string,
    caller: RepeatableCaller,
    from: string | null,
    change: (tx: Tx) => Promise<void>,
  ): Promise<WebhookView> {
    const fields = new Map([['from', from === null ? [] : [from]]]);
    const attempt = { ...caller, contentDigest: contentDigest(`POST /v1/webhooks/${id}/${what}`, fields) };
    const { answer } = await this.#answers.run(attempt, async (tx) => {
      await change(tx);
      return viewIn(tx, id);
    });
    this.#webhooks.sender.wake();
    return answer;
  }

  async #setState(tx: Tx, id: string, state: 'active' | 'paused'): Promise<void> {
    await tx.query(
      `update webhook set state_since = case when state = $2 then state_since else $3 end, state = $2,
         state_code = null, failing_since = null, failures = 0, next_attempt_at = null, revision = revision + 1
       where id = $1`,
      [id, state, this.#node.clock.now()],
    );
  }
}
