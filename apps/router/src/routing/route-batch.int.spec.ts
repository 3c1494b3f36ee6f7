import { afterAll, describe, expect, it } from 'vitest';
import { practiceKey, topics, type IpaCode } from '#contracts';
import { sha256Hex } from '#evidence';
import { aNetwork, anEvent, aPractice, freshDatabase, outboxRecord } from '#testing';
import { batchOf, TestRouter } from '../../test/test-router.ts';

const network = await aNetwork().founded();
const router = await TestRouter.open(await freshDatabase(), network);
afterAll(() => router.close());

const positions = (placed: readonly { author: string; position: number }[]) =>
  placed.map(({ author, position }) => `${position} ${author}`);

describe('a batch of events', () => {
  it('gives one practice one gapless order, whoever writes and in however many batches', async () => {
    const practice = aPractice(network);
    const filing = await practice.filedBy('c_d150').signed();
    expect(await router.deliver(outboxRecord(filing))).toEqual(['done']);
    const [asked, concluded, ended] = [
      await practice.actBy('p_cr', 'integration.requested').signed(),
      await practice.actBy('p_cr').signed(),
      await practice.actBy('c_d150', 'proceeding.ended').signed(),
    ];
    expect(await router.deliver(outboxRecord(asked), outboxRecord(ended))).toEqual(['done', 'done']);
    expect(await router.deliver(outboxRecord(concluded))).toEqual(['done']);
    expect(positions(await router.placed(practice.ref))).toEqual([
      '1 c_d150',
      '2 p_cr',
      '3 c_d150',
      '4 p_cr',
    ]);
  });

  it('is signed once for all its practices, and each decision verifies alone', async () => {
    const filings = await Promise.all(
      ['edilizia.scia', 'tributi.tari', 'pesca.licenza', 'edilizia.scia', 'edilizia.scia'].map(
        (code, index) =>
          anEvent(network, index % 2 === 0 ? 'c_d150' : 'c_d142')
            .procedure(code)
            .signed(),
      ),
    );
    await router.deliver(...filings.map((filing) => outboxRecord(filing)));
    const items = (await Promise.all(filings.map(({ event }) => router.placed(event.practice)))).flat();
    expect(items).toHaveLength(5);
    expect(new Set(items.map(({ decision }) => batchOf(decision).toString())).size).toBe(1);
    for (const [index, filing] of filings.entries()) {
      const decision = router.decisionIn(items[index]?.decision ?? Buffer.alloc(0));
      expect(decision.event).toMatchObject({
        author: filing.event.author.ipa,
        id: filing.event.id,
        digest: filing.digest,
      });
      expect(decision).toMatchObject({
        position: 1,
        router: 'router-1',
        registry: network.registry.current(),
      });
    }
  });

  it('sends the same bytes with the decision to every joined participant, and the decision to the routing topic', async () => {
    const filing = await anEvent(network).withFact('in-fascia-di-confine', 'true').signed();
    await router.deliver(outboxRecord(filing));
    const [event, decision, ...others] = (await router.outbox()).filter(
      ({ key }) => key === practiceKey(filing.event.practice),
    );
    const [placed] = await router.placed(filing.event.practice);
    expect(others).toEqual([]);
    expect(event?.topics).toEqual(['c_d150', 'c_b898', 'p_cr'].map((ipa) => topics.inbox(ipa as IpaCode)));
    expect(event?.value).toEqual(filing.bytes);
    expect(event?.headers).toEqual({ ...filing.headers, hub_decision: placed?.decision });
    expect(decision).toMatchObject({ topics: [topics.routing], value: placed?.decision });
    const { rules } = router.decisionIn(placed?.decision ?? Buffer.alloc(0));
    expect(rules.map(({ rule, matched }) => `${rule} ${matched}`)).toEqual([
      'provincia true',
      'comuni-confinanti true',
      'vigili-del-fuoco false',
    ]);
  });

  it('changes nothing when it is delivered again: no second decision, nothing sent twice', async () => {
    const practice = aPractice(network);
    const filing = await practice.filedBy('c_d150').signed();
    const act = await practice.actBy('p_cr').signed();
    const records = [outboxRecord(filing), outboxRecord(act)];
    await router.deliver(...records);
    const [placed, sent] = [await router.placed(practice.ref), await router.outbox()];
    expect(await router.deliver(...records, ...records)).toEqual(['done', 'done', 'done', 'done']);
    expect(await router.deliver(outboxRecord(act))).toEqual(['done']);
    expect(await router.placed(practice.ref)).toEqual(placed);
    expect(await router.outbox()).toEqual(sent);
  });

  it('takes one event once if it stands in the batch twice', async () => {
    const filing = await anEvent(network).signed();
    expect(await router.deliver(outboxRecord(filing), outboxRecord(filing))).toEqual(['done', 'done']);
    expect(await router.placed(filing.event.practice)).toHaveLength(1);
  });

  it('lets an id that another author has used go through', async () => {
    const first = await anEvent(network, 'c_d150').signed();
    const second = await anEvent(network, 'c_d142').id(first.event.id).signed();
    expect(await router.deliver(outboxRecord(first), outboxRecord(second))).toEqual(['done', 'done']);
    expect(await router.placed(second.event.practice)).toHaveLength(1);
  });

  it('waits for a registry version that is on its way, without keeping others waiting', async () => {
    const later = await network.announce({ kind: 'area.published', code: 'nuova', bodies: [] });
    const early = await anEvent(network)
      .with({ registry: { number: network.entries.length + 1, digest: sha256Hex(later) } })
      .signed();
    const other = await anEvent(network, 'c_d142').signed();
    expect(await router.deliver(outboxRecord(early), outboxRecord(other))).toEqual(['retry', 'done']);
    network.adopt(later);
    expect(await router.deliver(outboxRecord(early))).toEqual(['done']);
  });
});
