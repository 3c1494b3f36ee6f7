import { AnswerOnce, contentDigest, type RepeatableCaller } from '#access';
import { HubError } from '#errors';
import type { FeedPosition, Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import { viewIn } from './find-webhooks.ts';
import { secretOf, storeSecret } from './secret-store.ts';
import { startPosition } from './start-position.ts';
import { WebhookActions } from './webhook-actions.ts';
import type { WebhookParts } from './webhook-parts.ts';
import type { NewWebhook, WebhookView, WebhookWithSecret } from './webhook-shapes.ts';

/** A node has no more webhooks than this: each may have a request under way, and none waits for another. */
export const MAX_WEBHOOKS = 100;

/** What is remembered of the answer: everything but the secret. */
interface KeptAnswer {
  readonly made: WebhookView;
  readonly secretId: string;
}

/** Makes a webhook, once per idempotency key. */
export class CreateWebhook {
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

  /**
   * @throws HubError `WEBHOOK_URL_REFUSED`, `WEBHOOK_ADDRESS_REFUSED`, `WEBHOOK_LIMIT_REACHED`, `CURSOR_INVALID`,
   *   `IDEMPOTENCY_KEY_REUSED`
   */
  async run(asked: NewWebhook, caller: RepeatableCaller): Promise<WebhookWithSecret> {
    const { work } = this.#node;
    const url = this.#webhooks.client.checkedUrl(asked.url);
    const fields = new Map(
      Object.entries({ ...asked, url }).map(([name, value]) => [name, [value].flat()] as const),
    );
    const attempt = { ...caller, contentDigest: contentDigest('POST /v1/webhooks', fields) };
    const { answer } = await this.#answers.run<KeptAnswer>(attempt, (tx) =>
      this.#make(tx, { ...asked, url }, caller.tokenId),
    );
    this.#webhooks.sender.wake();
    return { ...answer.made, secret: await work.run((tx) => secretOf(tx, answer.secretId)) };
  }

  async #make(tx: Tx, asked: NewWebhook, tokenId: string): Promise<KeptAnswer> {
    const { ids, clock } = this.#node;
    await tx.query('lock table webhook in share row exclusive mode');
    const [counted] = await tx.query<{ n: number }>('select count(*)::int as n from webhook');
    if ((counted?.n ?? 0) >= MAX_WEBHOOKS)
      throw new HubError('WEBHOOK_LIMIT_REACHED', `this node has ${MAX_WEBHOOKS} webhooks`);
    const id = ids.uuidv7();
    await insert(tx, { id, asked, at: clock.now(), start: await startPosition(tx, asked.from) });
    const secretId = await storeSecret(tx, { webhook: id, ids, at: clock.now() });
    const made = await viewIn(tx, id);
    await this.#actions.append(tx, 'webhook.created', made, { tokenId });
    return { made, secretId };
  }
}

interface Insertion {
  readonly id: string;
  readonly asked: NewWebhook;
  readonly at: Date;
  readonly start: FeedPosition;
}

async function insert(tx: Tx, { id, asked: { label, url, kinds }, at, start }: Insertion): Promise<void> {
  await tx.query(
    `insert into webhook (id, label, url, kinds, state, state_since, cursor_xid, cursor_id, created_at)
     values ($1, $2, $3, $4, 'active', $5, $6::xid8, $7::bigint, $5)`,
    [id, label, url, kinds, at, start.xid.toString(), start.id.toString()],
  );
}
