import { beforeAll, describe, expect, it } from 'vitest';
import { parseIpaCode, stateDigest, type Participant, type PracticeState } from '#contracts';
import { verifyReceipt } from '#evidence';
import { done, hold } from '#messaging';
import { aDecision, aPractice, inboxRecord } from '#testing';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { receiptsIn, takeOutbox } from '../exchange.fixture.ts';
import { idOf, TestInbox } from '../inbox.fixture.ts';

const network = await realNetwork();
const province = await TestNode.start(network, 'p_cr');
const inbox = await TestInbox.of(province);
const { partner } = inbox;
const IPA = 'p_cr';

describe('what comes in the inbox', () => {
  beforeAll(async () => {
    await takeOutbox(province);
  });

  it('is folded in position order, receipted in one batch, and told in the feed', async () => {
    const { practice, records, decided } = await inbox.practice(2);
    expect(await inbox.receive(...records)).toEqual([done(), done(), done()]);
    expect(await inbox.timeline(practice)).toEqual(['1 accepted', '2 accepted', '3 accepted']);
    const sent = await takeOutbox(province);
    expect(receiptsIn(sent).map(({ kind, position, by }) => `${by} ${kind} ${position}`)).toEqual([
      'p_cr received 1',
      'p_cr received 2',
      'p_cr received 3',
    ]);
    for (const [index, { value }] of sent.entries()) {
      const { receipt } = verifyReceipt(value, network.registry, new Date());
      expect(receipt.event.digest).toBe(decided[index]?.decision.event.digest);
    }
    const batches = new Set(
      sent.map(({ value }) => verifyReceipt(value, network.registry, new Date()).batchDigest),
    );
    expect(batches.size).toBe(1);
    const feed = await province.rows(`select kind, position from feed where uuid = $1 order by id`, [
      idOf(practice),
    ]);
    expect(feed).toEqual([1, 2, 3].map((position) => ({ kind: 'event', position })));
  });

  it('waits, that practice only, when it is early, and follows as soon as the gap is filled', async () => {
    const early = await inbox.practice(3);
    const other = await inbox.practice(0);
    const [first, second, third, fourth] = early.records;
    expect(await inbox.receive(fourth!, second!, other.records[0]!)).toEqual([
      hold('POSITION_UNEXPECTED'),
      hold('POSITION_UNEXPECTED'),
      done(),
    ]);
    expect((await partner.call(`/v1/practices/${idOf(early.practice)}`)).status).toBe(404);
    expect(await inbox.receive(first!)).toEqual([done()]);
    expect(await inbox.timeline(early.practice)).toEqual(['1 accepted', '2 accepted', '4 waiting']);
    expect(await inbox.receive(third!)).toEqual([done()]);
    expect(await inbox.timeline(early.practice)).toEqual([
      '1 accepted',
      '2 accepted',
      '3 accepted',
      '4 accepted',
    ]);
    const kinds = receiptsIn(await takeOutbox(province))
      .filter(({ practice }) => practice.uuid === early.practice.ref.uuid)
      .map(({ kind, position }) => `${kind} ${position}`);
    expect(kinds).toEqual(['held 4', 'held 2', 'received 1', 'received 2', 'received 3', 'received 4']);
  });

  it('changes nothing when it comes again, in the same batch or later, in whatever order', async () => {
    const { practice, records } = await inbox.practice(2);
    const [one, two, three] = records;
    await inbox.receive(three!, one!, one!, two!, three!);
    await takeOutbox(province);
    const before = await partner.get(`/v1/practices/${idOf(practice)}`);
    const [feed] = await province.rows<{ n: string }>('select count(*) as n from feed');
    expect(await inbox.receive(...records.toReversed(), ...records)).toEqual(
      records.concat(records).map(() => done()),
    );
    expect(await partner.get(`/v1/practices/${idOf(practice)}`)).toEqual(before);
    expect(await takeOutbox(province)).toEqual([]);
    expect(await province.rows('select count(*) as n from feed')).toEqual([feed]);
  });

  it('is marked when it fits no row of the life cycle, and moves nothing', async () => {
    const practice = aPractice(network);
    const filing = await aDecision(await practice.filedBy('c_d150').signed(), 1);
    const { participants } = filing.decision;
    const odd = await aDecision(await practice.actBy('c_d150', 'integration.provided').signed(), 2, {
      participants,
    });
    await inbox.receive(inboxRecord(filing, IPA), inboxRecord(odd, IPA));
    const view = await partner.get<{ state: string; events: { outOfFlow: boolean }[] }>(
      `/v1/practices/${idOf(practice)}`,
    );
    expect(view.events.map(({ outOfFlow }) => outOfFlow)).toEqual([false, true]);
  });

  it('may bear an event id that another author has used', async () => {
    const { practice, participants, records } = await inbox.practice(0);
    const own = await practice.actBy('c_d150', 'integration.requested').signed();
    const same = await practice.actBy('p_cr').id(own.event.id).signed();
    const second = await aDecision(own, 2, { participants });
    const third = await aDecision(same, 3, { participants });
    expect(await inbox.receive(...records, inboxRecord(second, IPA), inboxRecord(third, IPA))).toEqual([
      done(),
      done(),
      done(),
    ]);
    const path = `/v1/practices/${idOf(practice)}/events/${own.event.id}`;
    expect((await partner.call(path)).json).toMatchObject({ code: 'EVENT_AMBIGUOUS' });
    expect((await partner.call(`${path}?author=P_CR`)).bytes.equals(same.bytes)).toBe(true);
    expect((await partner.call(`${path}?author=c_d150`)).bytes.equals(own.bytes)).toBe(true);
    const { json } = await partner.call(`${path}/decision?author=c_d150`);
    expect(json).toMatchObject({ decision: { position: 2 }, signed: second.item.toString('base64') });
  });
});

describe('two nodes', () => {
  it('that get one practice in different orders and batches fold it to the same state digest', async () => {
    const crema = await TestNode.start(network, 'c_d142');
    const practice = aPractice(network);
    const filing = await aDecision(await practice.filedBy('c_d150').signed(), 1);
    const [owner, opinion] = filing.decision.participants as [Participant, Participant];
    const participants = [owner, opinion, { ...opinion, ipa: parseIpaCode('c_d142') }];
    const all = [await aDecision(filing.signed, 1, { participants })];
    for (let position = 2; position <= 12; position += 1) {
      const author = (['c_d150', 'p_cr', 'c_d142'] as const)[position % 3]!;
      const type = author === 'c_d150' ? 'integration.requested' : 'conclusion.issued';
      all.push(await aDecision(await practice.actBy(author, type).signed(), position, { participants }));
    }
    await province.receive.run(all.map((one) => inboxRecord(one, 'p_cr')));
    for (const one of all.toReversed()) await crema.receive.run([inboxRecord(one, 'c_d142')]);
    const digests = await Promise.all(
      [province, crema].map(async (node) => {
        const [row] = await node.rows<{ state: PracticeState }>(
          'select state from practice where uuid = $1',
          [idOf(practice)],
        );
        return { position: row!.state.position, digest: stateDigest(row!.state) };
      }),
    );
    expect(digests[0]).toEqual({ position: 12, digest: digests[1]!.digest });
  });
});
