import { describe, expect, it } from 'vitest';
import { partnerLine } from '#node';
import { HealthRegistry } from '#platform';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import { Exchange } from '../exchange.fixture.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150');
const province = await TestNode.start(network, 'p_cr');
const office = await Partner.of(city);
const counter = await Partner.of(province);
const exchange = new Exchange(network, city, province);

const ZERO = [
  'webhooks_retrying',
  'webhooks_oldest_failing_age_seconds',
  'webhooks_suspended',
  'quarantine_parked_entries',
  'quarantine_oldest_parked_age_seconds',
  ...['waiting_events', 'parked_records', 'documents_due', 'unreceived_events'].map(
    (name) => `partner_${name}`,
  ),
];

async function lineAt(partner: Partner, about: string) {
  const { partners } = await partner.get<{ readonly partners: readonly unknown[] }>('/v1/partners');
  const lines = partners.map((line) => partnerLine.parse(line));
  return lines.find((line) => line.partner === about);
}

describe('what a node tells of its partners', () => {
  it('has every figure that an alarm is set on while it is zero, too', async () => {
    const metrics = (await counter.call('/metrics')).bytes.toString();
    for (const figure of ZERO) expect(metrics).toMatch(new RegExp(`^${figure}\\{[^}]*\\} 0$`, 'm'));
    const { checks } = await province.http.app.get(HealthRegistry).check();
    expect(checks['webhooks']).toEqual({ status: 'up', detail: '0 active' });
  });

  it('counts what a partner was sent and has not said to have received, until it says so', async () => {
    expect(await lineAt(office, 'p_cr')).toMatchObject({ unreceived: 0, lastHeardAt: null, lag: null });
    await office.filed();
    const [event] = await city.rows<{ bytes: Buffer }>('select bytes from event');
    const decided = await exchange.decide(event!.bytes);
    await exchange.deliver(decided);
    expect(await lineAt(office, 'p_cr')).toMatchObject({ unreceived: 1, lastHeardAt: null });
    // The same again is nothing new.
    await exchange.deliver(decided);
    expect(await lineAt(office, 'p_cr')).toMatchObject({ unreceived: 1 });
    await exchange.settle();
    const heard = await lineAt(office, 'p_cr');
    expect(heard).toMatchObject({ unreceived: 0, lastHeardAt: expect.any(String) as string });
    expect(await lineAt(counter, 'c_d150')).toMatchObject({
      unreceived: 0,
      retrying: expect.any(Number) as number,
    });
    expect((await lineAt(counter, 'c_d150'))?.retrying).toBeGreaterThan(0);
  });

  it('lists members with whom there is nothing yet, and not itself', async () => {
    const { partners } = await office.get<{ readonly partners: readonly { readonly partner: string }[] }>(
      '/v1/partners',
    );
    expect(partners.map(({ partner }) => partner)).toEqual(['c_b898', 'c_d142', 'p_cr']);
  });
});
