/** A node that pushes, and what a partner does with it over REST, for specs. */
import { readFile } from 'node:fs/promises';
import { inject } from 'vitest';
import { holderFiles, TestNode, until } from '../authority.fixture.ts';
import { Partner, type Answer } from '../partner.fixture.ts';
import type { Clock } from '#platform';
import type { TestNetwork } from '#testing';
import type { Received } from './receiver.fixture.ts';
import type { AttemptView } from './find-webhooks.ts';
import type { WebhookView, WebhookWithSecret } from './webhook-shapes.ts';
import { messageOf } from './message-of.ts';
import type { FeedEntry } from '../feed/read-feed.ts';

/** Certificate and key of the transport certificate of a holder; it is for localhost, too. */
export async function tlsOf(holder: string): Promise<{ readonly cert: Buffer; readonly key: Buffer }> {
  const { transport } = holderFiles(holder);
  return { cert: await readFile(transport.certFile), key: await readFile(transport.keyFile) };
}

/** Starts a node that may push to this machine, and trusts the test network's authority. */
export async function pushingNode(network: TestNetwork, ipa: string, clock: Clock): Promise<TestNode> {
  const ca = await readFile(inject('kafka').pki.ca.certFile);
  return TestNode.start(network, ipa, { clock, webhooks: { allowedAddresses: ['127.0.0.0/8', '::1'], ca } });
}

export class Subscriber {
  private constructor(
    readonly node: TestNode,
    readonly partner: Partner,
  ) {}

  static async of(node: TestNode): Promise<Subscriber> {
    return new Subscriber(node, await Partner.of(node, 'webhooks', 'read'));
  }

  call(method: string, path: string, body?: object, key?: string): Promise<Answer> {
    return this.partner.call(`/v1/webhooks${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
    });
  }

  async done<T>(method: string, path: string, body?: object): Promise<T> {
    const { status, json } = await this.call(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`);
    return json as T;
  }

  create(url: string, more: object = {}): Promise<WebhookWithSecret> {
    return this.done('POST', '', { label: 'protocol system', url, ...more });
  }

  show(id: string): Promise<WebhookView> {
    return this.partner.get(`/v1/webhooks/${id}`);
  }

  async attempts(id: string): Promise<readonly AttemptView[]> {
    return (await this.partner.get<{ attempts: AttemptView[] }>(`/v1/webhooks/${id}/attempts`)).attempts;
  }

  /** Waits until a webhook stands so. */
  shows(id: string, what: string, holds: (view: WebhookView) => boolean): Promise<WebhookView> {
    return until(what, async () => {
      const view = await this.show(id);
      return holds(view) ? view : undefined;
    });
  }

  /** Puts so many entries into the feed. */
  async happens(count: number, kind: FeedEntry['kind'] = 'event'): Promise<void> {
    const { work, clock } = this.node.parts;
    await work.run(async (tx) => {
      await tx.query(
        `insert into feed (kind, type, position, at)
         select $1, 'practice.filed', n, $2 from generate_series(1, $3::int) n order by n`,
        [kind, clock.now(), count],
      );
      await tx.query(`select pg_notify('feed', '')`);
    });
  }

  /** What the feed has after a cursor, as the messages that are to be pushed for it; waits until there are so many. */
  async pulled(
    after: string,
    count: number,
  ): Promise<readonly { readonly id: string; readonly body: string }[]> {
    const items = await until(`${count} entries in the feed`, async () => {
      const page = await this.partner.get<{ items: FeedEntry[] }>(`/v1/feed?limit=1000&after=${after}`);
      return page.items.length >= count ? page.items : undefined;
    });
    return items.map((entry) => messageOf(this.node.ipa, entry));
  }
}

/** Waits until so many requests have come. */
export function come(received: () => readonly Received[], count: number): Promise<readonly Received[]> {
  return until(`${count} requests`, () =>
    Promise.resolve(received().length >= count ? received() : undefined),
  );
}

export function idsOf(messages: readonly { readonly id: string }[]): readonly string[] {
  return messages.map(({ id }) => id);
}
