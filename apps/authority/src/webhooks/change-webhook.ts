import { AnswerOnce, contentDigest, type RepeatableCaller } from '#access';
import type { Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import { viewIn } from './find-webhooks.ts';
import { startPosition } from './start-position.ts';
import { WebhookActions } from './webhook-actions.ts';
import type { WebhookParts } from './webhook-parts.ts';
import type { WebhookChange, WebhookView } from './webhook-shapes.ts';
import { lockWebhook } from './webhook-store.ts';

/**
 * What an operator changes of a webhook. Each change is noticed by a sender at work before its next message, and signed as
 * an action (`WebhookActions`).
 */
export class ChangeWebhook {
  readonly #node: NodeParts;
  readonly #webhooks: WebhookParts;
  readonly #answers: AnswerOnce;
  readonly #actions: WebhookActions;

  constructor(node: NodeParts, webhooks: WebhookParts) {
    this.#node = node;
    this.#webhooks = webhooks;
    this.#answers = new AnswerOnce(node.work, node.clock);
    this.#actions = new WebhookActions(node);
  }

  /** @throws HubError `WEBHOOK_NOT_FOUND`, `WEBHOOK_URL_REFUSED`, `WEBHOOK_ADDRESS_REFUSED` */
  async update(id: string, change: WebhookChange, tokenId: string): Promise<WebhookView> {
    const { label, url, kinds } = change;
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
      const view = await viewIn(tx, id);
      const details = [{ name: 'changed', value: Object.keys(change).sort().join('+') }];
      await this.#actions.append(tx, 'webhook.changed', view, { tokenId, details });
      return view;
    });
    this.#webhooks.sender.wake();
    return changed;
  }

  /** Sends nothing more until it is resumed. @throws HubError `WEBHOOK_NOT_FOUND`, `IDEMPOTENCY_KEY_REUSED` */
  pause(id: string, caller: RepeatableCaller): Promise<WebhookView> {
    return this.#once('pause', id, caller, null, async (tx) => {
      const { state } = await lockWebhook(tx, id);
      if (state === 'paused') return;
      await this.#setState(tx, id, 'paused');
      await this.#actions.append(tx, 'webhook.paused', await viewIn(tx, id), caller);
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
      const view = await viewIn(tx, id);
      const details = from === undefined ? [] : [{ name: 'cursor', value: view.cursor }];
      await this.#actions.append(tx, 'webhook.resumed', view, { tokenId: caller.tokenId, details });
    });
  }

  /** Deletes the webhook with its secrets and its log. @throws HubError `WEBHOOK_NOT_FOUND` */
  delete(id: string, tokenId: string): Promise<WebhookView> {
    return this.#node.work.run(async (tx) => {
      await lockWebhook(tx, id);
      const last = await viewIn(tx, id);
      await tx.query('delete from webhook where id = $1', [id]);
      const details = [{ name: 'cursor', value: last.cursor }];
      await this.#actions.append(tx, 'webhook.deleted', last, { tokenId, details });
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
