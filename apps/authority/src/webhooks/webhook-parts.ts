import type { WebhookClient } from './webhook-client.ts';
import type { WebhookSender } from './webhook-sender.ts';

/** What the use cases of webhooks work with beside the node's own; whoever opened it also closes it. */
export interface WebhookParts {
  readonly client: WebhookClient;
  readonly sender: WebhookSender;
}
