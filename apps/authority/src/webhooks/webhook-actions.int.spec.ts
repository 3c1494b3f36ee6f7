import { describe, expect, it } from 'vitest';
import { topics } from '#contracts';
import { verifyAction, type Signer } from '#evidence';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { takeOutbox } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import { Subscriber } from './subscriber.fixture.ts';

const network = await realNetwork();
const key = network.signerOf('c_d150');
let isAway = false;
const signer: Signer = {
  certificate: key.certificate,
  holder: key.holder,
  sign: (data) => (isAway ? Promise.reject(new Error('the key is away')) : key.sign(data)),
};
const node = await TestNode.start(network, 'c_d150', {
  signer,
  webhooks: { allowedAddresses: ['2001:db8::/32'] },
});
const subscriber = await Subscriber.of(node);
const operator = await Partner.of(node, 'quarantine');
const URL_WITH_TOKEN = 'https://hooks.example:8443/services/T0KEN-IN-PATH?key=T0KEN-IN-QUERY';

interface Shown {
  readonly id: string;
  readonly kind: string;
  readonly outcome: string;
}

const actionsOn = async (id: string): Promise<readonly Shown[]> =>
  (await operator.get<{ actions: readonly Shown[] }>(`/v1/actions?subject=webhook/${id}`)).actions;

describe('what an operator does to a webhook', () => {
  it('is an action for the log, each step once, with the host and nothing else of the URL, and no secret', async () => {
    const first = await subscriber.call('POST', '', { label: 'l', url: URL_WITH_TOKEN }, 'once');
    await subscriber.call('POST', '', { label: 'l', url: URL_WITH_TOKEN }, 'once');
    const id = String(first.json?.['id']);
    await subscriber.done('PATCH', `/${id}`, {
      url: 'https://[2001:db8::1]/T0KEN',
      kinds: ['event', 'parked'],
    });
    await subscriber.done('POST', `/${id}/pause`);
    await subscriber.done('POST', `/${id}/pause`);
    await subscriber.done('POST', `/${id}/resume`, { from: 'beginning' });
    const { secret } = await subscriber.done<{ secret: string }>('POST', `/${id}/rotate-secret`, {
      overlapHours: 2,
    });
    await subscriber.done('DELETE', `/${id}`);

    expect((await actionsOn(id)).map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual([
      'webhook.created active',
      'webhook.changed active',
      'webhook.paused paused',
      'webhook.resumed active',
      'webhook.secret-rotated active',
      'webhook.deleted deleted',
    ]);
    const sent = (await takeOutbox(node)).filter((record) => record.topics.includes(topics.actions));
    expect(sent).toHaveLength(6);
    const actions = sent.map(
      ({ value }) => verifyAction(value, network.registry, network.clock.now()).action,
    );
    const whole = JSON.stringify([actions, sent.map((record) => record.headers)]);
    for (const kept of ['T0KEN', secret, secret.slice('whsec_'.length)]) expect(whole).not.toContain(kept);
    const details = actions.map((action) => action.details);
    expect(details[0]).toEqual(
      expect.arrayContaining([
        { name: 'webhook', value: id },
        { name: 'host', value: 'hooks.example' },
        { name: 'port', value: '8443' },
      ]),
    );
    expect(details[1]).toEqual(
      expect.arrayContaining([
        { name: 'host', value: '2001:db8::1' },
        { name: 'kinds', value: 'event+parked' },
        { name: 'changed', value: 'kinds+url' },
      ]),
    );
    expect(details[4]).toContainEqual({ name: 'overlap-hours', value: '2' });
  });

  it('is not done while it cannot be signed', async () => {
    const { id } = await subscriber.create(URL_WITH_TOKEN);
    isAway = true;
    for (const [method, path, body] of [
      ['PATCH', `/${id}`, { label: 'another' }],
      ['POST', `/${id}/pause`, undefined],
      ['DELETE', `/${id}`, undefined],
      ['POST', '', { label: 'new', url: URL_WITH_TOKEN }],
    ] as const)
      expect((await subscriber.call(method, path, body)).status).toBeGreaterThanOrEqual(500);
    isAway = false;
    expect(await subscriber.show(id)).toMatchObject({ label: 'protocol system', state: 'active' });
    const { webhooks } = await subscriber.partner.get<{ webhooks: object[] }>('/v1/webhooks');
    expect(webhooks).toHaveLength(1);
    expect(await actionsOn(id)).toHaveLength(1);
  });

  it('is not recorded where it was refused', async () => {
    const before = await node.rows('select 1 from operator_action');
    await subscriber.call('POST', '', { label: 'x', url: 'http://plain.example/' });
    await subscriber.call('DELETE', '/01990000-0000-7000-8000-00000000ffff');
    expect(await node.rows('select 1 from operator_action')).toHaveLength(before.length);
  });
});
