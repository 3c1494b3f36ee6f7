import { ActionLog } from '#actions';
import type { ActionKind, OperatorAction } from '#contracts';
import type { Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import type { WebhookView } from './webhook-shapes.ts';

type Details = OperatorAction['details'];

/** What an action may not hold (`Place` of action-1.xsd): host names have hardly ever any of it. */
const OUTSIDE_PLACE = /[^A-Za-z0-9_.:/+-]/g;
const MAX_PLACE = 249;

/** What is done to a webhook, as an action names it. */
export type WebhookActionKind = Extract<ActionKind, `webhook.${string}`>;

/** Writes what operators do to webhooks: where this body's feed goes is for others to know who did that, and when. */
export class WebhookActions {
  readonly #actions: ActionLog;

  constructor(parts: NodeParts) {
    this.#actions = new ActionLog({ role: 'authority', ...parts });
  }

  /**
   * In the transaction in which it is done. Of the URL the action has the host: its path and query may be what lets a
   * caller in, and a digest of them could be compared with guesses for ever. Label, secrets and their ids stay here.
   * @param webhook as it stands afterwards, or stood last
   * @throws HubError `SIGNING_KEY_UNAVAILABLE` and the like: then nothing is done
   */
  async append(
    tx: Tx,
    kind: WebhookActionKind,
    webhook: WebhookView,
    by: { readonly tokenId: string; readonly details?: Details },
  ): Promise<void> {
    await this.#actions.append(tx, [
      {
        kind,
        outcome: kind === 'webhook.deleted' ? 'deleted' : webhook.state,
        tokenId: by.tokenId,
        subject: `webhook/${webhook.id}`,
        details: [
          { name: 'webhook', value: webhook.id },
          ...hostOf(webhook.url),
          { name: 'kinds', value: webhook.kinds.join('+') },
          ...(by.details ?? []),
        ],
      },
    ]);
  }
}

function hostOf(url: string): Details {
  const { hostname, port } = new URL(url);
  // Brackets around an IPv6 address; everything else of a host is ASCII already.
  const host = hostname
    .replaceAll(/^\[|\]$/g, '')
    .replaceAll(OUTSIDE_PLACE, '_')
    .slice(0, MAX_PLACE);
  return [{ name: 'host', value: host }, ...(port === '' ? [] : [{ name: 'port', value: port }])];
}
