import { describe, expect, it } from 'vitest';
import { HealthRegistry } from '#platform';
import { realNetwork, TestNode, until } from '../authority.fixture.ts';
import { takeOutbox } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import { intakeHealth } from './intake-health.ts';
import { OutboxBound } from './outbox-bound.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150', { outbox: { records: 3, bytes: 1e9 } });
const office = await Partner.of(city);

describe('an outbox that nobody empties', () => {
  it('takes filings up to its bound, then answers 503 with Retry-After and keeps nothing of them, until there is room', async () => {
    const refused = await until('a filing is refused', async () => {
      const answer = await office.file();
      if (answer.status !== 201) return answer;
      return undefined;
    });
    expect([refused.status, refused.json?.['code']]).toEqual([503, 'OUTBOX_FULL']);
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(refused.json?.['detail']).toContain('(BROKER_UNAVAILABLE)');
    const practices = await city.rows('select uuid from practice');
    const documents = await city.rows('select document_id from document');
    expect(await city.stored()).toHaveLength(documents.length);
    const act = await office.act('1'.repeat(8) + '-1111-4111-8111-111111111111', { type: 'event.voided' });
    expect(act.json?.['code']).toBe('OUTBOX_FULL');
    expect(await takeOutbox(city)).toHaveLength(practices.length);
    await until('filings are taken again', async () =>
      (await office.file()).status === 201 ? true : undefined,
    );
  });

  it('says so in the node’s health, by records or by bytes', async () => {
    const told = async (limits: { records: number; bytes: number }): Promise<unknown> => {
      const health = new HealthRegistry();
      intakeHealth(health, new OutboxBound(city.parts.work, limits, () => null));
      return (await health.check()).checks['intake'];
    };
    expect(await told({ records: 1, bytes: 1e9 })).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining('OUTBOX_FULL') as string,
    });
    expect(await told({ records: 1e6, bytes: 1 })).toMatchObject({ status: 'degraded' });
    expect(await told({ records: 1e6, bytes: 1e9 })).toEqual({ status: 'up' });
  });
});
