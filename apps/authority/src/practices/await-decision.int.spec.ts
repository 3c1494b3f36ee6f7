import { parsePracticeId } from '#contracts';
import { describe, expect, it } from 'vitest';
import { realNetwork, TestNode, until } from '../authority.fixture.ts';
import type { StoredOutboxRecord } from '#persistence';
import { Exchange, takeOutbox } from '../exchange.fixture.ts';
import { exampleForm, Partner, type Answer } from '../partner.fixture.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150');
const office = await Partner.of(city);
const exchange = new Exchange(network, city);

function file(prefer: string, key?: string): Promise<Answer> {
  const body = new FormData();
  body.append('procedure', 'edilizia.scia');
  body.append('form', new Blob([new Uint8Array(exampleForm())], { type: 'application/xml' }), 'modulo.xml');
  const headers = { prefer, ...(key === undefined ? {} : { 'idempotency-key': key }) };
  return office.call('/v1/practices', { method: 'POST', body, headers });
}

/** The first record that the node has to send, as soon as there is one. */
function sent(node: TestNode): Promise<StoredOutboxRecord> {
  return until('the node has something to send', async () => (await takeOutbox(node))[0]);
}

describe('Prefer: wait', () => {
  it('answers a filing with its position, once the router’s decision is back and not before', async () => {
    let isAnswered = false;
    const answer = file('wait=30').finally(() => (isAnswered = true));
    const record = await sent(city);
    expect(isAnswered).toBe(false);
    await exchange.deliver(await exchange.decide(record.value));
    const { status, json, headers } = await answer;
    expect(status).toBe(201);
    expect(headers.get('preference-applied')).toBe('wait=30');
    expect(json).toMatchObject({ routing: { outcome: 'placed', position: 1, code: null } });
    const act = { type: 'conclusion.issued', outcome: 'approved' };
    expect((await office.act(json!['practiceId'] as string, act)).json).not.toHaveProperty('routing');
    await takeOutbox(city);
  });

  it('tells that the router has parked it, and why', async () => {
    const answer = file('wait=30');
    const record = await sent(city);
    await exchange.park(city, record.value, 'KEY_REVOKED_BEFORE_ARRIVAL');
    expect((await answer).json).toMatchObject({
      routing: { outcome: 'parked', position: null, code: 'KEY_REVOKED_BEFORE_ARRIVAL' },
    });
  });

  it('answers 202 when nothing is back in time: it is filed all the same, and the same request waits on', async () => {
    const first = await file('wait=0', 'patient');
    expect([first.status, first.json?.['routing']]).toEqual([
      202,
      { outcome: 'pending', position: null, code: null },
    ]);
    const record = await sent(city);
    await exchange.deliver(await exchange.decide(record.value));
    const again = await file('wait=30', 'patient');
    expect(again.status).toBe(201);
    expect(again.json).toEqual({
      ...first.json,
      routing: { outcome: 'placed', position: 1, code: null },
    });
    expect(parsePracticeId(again.json?.['practiceId'] as string)).toBe(first.json?.['practiceId']);
  });

  it('does not hold up a node that stops: who waits is answered 202', async () => {
    const node = await TestNode.start(network, 'p_cr');
    const partner = await Partner.of(node);
    const body = new FormData();
    body.append('procedure', 'edilizia.scia');
    body.append('form', new Blob([new Uint8Array(exampleForm())], { type: 'application/xml' }), 'modulo.xml');
    body.append('territory', '019036');
    const answer = partner.call('/v1/practices', { method: 'POST', body, headers: { prefer: 'wait=50' } });
    await sent(node);
    await node.stop();
    expect((await answer).json).toMatchObject({ routing: { outcome: 'pending' } });
  });
});
