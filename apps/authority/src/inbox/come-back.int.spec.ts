import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseIpaCode, routeClosing, topics } from '#contracts';
import { signReceipts } from '#evidence';
import { done, park, retry, type IncomingRecord } from '#messaging';
import { aDecision, aPractice, bufferHeaders, inboxRecord } from '#testing';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { Exchange, takeOutbox } from '../exchange.fixture.ts';
import { TestInbox } from '../inbox.fixture.ts';
import { Partner } from '../partner.fixture.ts';

const network = await realNetwork();
const province = await TestNode.start(network, 'p_cr');
const inbox = await TestInbox.of(province);
const { partner } = inbox;
const IPA = 'p_cr';

describe('what comes back to the author', () => {
  it('makes its provisional event accepted, at its position, with the same bytes', async () => {
    const city = await TestNode.start(network, 'c_d150');
    const office = await Partner.of(city);
    const { practiceId, eventId } = await office.filed();
    const path = `/v1/practices/${practiceId}`;
    const event = await office.call(`${path}/events/${eventId}`);
    expect(await office.get(path)).toMatchObject({
      position: 0,
      events: [{ status: 'provisional', position: null }],
    });
    await new Exchange(network, city, province).settle();
    const view = await office.get<{ events: unknown[]; receipts: unknown[]; participants: unknown[] }>(path);
    expect(view).toMatchObject({
      position: 1,
      part: 'owner',
      events: [{ status: 'accepted', position: 1, eventId }],
    });
    expect(view.receipts).toMatchObject([{ by: 'p_cr', kind: 'received', position: 1 }]);
    expect((await office.call(`${path}/events/${eventId}`)).bytes.equals(event.bytes)).toBe(true);
    expect((await partner.call(`${path}/events/${eventId}`)).bytes.equals(event.bytes)).toBe(true);
    expect(await partner.get(path)).toMatchObject({ part: 'opinion', owner: 'c_d150' });
    expect((await partner.call(`${path}/receipt`)).json).toMatchObject({ code: 'RECEIPT_NOT_HERE' });
  });

  it('as parked by the router is shown with the code, once; a later place mends it', async () => {
    const city = await TestNode.start(network, 'c_d150');
    const office = await Partner.of(city);
    const { practiceId } = await office.filed();
    const [sent] = await takeOutbox(city);
    const notice: IncomingRecord = {
      topic: topics.inbox(city.ipa),
      partition: 0,
      offset: '1',
      key: null,
      value: sent!.value,
      headers: bufferHeaders({ hub_class: 'parked', hub_code: 'REGISTRY_VERSION_UNKNOWN' }),
      timestamp: new Date(),
    };
    expect(await city.receive.run([notice, notice])).toEqual([done(), done()]);
    const path = `/v1/practices/${practiceId}`;
    expect(await office.get(path)).toMatchObject({
      events: [{ status: 'parked', parkedCode: 'REGISTRY_VERSION_UNKNOWN' }],
    });
    expect(await city.rows(`select kind from feed`)).toEqual([{ kind: 'parked' }]);
    const strange = { ...notice, offset: '2', headers: bufferHeaders({ hub_class: 'parked' }) };
    expect(await city.receive.run([strange])).toEqual([park('PARKED_NOTICE_MALFORMED')]);
    const exchange = new Exchange(network, city);
    await exchange.deliver(await exchange.decide(sent!.value));
    expect(await office.get(path)).toMatchObject({ events: [{ status: 'accepted', parkedCode: null }] });
    expect(await city.receive.run([{ ...notice, offset: '3' }])).toEqual([done()]);
    expect(await office.get(path)).toMatchObject({ events: [{ status: 'accepted' }] });
  });

  it('as a receipt for another body’s event, by another than who speaks, or (tried for 15 minutes) from the future, is parked', async () => {
    const { decided } = await inbox.practice(0);
    const { event, practice } = decided[0]!.decision;
    const receiptBy = async (by: string, signer: string, author = event.author, aheadMs = 0) => {
      const receipt = {
        version: '1.0',
        kind: 'received' as const,
        by: parseIpaCode(by),
        time: new Date().toISOString(),
        event: { author, id: event.id, digest: event.digest },
        practice,
        position: 1,
        code: null,
        registration: null,
        cancellation: null,
      };
      const { items } = await signReceipts(
        [receipt],
        network.signerOf(signer),
        new Date(Date.now() + aheadMs),
      );
      return {
        topic: topics.inbox(parseIpaCode(IPA)),
        partition: 0,
        offset: `receipt ${createHash('md5').update(items[0]!).digest('hex')}`,
        key: null,
        value: items[0]!,
        headers: bufferHeaders({ hub_class: 'receipt' }),
        timestamp: new Date(),
      };
    };
    expect(await inbox.receive(await receiptBy('c_d142', 'c_d142'))).toEqual([park('RECEIPT_NOT_OURS')]);
    const own = parseIpaCode(IPA);
    expect(await inbox.receive(await receiptBy('c_d142', 'c_b898', own))).toEqual([
      park('CERTIFICATE_NOT_OF_AUTHOR'),
    ]);
    const ahead = await receiptBy('c_d142', 'c_d142', own, 3_600_000);
    expect(await inbox.receive(ahead)).toEqual([retry(500)]);
    const tried = { ...ahead, timestamp: new Date(Date.now() - 15 * 60_000) };
    expect(await inbox.receive(tried)).toEqual([park('SIGNING_TIME_IN_FUTURE')]);
    const good = await receiptBy('c_d142', 'c_d142', own);
    expect(await inbox.receive(good, good)).toEqual([done(), done()]);
    expect(await province.rows('select bytes from receipt where by = $1', ['c_d142'])).toEqual([
      { bytes: good.value },
    ]);
  });

  it('of a filing under a procedure that nobody knows, its void closes the practice', async () => {
    const practice = aPractice(network);
    const refused = await practice.filedBy(IPA).procedure('edilizia.ignota').signed();
    const voided = await practice.voidedBy(IPA, refused).signed();
    const { participants } = routeClosing(voided.event, network.registry);
    const decided = await aDecision(voided, 1, { participants });
    expect(await inbox.receive(inboxRecord(decided, IPA))).toEqual([done()]);
    expect(await inbox.timeline(practice)).toEqual(['1 accepted']);
    expect(await partner.get(`/v1/practices/${practice.ref.uuid}`)).toMatchObject({
      state: 'started',
      procedure: 'edilizia.ignota',
    });
  });

  it('and is delivered again after a key was revoked, is what was accepted, not parked', async () => {
    const own = await realNetwork();
    const city = await TestNode.start(own, 'c_d150');
    const neighbour = await TestNode.start(own, 'p_cr');
    const exchange = new Exchange(own, city, neighbour);
    await (await Partner.of(city)).filed();
    const [sent] = await takeOutbox(city);
    const decided = await exchange.decide(sent?.value ?? Buffer.alloc(0));
    await exchange.deliver(decided);
    await own.revoke('router-1', new Date(Date.now() - 60_000));
    expect(await exchange.hand(neighbour, inboxRecord(decided, 'p_cr', { offset: 'again' }))).toEqual(done());
    const other = await exchange.decide(sent?.value ?? Buffer.alloc(0));
    expect(await exchange.hand(neighbour, inboxRecord(other, 'p_cr', { offset: 'other' }))).toEqual(
      park('KEY_REVOKED_BEFORE_ARRIVAL'),
    );
  });
});
