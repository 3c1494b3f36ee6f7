import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { realNetwork } from '../authority.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import { TestClock } from '#testing';
import { Receiver } from './receiver.fixture.ts';
import { come, idsOf, pushingNode, Subscriber, tlsOf } from './subscriber.fixture.ts';
import type { WebhookView } from './webhook-shapes.ts';

const clock = new TestClock(new Date('2026-03-04T09:00:00Z'));
const node = await pushingNode(await realNetwork(), 'c_d150', clock);
const subscriber = await Subscriber.of(node);
const receiver = await Receiver.listen(await tlsOf('p_cr'));
node.webhooks.sender.start();

/** A path of the receiver's own to each test, so that what came before does not count. */
let paths = 0;
function freshPath(): string {
  paths += 1;
  return `/hook-${paths}`;
}

afterEach(async () => {
  const { webhooks } = await subscriber.partner.get<{ webhooks: WebhookView[] }>('/v1/webhooks');
  for (const { id } of webhooks) await subscriber.done('DELETE', `/${id}`);
  receiver.answer = () => 204;
});

/** As a receiver verifies what it got, at the time at which it got it. */
function verified(
  secret: string,
  { body, headers }: { body: string; headers: Readonly<Record<string, string>> },
) {
  vi.useFakeTimers({ toFake: ['Date'], now: clock.now() });
  try {
    return new Webhook(secret).verify(body, { ...headers });
  } finally {
    vi.useRealTimers();
  }
}

describe('a webhook', () => {
  it('brings what the feed shows, in its order, signed, as CloudEvents whose cursor goes on in the feed', async () => {
    const path = freshPath();
    const { id, secret, cursor } = await subscriber.create(receiver.url(path));
    await subscriber.happens(3);
    const messages = await come(() => receiver.at(path), 3);
    const pulled = await subscriber.pulled(cursor, 3);
    expect(messages.map(({ body }) => body)).toEqual(pulled.map(({ body }) => body));
    for (const message of messages) {
      expect(message.headers['content-type']).toBe('application/cloudevents+json');
      expect(verified(secret ?? '', message)).toMatchObject({
        specversion: '1.0',
        id: message.id,
        source: 'urn:reset-hub:authority:c_d150',
        type: 'feed.event',
        data: { kind: 'event', type: 'practice.filed' },
      });
    }
    const [first] = messages;
    const { data } = JSON.parse(first?.body ?? '') as { data: { cursor: string } };
    expect(idsOf(await subscriber.pulled(data.cursor, 2))).toEqual(idsOf(messages.slice(1)));
    const { waiting, lastAttempt } = await subscriber.shows(
      id,
      'empty',
      ({ waiting: left }) => left.count === 0,
    );
    expect(waiting).toEqual({ count: 0, oldest: null });
    expect(lastAttempt).toMatchObject({ status: 204, code: null });
  });

  it('is made once per idempotency key, and its secret is shown to nobody else', async () => {
    const body = { label: 'twice', url: receiver.url('/twice') };
    const [one, other] = [
      await subscriber.call('POST', '', body, 'key-twice'),
      await subscriber.call('POST', '', body, 'key-twice'),
    ];
    expect(one.status).toBe(201);
    expect(other.json).toEqual(one.json);
    expect(one.json?.['secret']).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const list = await subscriber.call('GET', '');
    expect(list.json?.['webhooks']).toHaveLength(1);
    expect(list.bytes.toString()).not.toContain('whsec_');
    const answers = await node.rows<{ answer: object }>('select answer from idempotency');
    expect(JSON.stringify(answers)).not.toContain('whsec_');
  });

  it('is refused to a token without the scope, and where it would lead out of https or into a private network', async () => {
    const reader = await Partner.of(node, 'read');
    expect((await reader.call('/v1/webhooks')).json).toMatchObject({ status: 403, code: 'SCOPE_MISSING' });
    const ask = async (url: string) => (await subscriber.call('POST', '', { label: 'x', url })).json;
    expect(await ask('http://partner.example/hook')).toMatchObject({
      status: 422,
      code: 'WEBHOOK_URL_REFUSED',
    });
    expect(await ask('https://10.0.0.1/hook')).toMatchObject({
      status: 422,
      code: 'WEBHOOK_ADDRESS_REFUSED',
    });
    expect(await ask('https://[fe80::1]/hook')).toMatchObject({
      status: 422,
      code: 'WEBHOOK_ADDRESS_REFUSED',
    });
  });

  it('gets the kinds it asks for, and does not count the others as waiting', async () => {
    const path = freshPath();
    const { id } = await subscriber.create(receiver.url(path), { kinds: ['receipt'] });
    await subscriber.happens(2);
    await subscriber.happens(1, 'receipt');
    await subscriber.happens(2);
    const [message] = await come(() => receiver.at(path), 1);
    expect(JSON.parse(message?.body ?? '')).toMatchObject({ type: 'feed.receipt' });
    const { cursor } = await subscriber.shows(id, 'moved on', ({ waiting }) => waiting.count === 0);
    await subscriber.happens(1, 'receipt');
    const two = await come(() => receiver.at(path), 2);
    expect(two).toHaveLength(2);
    await subscriber.shows(id, 'moved on again', (view) => view.cursor !== cursor);
  });

  it('signs with the old secret beside the new one until the overlap is over', async () => {
    const path = freshPath();
    const { id, secret: older } = await subscriber.create(receiver.url(path));
    const rotate = { overlapHours: 1 };
    const { secret: newer } = await subscriber.done<{ secret: string }>(
      'POST',
      `/${id}/rotate-secret`,
      rotate,
    );
    await subscriber.done('POST', `/${id}/test`);
    const [during] = await come(() => receiver.at(path), 1);
    if (during === undefined) throw new Error('nothing came');
    for (const secret of [older, newer])
      expect(verified(secret ?? '', during)).toMatchObject({ type: 'webhook.ping' });
    clock.advance(3_600_000);
    await subscriber.done('POST', `/${id}/test`);
    const [, after] = await come(() => receiver.at(path), 2);
    if (after === undefined) throw new Error('nothing came');
    expect(verified(newer, after)).toMatchObject({ type: 'webhook.ping' });
    expect(() => verified(older ?? '', after)).toThrow('signature');
  });

  it('sends nothing while it is paused, and from a past time again what it has sent before, under the same ids', async () => {
    const path = freshPath();
    const { id, cursor } = await subscriber.create(receiver.url(path));
    const begun = clock.now().toISOString();
    await subscriber.happens(2);
    await come(() => receiver.at(path), 2);
    await subscriber.shows(id, 'both marked', ({ waiting }) => waiting.count === 0);
    await subscriber.done('POST', `/${id}/pause`);
    clock.advance(60_000);
    await subscriber.happens(1);
    await subscriber.pulled(cursor, 3);
    await subscriber.shows(id, 'waiting', ({ waiting }) => waiting.count === 1);
    // A test goes out all the same: had the third entry been sent, it would have come before.
    expect(await subscriber.done('POST', `/${id}/test`)).toMatchObject({ delivered: true, status: 204 });
    expect(receiver.at(path)).toHaveLength(3);
    await subscriber.done('POST', `/${id}/resume`, { from: begun });
    const messages = await come(() => receiver.at(path), 6);
    expect(idsOf(messages.slice(3))).toEqual(idsOf(await subscriber.pulled(cursor, 3)));
    expect(idsOf(messages.slice(3, 5))).toEqual(idsOf(messages.slice(0, 2)));
  });

  it('waits for nobody: while one receiver never answers, another gets everything', async () => {
    const [stuck, quick] = [freshPath(), freshPath()];
    receiver.answer = ({ path }) => (path === stuck ? 'never' : 204);
    const slow = await subscriber.create(receiver.url(stuck));
    await subscriber.create(receiver.url(quick));
    await subscriber.happens(10);
    const messages = await come(() => receiver.at(quick), 10);
    expect(idsOf(messages)).toEqual(idsOf(await subscriber.pulled(slow.cursor, 10)));
    expect(receiver.at(stuck)).toHaveLength(1);
    expect(await subscriber.show(slow.id)).toMatchObject({ waiting: { count: 10 }, lastDeliveredAt: null });
  });

  it('keeps the latest hundred attempts', async () => {
    const path = freshPath();
    const { id } = await subscriber.create(receiver.url(path));
    await subscriber.happens(105);
    const messages = await come(() => receiver.at(path), 105);
    await subscriber.shows(id, 'empty', ({ waiting }) => waiting.count === 0);
    const attempts = await subscriber.attempts(id);
    expect(attempts.map(({ messageId }) => messageId).reverse()).toEqual(idsOf(messages).slice(5));
  });
});
