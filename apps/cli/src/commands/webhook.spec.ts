import { describe, expect, it } from 'vitest';
import { cli, homeWith, standIns } from '../cli.fixture.ts';

const ID = '0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071';
const node = standIns();
const parsed = (out: string): unknown => JSON.parse(out) as unknown;

const attempt = {
  messageId: 'feed_AQ',
  at: '2026-03-05T09:00:00.000Z',
  latencyMs: 12,
  status: 500,
  code: 'WEBHOOK_ANSWER_REFUSED',
};
const webhook = {
  id: ID,
  label: 'protocollo',
  url: 'https://partner.example/hub',
  kinds: ['event'],
  state: 'suspended',
  stateSince: '2026-03-05T09:00:00.000Z',
  suspended: 'WEBHOOK_UNDELIVERED',
  failing: null,
  waiting: { count: 7, oldest: '2026-03-04T09:00:00.000Z' },
  cursor: 'AQ',
  lastAttempt: attempt,
};

describe('webhook', () => {
  it('is made of what is given, and its secret is shown', async () => {
    const member = await node(() => ({ status: 201, json: { ...webhook, secret: 'whsec_x' } }));
    const home = await homeWith({ c_d150: member.url });
    const { code, out } = await cli([
      ...['webhook', 'create', '--at', 'c_d150', '--url', webhook.url, '--label', 'l', '--kind', 'event'],
      ...['--kind', 'parked', '--from', 'beginning', '--idempotency-key', 'k', '--home', home],
    ]);
    expect(code).toBe(0);
    expect(out).toContain('whsec_x');
    expect(member.seen[0]).toMatchObject({ method: 'POST', path: '/v1/webhooks', idempotencyKey: 'k' });
    const body = { url: webhook.url, label: 'l', kinds: ['event', 'parked'], from: 'beginning' };
    expect(parsed(member.seen[0]?.body.toString() ?? '')).toEqual(body);
  });

  it('shows one that was suspended: since when, why, the last answer, and what waits', async () => {
    const member = await node(({ path }) => ({
      json: path.endsWith('/attempts')
        ? { attempts: [attempt] }
        : path === '/v1/webhooks'
          ? { webhooks: [webhook] }
          : webhook,
    }));
    const home = await homeWith({ c_d150: member.url, p_cr: 'http://127.0.0.1:9' });
    const shown = await cli(['webhook', 'show', ID, '--at', 'c_d150', '--home', home]);
    expect(shown.out).toContain('suspended (WEBHOOK_UNDELIVERED) since 2026-03-05T09:00:00.000Z');
    expect(shown.out).toContain('500 WEBHOOK_ANSWER_REFUSED');
    const listed = await cli(['webhook', 'list', '--home', home]);
    expect(listed.out).toContain('7, since 2026-03-04T09:00:00.000Z');
    expect(listed.out).toContain('p_cr could not be asked: NODE_UNREACHABLE');
    expect(listed.code).toBe(0);
  });

  it('ends with 1 when a ping is not taken', async () => {
    const member = await node(() => ({ json: { ...attempt, delivered: false } }));
    const home = await homeWith({ c_d150: member.url });
    const { code, out } = await cli(['webhook', 'test', ID, '--at', 'c_d150', '--home', home]);
    expect(code).toBe(1);
    expect(out).toContain('was not taken: 500 WEBHOOK_ANSWER_REFUSED');
  });

  it.each([
    [['pause', ID], 'POST', `/v1/webhooks/${ID}/pause`, undefined],
    [['resume', ID, '--from', '2026-03-04'], 'POST', `/v1/webhooks/${ID}/resume`, { from: '2026-03-04' }],
    [['rotate', ID, '--overlap-hours', '2'], 'POST', `/v1/webhooks/${ID}/rotate-secret`, { overlapHours: 2 }],
    [
      ['update', ID, '--url', 'https://b.example'],
      'PATCH',
      `/v1/webhooks/${ID}`,
      { url: 'https://b.example' },
    ],
    [['delete', ID], 'DELETE', `/v1/webhooks/${ID}`, undefined],
  ])('%j asks the node for %s %s', async (args, method, path, body) => {
    const member = await node(() => ({ json: { ...webhook, secret: 'whsec_x' } }));
    const home = await homeWith({ c_d150: member.url });
    const { code, out } = await cli(['webhook', ...args, '--at', 'c_d150', '--json', '--home', home]);
    expect(code).toBe(0);
    expect(parsed(out)).toMatchObject({ id: ID });
    expect(member.seen[0]).toMatchObject({ method, path });
    const sent = member.seen[0]?.body.toString() ?? '';
    expect(sent === '' ? undefined : parsed(sent)).toEqual(body);
  });
});
