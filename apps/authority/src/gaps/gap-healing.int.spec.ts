import { afterAll, describe, expect, it } from 'vitest';
import { createLogger } from '#platform';
import { aDecision, aPractice, inboxRecord, type DecidedEvent } from '#testing';
import { realNetwork, TestNode, until } from '../authority.fixture.ts';
import { takeOutbox } from '../exchange.fixture.ts';
import { idOf, TestInbox } from '../inbox.fixture.ts';
import { GapHealing } from './gap-healing.ts';
import type { GapView } from './gap-store.ts';
import { JudgeFetched } from './judge-fetched.ts';
import { Liar, pageOf, placedJson, transportOf } from './peers.fixture.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150');
const province = await TestNode.start(network, 'p_cr');
const inbox = await TestInbox.of(province);
const router = await Liar.start('router-1');
const logger = createLogger('test', { level: 'silent' });
const NOBODY = 'https://127.0.0.1:9';

/** The Provincia looks for what it misses until the promise has come true. */
async function whileHealing(
  routers: readonly string[],
  work: () => Promise<void>,
  instances = 1,
): Promise<void> {
  const judge = new JudgeFetched(province.parts, province.receive);
  const settings = {
    parts: province.parts,
    judge,
    tls: transportOf('p_cr'),
    logger,
    patienceMs: 0,
    pollMs: 20,
  };
  const healings = Array.from(
    { length: instances },
    () => new GapHealing({ ...settings, routers, taken: () => undefined }),
  );
  for (const healing of healings) healing.start();
  try {
    await work();
  } finally {
    await Promise.all(healings.map((healing) => healing.close()));
  }
}

/** A practice of which the Provincia misses the events at `missing`. */
async function practiceWithGap(acts: number, ...missing: number[]) {
  const made = await inbox.practice(acts);
  const arrived = made.records.filter((_, index) => !missing.includes(index + 1));
  await inbox.receive(...arrived);
  return made;
}

const gapsOf = async (practice: { ref: { uuid: string } }): Promise<readonly GapView[]> => {
  const { gaps } = await inbox.partner.get<{ gaps: GapView[] }>('/v1/gaps');
  return gaps.filter(({ practiceId }) => practiceId === practice.ref.uuid);
};

const everythingOf = async (
  practice: Parameters<typeof idOf>[0] & Parameters<typeof gapsOf>[0],
  count: number,
) =>
  until(`${count} events in their places`, async () => {
    const [row] = await province.rows<{ n: number }>(
      `select count(*)::int as n from event where uuid = $1 and status = 'accepted'`,
      [idOf(practice)],
    );
    return row?.n === count ? true : undefined;
  });

/** Everything that the node has written, but for what it notes of gaps themselves. */
const written = () =>
  province.rows(
    `select (select count(*) from event) as events, (select count(*) from seen) as seen,
            (select count(*) from quarantine) as quarantine, (select count(*) from feed) as feed,
            (select count(*) from outbox) as outbox`,
  );

describe('a gap', () => {
  it('heals by asking the router, which is asked first, and receipts what it gave', async () => {
    const { practice, decided } = await practiceWithGap(3, 2, 3);
    await takeOutbox(province);
    router.answer = (path) => ({ body: pageOf(decided, path) });
    await whileHealing([router.url], async () => {
      await everythingOf(practice, 4);
      await until('the gap is gone', async () => ((await gapsOf(practice)).length === 0 ? true : undefined));
    });
    expect(router.asked).toEqual([`/v1/practices/c_d150/${idOf(practice)}/events?from=2&to=3`]);
    expect((await takeOutbox(province)).length).toBe(3);
  });

  it('may be of the filing itself, and of more pages than one', async () => {
    const { practice, decided } = await practiceWithGap(4, 1, 2, 3, 4);
    router.answer = (path) => {
      const { events, head } = pageOf(decided, path);
      return { body: { events: events.slice(0, 1), head, more: events.length > 1 } };
    };
    await whileHealing([router.url], async () => {
      await everythingOf(practice, 5);
    });
  });

  it('heals from another participant when no router answers', async () => {
    const { practice, decided, records } = await practiceWithGap(2, 2);
    await city.receive.run(decided.map((one) => inboxRecord(one, 'c_d150')));
    await whileHealing([NOBODY], async () => {
      await everythingOf(practice, records.length);
    });
  });

  it('is asked for by one of two instances of a node', async () => {
    const { practice, decided } = await practiceWithGap(2, 2);
    router.asked.length = 0;
    router.answer = (path) => ({ body: pageOf(decided, path) });
    const work = async (): Promise<void> => {
      await everythingOf(practice, 3);
    };
    await whileHealing([router.url], work, 2);
    expect(router.asked).toHaveLength(1);
  });

  it('is shown while nobody can fill it: since when, and what each neighbour said; and heals when the event comes', async () => {
    const { practice, records } = await practiceWithGap(2, 2);
    router.answer = () => ({ status: 404, body: { code: 'PRACTICE_NOT_FOUND' } });
    await whileHealing([router.url], async () => {
      await until('it was asked for', async () =>
        (await gapsOf(practice))[0]?.attempts === 1 ? true : undefined,
      );
    });
    const [gap] = await gapsOf(practice);
    expect(gap).toMatchObject({ missing: { from: 2, to: 2 }, waiting: 1, owner: 'c_d150' });
    expect(gap?.asked.map(({ holder, code }) => `${holder} ${code}`)).toEqual([
      'router PEER_REFUSED',
      'c_d150 PEER_REFUSED',
    ]);
    expect(Date.parse(gap?.nextAttemptAt ?? '')).toBeGreaterThan(Date.parse(gap?.asked[1]?.at ?? ''));
    const shown = await inbox.partner.get<{ waiting: GapView }>(`/v1/practices/${idOf(practice)}`);
    expect(shown.waiting).toEqual(gap);
    await inbox.receive(records[1]!);
    expect(await gapsOf(practice)).toEqual([]);
  });

  it('of one practice holds up no other', async () => {
    const { practice } = await practiceWithGap(1, 1);
    const other = await practiceWithGap(2);
    expect(await inbox.timeline(other.practice)).toEqual(['1 accepted', '2 accepted', '3 accepted']);
    expect(await gapsOf(practice)).toHaveLength(1);
  });
});

describe('a neighbour that lies', () => {
  type Lie = (true_: DecidedEvent, others: readonly DecidedEvent[]) => unknown;
  const page = (...events: unknown[]) => ({ events, head: 9, more: true });
  const flip = (bytes: Buffer): string => {
    const copy = Buffer.from(bytes);
    copy[copy.lastIndexOf('</')] = 0x20;
    return copy.toString('base64');
  };
  const forged = (text: Buffer, from: RegExp, to: string): string =>
    Buffer.from(text.toString().replace(from, to)).toString('base64');

  it.each<[string, Lie, string]>([
    ['gives another position', (_, [first]) => page(placedJson(first!)), 'PEER_ANSWER_INVALID'],
    [
      'says of another event that it is the one',
      (_, [first]) => page({ ...placedJson(first!), position: 2 }),
      'PEER_ANSWER_INVALID',
    ],
    [
      'gives an event of another practice',
      (_, others) => page(placedJson(others.at(-1)!)),
      'PEER_ANSWER_INVALID',
    ],
    [
      'changes what the author signed',
      (it) => page({ ...placedJson(it), event: forged(it.signed.bytes, /office="[^"]*"/, 'office="X"') }),
      'REFERENCE_DIGEST_MISMATCH',
    ],
    [
      'cuts the event off',
      (it) => page({ ...placedJson(it), event: flip(it.signed.bytes) }),
      'PEER_ANSWER_INVALID',
    ],
    [
      'gives another event’s decision',
      (it, [first]) => page({ ...placedJson(it), decision: first!.item.toString('base64') }),
      'PEER_ANSWER_INVALID',
    ],
    ['gives the same event twice', (it) => page(placedJson(it), placedJson(it)), 'PEER_ANSWER_INVALID'],
    [
      'answers half a page',
      (it) => JSON.stringify(page(placedJson(it))).slice(0, -40),
      'PEER_ANSWER_INVALID',
    ],
    ['answers something else', () => ({ hello: 'world' }), 'PEER_ANSWER_INVALID'],
    ['answers without end', () => 'x'.repeat(7_000_000), 'PEER_ANSWER_INVALID'],
    ['says for ever that there is more', () => page(), 'null'],
  ])('and %s is refused, nothing is written, and the next one is asked', async (_, lie, code) => {
    const { practice, decided } = await practiceWithGap(2, 2);
    const stranger = aPractice(network);
    const elsewhere = await aDecision(await stranger.filedBy('c_d150').signed(), 2);
    router.answer = () => ({ body: lie(decided[1]!, [decided[0]!, elsewhere]) });
    const before = await written();
    await whileHealing([router.url, NOBODY], async () => {
      await until('it was asked for', async () =>
        (await gapsOf(practice))[0]?.attempts === 1 ? true : undefined,
      );
    });
    expect(await written()).toEqual(before);
    const [gap] = await gapsOf(practice);
    expect(gap?.asked.map(({ holder, code: said }) => `${holder} ${said}`)).toEqual([
      `router ${code}`,
      'router PEER_AWAY',
      'c_d150 PEER_REFUSED',
    ]);
    await city.receive.run(decided.map((one) => inboxRecord(one, 'c_d150')));
    await province.rows(`update gap set next_attempt_at = now() where uuid = $1`, [idOf(practice)]);
    await whileHealing([router.url], async () => {
      await everythingOf(practice, 3);
    });
  });
});

afterAll(() => {
  router.answer = () => ({ status: 404, body: {} });
});
