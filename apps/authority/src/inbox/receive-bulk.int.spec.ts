/** A batch is one piece of work for the database, and to everyone who looks its records came one by one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topics, type IpaCode } from '#contracts';
import { signReceipts } from '#evidence';
import { done, hold, park, type IncomingRecord } from '#messaging';
import { aDecision, bufferHeaders, countedWork, inboxRecord, over } from '#testing';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { Exchange, receiptsIn, takeOutbox } from '../exchange.fixture.ts';
import { idOf, TestInbox } from '../inbox.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import { ReceiveBatch } from './receive-batch.ts';

const network = await realNetwork();
const IPA = 'p_cr';
const province = await TestNode.start(network, IPA);
const inbox = await TestInbox.of(province);

/** Another node of the same body, which gets what the first gets. */
const twin = await TestNode.start(network, IPA);

let offsets = 0;
const place = (topic: string) => ({ topic, partition: 0, offset: `b${(offsets += 1)}` });

/** A practice with `acts` acts, and one more for position 2 that only the fold can tell does not fit. */
async function withMisfit(acts: number) {
  const made = await inbox.practice(acts);
  const { practice, participants } = made;
  const strange = await practice
    .actBy('c_d150', 'integration.requested')
    .with({ procedure: { code: 'pesca.licenza', version: 1 } })
    .signed();
  return { ...made, misfit: inboxRecord(await aDecision(strange, 2, { participants }), IPA) };
}

/** What an outsider can tell of a node, but for what is named by chance. */
async function told(node: TestNode, practices: readonly string[]) {
  const of = (table: string, columns: string, order: string): Promise<object[]> =>
    node.rows(`select ${columns} from ${table} where uuid = any($1) order by ${order}`, [practices]);
  return {
    practices: await of('practice', 'owner, uuid, cui, part, state, position, participants', 'uuid'),
    events: await of(
      'event',
      'author, event_id, position, status, out_of_flow, digest, sha256(bytes) as bytes, sha256(decision) as decision',
      'uuid, position',
    ),
    documents: await of('document', 'author, event_id, document_id, role, status', 'document_id'),
    feed: await of('feed', 'kind, author, event_id, type, position', 'id'),
    receipts: receiptsIn(await takeOutbox(node)).map(({ kind, code, event, position }) => ({
      kind,
      code,
      event,
      position,
    })),
    parked: await node.rows('select origin, code, status, bytes from quarantine order by id'),
    seen: await node.rows('select author, event_id from seen order by author, event_id'),
  };
}

/** In one batch, an event whose place a misfit holds is parked, the misfit goes when its turn comes, the event comes again. */
const PARKED_AND_DELIVERED_AGAIN: [number[], number[]][] = [
  [[4, 5, 0, 1, 2, 3, 6, 7], Array<number>(12).fill(12)],
  [
    [3, 2, 9, 4, 7, 6, 5, 1, 0, 11, 8, 10],
    [3, 9, 3, 2, 1, 2, 2, 9, 1, 4, 9, 11],
  ],
];

describe('a batch', () => {
  it('has the effects that its records have one by one, however they are ordered and cut, misfits among them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...Array(12).keys()], { minLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 12, maxLength: 12 }),
        async (order, sizes) => {
          const [one, two] = [await withMisfit(3), await withMisfit(3)];
          const all = [
            ...one.records,
            one.misfit,
            one.records[1]!,
            ...two.records,
            two.misfit,
            two.records[0]!,
          ];
          const records = order.map((index) => all[index]!);
          for (const record of records) await twin.receive.run([record]);
          for (let from = 0, n = 0; from < records.length; from += sizes[n++]!)
            await inbox.receive(...records.slice(from, from + sizes[n]!));
          const practices = [idOf(one.practice), idOf(two.practice)];
          expect(await told(province, practices)).toEqual(await told(twin, practices));
        },
      ),
      { numRuns: 8, examples: PARKED_AND_DELIVERED_AGAIN },
    );
  });

  it('folds several events of one practice, in every order', async () => {
    const orders = permutations([0, 1, 2, 3]);
    const practices = await Promise.all(orders.map(() => inbox.practice(3)));
    const records = [0, 1, 2, 3].flatMap((step) =>
      practices.map((made, index) => made.records[orders[index]![step]!]!),
    );
    const outcomes = await inbox.receive(...records);
    expect(outcomes.every(({ kind }) => kind === 'done' || kind === 'hold')).toBe(true);
    for (const { practice } of practices) {
      expect(await inbox.timeline(practice)).toEqual([1, 2, 3, 4].map((position) => `${position} accepted`));
      const feed = await province.rows('select position from feed where uuid = $1 order by id', [
        idOf(practice),
      ]);
      expect(feed).toEqual([1, 2, 3, 4].map((position) => ({ position })));
    }
  });

  it('parks a misfit between two practices alone, and gives its position to the event that fits', async () => {
    const [one, two] = [await withMisfit(2), await inbox.practice(2)];
    const [a1, a2, a3] = one.records;
    const [b1, b2, b3] = two.records;
    expect(await inbox.receive(b2!, a1!, one.misfit, b1!, a3!, b3!, a2!)).toEqual([
      hold('POSITION_UNEXPECTED'),
      done(),
      park('DECISION_MISMATCH'),
      done(),
      hold('POSITION_UNEXPECTED'),
      done(),
      done(),
    ]);
    const whole = ['1 accepted', '2 accepted', '3 accepted'];
    expect(await inbox.timeline(one.practice)).toEqual(whole);
    expect(await inbox.timeline(two.practice)).toEqual(whole);
    expect((await inbox.parked()).at(-1)).toMatchObject({ code: 'DECISION_MISMATCH' });
  });

  it('parks what came early in it and does not fit, as not seen; those behind it go on waiting', async () => {
    const { practice, records, misfit } = await withMisfit(2);
    const [a1, a2, a3] = records;
    const before = (await inbox.parked()).length;
    expect(await inbox.receive(misfit, a3!, a1!)).toEqual([
      hold('POSITION_UNEXPECTED'),
      hold('POSITION_UNEXPECTED'),
      done(),
    ]);
    expect(await inbox.timeline(practice)).toEqual(['1 accepted', '3 waiting']);
    expect(await inbox.parked()).toHaveLength(before + 1);
    expect(await inbox.receive(misfit)).toEqual([park('DECISION_MISMATCH')]);
    expect(await inbox.receive(a2!)).toEqual([done()]);
    expect(await inbox.timeline(practice)).toEqual(['1 accepted', '2 accepted', '3 accepted']);
    const other = await withMisfit(1);
    expect(await inbox.receive(other.misfit, ...other.records)).toEqual([
      hold('POSITION_UNEXPECTED'),
      done(),
      done(),
    ]);
  });

  it('that closes a gap folds everything that waited behind it, however little of that fits into memory at once', async () => {
    const { practice, records } = await inbox.practice(5);
    const [first, second, third, ...others] = records;
    await inbox.receive(first!, ...others);
    const small = new ReceiveBatch(province.parts, { waitingBytes: 1 });
    const another = await inbox.practice(0);
    expect(await small.run([second!, third!, another.first])).toEqual([done(), done(), done()]);
    expect(await inbox.timeline(practice)).toEqual(
      [1, 2, 3, 4, 5, 6].map((position) => `${position} accepted`),
    );
    const kinds = receiptsIn(await takeOutbox(province))
      .filter(({ practice: { uuid } }) => uuid === idOf(practice))
      .map(({ kind, position }) => `${kind} ${position}`);
    expect(kinds.filter((kind) => kind.startsWith('received'))).toEqual(
      [1, 2, 3, 4, 5, 6].map((position) => `received ${position}`),
    );
  });

  it('leaves nothing when its transaction fails', async () => {
    const { practice, records, misfit } = await withMisfit(2);
    const count = () =>
      province.rows(
        ['event', 'practice', 'seen', 'feed', 'document', 'quarantine', 'outbox']
          .map((table) => `select '${table}' as what, count(*) as n from ${table}`)
          .join(' union all '),
      );
    const before = await count();
    const silent = over(province.parts.signer, { sign: () => Promise.reject(new Error('the key is away')) });
    const failing = new ReceiveBatch(over(province.parts, { signer: silent }));
    await expect(failing.run([...records, misfit])).rejects.toThrow('the key is away');
    expect(await count()).toEqual(before);
    expect(await inbox.receive(...records)).toEqual([done(), done(), done()]);
    expect(await inbox.timeline(practice)).toHaveLength(3);
  });

  it('that brings an own event and the notice that it was parked shows it in its place, whichever comes first', async () => {
    for (const noticeFirst of [true, false]) {
      const city = await TestNode.start(network, 'c_d150');
      const office = await Partner.of(city);
      const { practiceId } = await office.filed();
      const [sent] = await takeOutbox(city);
      const own = inboxRecord(await new Exchange(network, city).decide(sent!.value), city.ipa);
      const notice: IncomingRecord = {
        ...own,
        ...place(topics.inbox(city.ipa)),
        headers: bufferHeaders({ hub_class: 'parked', hub_code: 'REGISTRY_VERSION_UNKNOWN' }),
      };
      const batch = noticeFirst ? [notice, own, notice] : [own, notice];
      expect(await city.receive.run(batch)).toEqual(batch.map(() => done()));
      expect(await office.get(`/v1/practices/${practiceId}`)).toMatchObject({
        events: [{ status: 'accepted', position: 1, parkedCode: null }],
      });
      const kinds = await city.rows<{ kind: string }>('select kind from feed order by id');
      expect(kinds.map(({ kind }) => kind)).toEqual(noticeFirst ? ['parked', 'event'] : ['event']);
    }
  });
});

describe('the round trips of a batch', () => {
  /** Statements for a batch that brings `n` of each kind of record. */
  async function statementsFor(n: number): Promise<string[]> {
    const counted = countedWork(province.parts.work);
    const receive = new ReceiveBatch(over(province.parts, { work: counted.work }));
    const records: IncomingRecord[] = [];
    for (let index = 0; index < n; index += 1) {
      const [whole, late] = [await withMisfit(1), await inbox.practice(2)];
      await inbox.receive(late.records[0]!, late.records[2]!);
      records.push(
        ...whole.records,
        whole.misfit,
        late.records[1]!,
        late.first,
        { ...whole.first, headers: bufferHeaders({ hub_class: 'rumour' }), ...place('t') },
        await aReceipt(whole.decided[0]!.decision.event.id),
        {
          ...whole.first,
          headers: bufferHeaders({ hub_class: 'parked', hub_code: 'EVENT_VOIDED' }),
          ...place('t'),
        },
      );
    }
    const outcomes = await receive.run(records);
    expect(outcomes.map(({ kind }) => kind).join(' ')).toBe(
      Array.from({ length: n }, () => 'done done park done done park done done').join(' '),
    );
    return counted.statements;
  }

  async function aReceipt(id: string): Promise<IncomingRecord> {
    const [event] = (await inbox.practice(0)).decided;
    const { items } = await signReceipts(
      [
        {
          version: '1.0',
          kind: 'received',
          by: 'c_d142' as IpaCode,
          time: new Date().toISOString(),
          event: { author: IPA as IpaCode, id: id as never, digest: event!.decision.event.digest },
          practice: event!.decision.practice,
          position: 1,
          code: null,
          registration: null,
          cancellation: null,
        },
      ],
      network.signerOf('c_d142'),
      new Date(),
    );
    return {
      ...place(topics.inbox(IPA as IpaCode)),
      key: null,
      value: items[0]!,
      headers: bufferHeaders({ hub_class: 'receipt' }),
      timestamp: new Date(),
    };
  }

  it('are as many for one record of each kind as for sixteen', async () => {
    const [few, many] = [await statementsFor(1), await statementsFor(16)];
    expect(many).toEqual(few);
  });

  it('are as many for one event as for 64', async () => {
    const counts = [];
    for (const events of [1, 64]) {
      const counted = countedWork(province.parts.work);
      const made = await Promise.all(Array.from({ length: events }, () => inbox.practice(0)));
      await new ReceiveBatch(over(province.parts, { work: counted.work })).run(
        made.map(({ first }) => first),
      );
      counts.push(counted.statements.length);
    }
    expect(counts[1]).toBe(counts[0]);
    expect(counts[0]).toBeLessThanOrEqual(14);
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}
