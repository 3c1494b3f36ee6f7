import { afterEach, describe, expect, it } from 'vitest';
import { HealthRegistry } from '#platform';
import { realNetwork, until } from '../authority.fixture.ts';
import { TestClock } from '#testing';
import { feedChores } from '../feed/keep-feed.ts';
import { Receiver } from './receiver.fixture.ts';
import { come, idsOf, pushingNode, Subscriber, tlsOf } from './subscriber.fixture.ts';
import type { WebhookView } from './webhook-shapes.ts';

const HOUR = 3_600_000;

const clock = new TestClock(new Date('2026-03-04T09:00:00Z'));
const node = await pushingNode(await realNetwork(), 'c_d150', clock);
const subscriber = await Subscriber.of(node);
const receiver = await Receiver.listen(await tlsOf('p_cr'));
const { sender } = node.webhooks;
sender.start();

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

/** Lets time pass until the next attempt is due, and makes it. */
function toNextAttempt({ failing }: WebhookView): void {
  const next = Date.parse(failing?.next ?? '');
  clock.advance(next - clock.now().getTime());
  sender.wake();
}

describe('a webhook whose receiver is away', () => {
  it('is tried again when the receiver asks for it, with the same message under a new signature', async () => {
    const path = freshPath();
    const answers = [{ status: 503, headers: { 'retry-after': '600' } }, 204, 204] as const;
    receiver.answer = () => answers[receiver.at(path).length - 1] ?? 204;
    const { id } = await subscriber.create(receiver.url(path));
    await subscriber.happens(2);
    const failing = await subscriber.shows(id, 'failing', (view) => view.failing !== null);
    expect(failing).toMatchObject({
      state: 'active',
      failing: { attempts: 1, next: new Date(clock.now().getTime() + 600_000).toISOString() },
      lastAttempt: { status: 503, code: 'WEBHOOK_ANSWER_REFUSED' },
      waiting: { count: 2 },
    });
    toNextAttempt(failing);
    const [one, again, two] = await come(() => receiver.at(path), 3);
    expect([again?.id, again?.body]).toEqual([one?.id, one?.body]);
    expect(again?.headers['webhook-timestamp']).not.toBe(one?.headers['webhook-timestamp']);
    expect(two?.id).not.toBe(one?.id);
    expect(await subscriber.shows(id, 'well', ({ waiting }) => waiting.count === 0)).toMatchObject({
      failing: null,
    });
  });

  it('is suspended after 24 hours, visibly, loses nothing in a week, and goes on where it was', async () => {
    const path = freshPath();
    receiver.answer = () => 500;
    const { id, cursor } = await subscriber.create(receiver.url(path));
    const begun = clock.now().getTime();
    await subscriber.happens(1);
    let standing = await subscriber.shows(id, 'failing', ({ failing }) => failing !== null);
    while (standing.state === 'active') {
      const { attempts } = standing.failing ?? { attempts: 0 };
      toNextAttempt(standing);
      standing = await subscriber.shows(
        id,
        'tried once more',
        ({ state, failing }) => state !== 'active' || (failing?.attempts ?? 0) > attempts,
      );
    }
    const stateSince = new Date(begun + 24 * HOUR).toISOString();
    expect(standing).toMatchObject({
      state: 'suspended',
      stateSince,
      suspended: 'WEBHOOK_UNDELIVERED',
      cursor,
    });
    expect(new Set(idsOf(receiver.at(path))).size).toBe(1);
    const tried = receiver.at(path).length;
    expect(tried).toBeLessThan(80);
    const { checks } = await node.http.app.get(HealthRegistry).check();
    expect(checks['webhooks']).toEqual({
      status: 'degraded',
      detail: `${id} suspended since ${stateSince} (WEBHOOK_UNDELIVERED; last WEBHOOK_ANSWER_REFUSED, 500)`,
    });
    const metrics = await subscriber.partner.call('/metrics');
    expect(metrics.bytes.toString()).toMatch(/webhooks_suspended\{[^}]*\} 1/);
    expect(metrics.bytes.toString()).toMatch(new RegExp(`webhook_suspended\\{webhook="${id}"[^}]*\\} 1`));

    for (let day = 0; day < 6; day += 1) {
      clock.advance(24 * HOUR);
      await subscriber.happens(20);
    }
    // By itself: the feed has everything after the webhook's cursor.
    const pulled = await subscriber.pulled(standing.cursor, 121);
    expect(receiver.at(path)).toHaveLength(tried);

    receiver.answer = () => 204;
    await subscriber.done('POST', `/${id}/resume`);
    const messages = await come(() => receiver.at(path), tried + 121);
    expect(idsOf(messages.slice(tried))).toEqual(idsOf(pulled));
    expect(messages[tried]?.id).toBe(messages[0]?.id);
    expect(await subscriber.shows(id, 'well', ({ waiting }) => waiting.count === 0)).toMatchObject({
      state: 'active',
      suspended: null,
      failing: null,
    });
    const mended = await node.http.app.get(HealthRegistry).check();
    expect(mended.checks['webhooks']).toEqual({ status: 'up', detail: '1 active' });
  });

  it('is suspended at once by 410, and goes on at another URL', async () => {
    const [gone, found] = [freshPath(), freshPath()];
    receiver.answer = ({ path }) => (path === gone ? 410 : 204);
    const { id } = await subscriber.create(receiver.url(gone));
    await subscriber.happens(2);
    const suspended = await subscriber.shows(id, 'suspended', ({ state }) => state === 'suspended');
    expect(suspended).toMatchObject({ suspended: 'WEBHOOK_GONE', lastAttempt: { status: 410 } });
    await subscriber.done('PATCH', `/${id}`, { url: receiver.url(found) });
    await subscriber.done('POST', `/${id}/resume`);
    expect(await come(() => receiver.at(found), 2)).toHaveLength(2);
    expect(receiver.at(gone)).toHaveLength(1);
  });

  it('goes to its new URL at once, without waiting for the next attempt at the old one', async () => {
    const [wrong, right] = [freshPath(), freshPath()];
    receiver.answer = ({ path }) => (path === wrong ? 404 : 204);
    const { id } = await subscriber.create(receiver.url(wrong));
    await subscriber.happens(1);
    await subscriber.shows(id, 'failing', ({ failing }) => failing !== null);
    await subscriber.done('PATCH', `/${id}`, { url: receiver.url(right) });
    expect(await come(() => receiver.at(right), 1)).toHaveLength(1);
  });
});

/** Drops all that is in the feed, as if it were past its time. */
async function forgetFeed(): Promise<void> {
  for (const chore of feedChores({ keptDays: 30 })) {
    const [now, later] = [new Date(), new Date(Date.now() + 100 * 24 * HOUR)];
    await chore(node.parts.work, now);
    await chore(node.parts.work, later);
  }
}

describe('a webhook on a feed that has forgotten', () => {
  it.each(['now', 'beginning', '2026-01-01'])(
    'begins behind that when it is to begin with %s',
    async (from) => {
      const path = freshPath();
      const [begun, done] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
      // Of whatever database of the server: "now" is before the oldest that is open.
      const older = node.parts.work.run(async (tx) => {
        await tx.query('select pg_current_xact_id()');
        begun.resolve(undefined);
        await done.promise;
      });
      await begun.promise;
      await subscriber.happens(1);
      await forgetFeed();
      await subscriber.happens(2);
      const { id } = await subscriber.create(receiver.url(path), { from });
      done.resolve(undefined);
      await older;
      expect(idsOf(await come(() => receiver.at(path), 2))).toHaveLength(2);
      expect(await subscriber.show(id)).toMatchObject({ state: 'active' });
    },
  );

  it('is suspended, and says so, when it was still to be sent what is gone', async () => {
    const path = freshPath();
    const { id } = await subscriber.create(receiver.url(path));
    await subscriber.done('POST', `/${id}/pause`);
    await subscriber.happens(2);
    await forgetFeed();
    await subscriber.done('POST', `/${id}/resume`);
    expect(await subscriber.shows(id, 'suspended', ({ state }) => state === 'suspended')).toMatchObject({
      suspended: 'CURSOR_EXPIRED',
    });
    expect(receiver.at(path)).toEqual([]);
  });
});

describe('a process that pushes', () => {
  it('that dies between sending and marking leaves the message to the next, under the same id', async () => {
    const path = freshPath();
    let isTaken = false;
    receiver.answer = async () => {
      if (receiver.at(path).length > 1) return 204;
      // The receiver has it; before the sender can mark it, its lease is another process's.
      await node.rows(
        `update lease set holder = 'the next', epoch = epoch + 1, expires_at = clock_timestamp() + interval '1 hour'
         where name = 'webhooks'`,
      );
      isTaken = true;
      return 204;
    };
    const { id, cursor } = await subscriber.create(receiver.url(path));
    await subscriber.happens(2);
    const [sent] = await come(() => receiver.at(path), 1);
    await until('the lease is taken', () => Promise.resolve(isTaken ? true : undefined));
    // Whatever the old process does now, it marks and sends nothing.
    const next = node.anotherSender();
    expect(await subscriber.show(id)).toMatchObject({ cursor, lastDeliveredAt: null });
    await node.rows(`update lease set expires_at = '-infinity' where name = 'webhooks'`);
    next.start();
    const messages = await come(() => receiver.at(path), 3);
    expect(idsOf(messages)).toEqual([sent?.id, ...idsOf(await subscriber.pulled(cursor, 2))]);
    expect(messages[1]?.body).toBe(sent?.body);
    await subscriber.shows(id, 'marked', ({ waiting }) => waiting.count === 0);
    await next.close();
  });

  it('is one of two instances, and the other goes on when it leaves', async () => {
    const path = freshPath();
    const other = node.anotherSender();
    other.start();
    const { id, cursor } = await subscriber.create(receiver.url(path));
    await subscriber.happens(5);
    await come(() => receiver.at(path), 5);
    await subscriber.shows(id, 'marked', ({ waiting }) => waiting.count === 0);
    await sender.close();
    await subscriber.happens(5);
    const pulled = await subscriber.pulled(cursor, 10);
    await subscriber.shows(id, 'all marked', ({ waiting }) => waiting.count === 0);
    expect(idsOf(receiver.at(path))).toEqual(idsOf(pulled));
    await other.close();
  });
});
