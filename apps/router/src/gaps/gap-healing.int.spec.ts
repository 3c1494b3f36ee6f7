import { createServer, type Server } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { createLogger, readMutualTls } from '#platform';
import { aNetwork, aPractice, freshDatabase, outboxRecord, type SignedEvent } from '#testing';
import { TestRouter, waitUntil } from '../../test/test-router.ts';
import { GapHealing } from './gap-healing.ts';
import { claimGaps, listWaiting, noteRound, type WaitingView } from './gap-store.ts';

const { pki } = inject('kafka');
const filesOf = (name: string) => {
  const holder = pki.holders[name];
  if (holder === undefined) throw new Error(`the test network has no holder ${name}`);
  return { cert: holder.transport.certFile, key: holder.transport.keyFile, ca: pki.ca.certFile };
};

/** The Provincia's node, as far as a router asks it. */
class AuthorNode {
  readonly asked: string[] = [];
  answer: { readonly status?: number; readonly body: unknown } = { body: { events: [], more: false } };
  readonly server: Server = createServer(
    { ...readMutualTls(filesOf('p_cr')), requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      this.asked.push(request.url ?? '');
      response.writeHead(this.answer.status ?? 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(this.answer.body));
    },
  );

  get url(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}

const author = new AuthorNode();
author.server.listen(0, '127.0.0.1');
await once(author.server, 'listening');
const network = await aNetwork().withPki(pki).withNodeUrls({ p_cr: author.url }).founded();
const router = await TestRouter.open(await freshDatabase(), network);
afterAll(async () => {
  author.server.close();
  await router.close();
});

function answer(...events: readonly SignedEvent[]): void {
  author.asked.length = 0;
  author.answer = {
    body: {
      events: events.map(({ event, bytes }) => ({
        number: event.sequence.number,
        event: bytes.toString('base64'),
      })),
      more: false,
    },
  };
}

async function whileHealing(work: () => Promise<void>): Promise<void> {
  const healing = new GapHealing({
    ...{ work: router.work, route: router.route, registry: network.registry, clock: network.clock },
    ...{
      tls: filesOf('router-1'),
      patienceMs: 0,
      pollMs: 20,
      logger: createLogger('test', { level: 'silent' }),
    },
  });
  healing.start();
  try {
    await work();
  } finally {
    await healing.close();
  }
}

const waiting = async (practice: { ref: { uuid: string } }): Promise<readonly WaitingView[]> =>
  (await router.work.run((tx) => listWaiting(tx, 100))).filter(
    ({ practiceId }) => practiceId === practice.ref.uuid,
  );

/** A filed practice with three acts of the Provincia's, of which the router gets the second and the third. */
async function withLostAct() {
  const practice = aPractice(network);
  await router.deliver(outboxRecord(await practice.filedBy('c_d150').signed()));
  const acts = [
    await practice.actBy('p_cr', 'integration.requested').signed(),
    await practice.actBy('p_cr').signed(),
    await practice.actBy('p_cr').signed(),
  ] as const;
  expect(await router.deliver(outboxRecord(acts[1]), outboxRecord(acts[2]))).toEqual(['hold', 'hold']);
  return { practice, acts };
}

const placedIn = async (practice: ReturnType<typeof aPractice>) =>
  (await router.placed(practice.ref)).map(({ id }) => id).slice(1);

const askedOnce = (practice: ReturnType<typeof aPractice>) =>
  waitUntil('the author was asked', async () => (await waiting(practice))[0]?.attempts === 1);

describe('a number that never came', () => {
  it('is asked for again as soon as it was to be, though the router’s clock ran ahead when that was noted', async () => {
    await withLostAct();
    const now = network.clock.now();
    const [gap] = await router.work.run((tx) => claimGaps(tx, { now, before: now, limit: 1 }));
    if (gap === undefined) throw new Error('no gap is due');
    const ahead = new Date(now.getTime() + 600_000);
    const next = new Date(ahead.getTime() + 5_000);
    await router.work.run((tx) => noteRound(tx, gap, [], { now: ahead, next }));
    const soon = new Date(now.getTime() + 10_000);
    const due = 'select 1 as due from author_gap where uuid = $1 and next_attempt_at <= $2';
    expect(await router.work.run((tx) => tx.query(due, [gap.practice.uuid, soon]))).toHaveLength(1);
    await router.work.run((tx) => tx.query('delete from waiting_event where uuid = $1', [gap.practice.uuid]));
  });

  it('is asked for from its author, and what waited behind it goes on', async () => {
    const { practice, acts } = await withLostAct();
    answer(...acts);
    await whileHealing(() =>
      waitUntil('all is placed', async () => (await router.placed(practice.ref)).length === 4),
    );
    expect(author.asked).toEqual([`/v1/practices/c_d150/${practice.ref.uuid}/own-events?from=1`]);
    expect(await placedIn(practice)).toEqual(acts.map(({ event }) => event.id));
    expect(await waiting(practice)).toEqual([]);
  });

  it('stays missing, and is shown apart from what was parked, while its author does not know it either', async () => {
    const { practice, acts } = await withLostAct();
    answer();
    await whileHealing(() => askedOnce(practice));
    const [first, second] = await waiting(practice);
    expect([first, second].map((one) => [one?.author, one?.number, one?.missing, one?.parked])).toEqual([
      ['p_cr', 2, 1, null],
      ['p_cr', 3, 1, null],
    ]);
    expect(first?.asked).toMatchObject([{ holder: 'p_cr', given: 0, code: null }]);
    expect(await router.deliver(outboxRecord(acts[0]))).toEqual(['done']);
    expect(await waiting(practice)).toEqual([]);
  });

  it('is closed by the event.voided that was lost with it', async () => {
    const practice = aPractice(network);
    await router.deliver(outboxRecord(await practice.filedBy('c_d150').signed()));
    const refused = await practice.actBy('p_cr', 'proceeding.ended').signed();
    const behind = await practice.actBy('p_cr').signed();
    await router.deliver(outboxRecord(refused), outboxRecord(behind));
    expect(await waiting(practice)).toMatchObject([{ missing: 1, parked: refused.event.id }]);
    const voided = await practice.voidedBy('p_cr', refused).signed();
    const parkedBefore = (await router.quarantine()).length;
    answer(refused, behind, voided);
    await whileHealing(() => waitUntil('it went on', async () => (await waiting(practice)).length === 0));
    expect(await placedIn(practice)).toEqual([behind, voided].map(({ event }) => event.id));
    expect(await router.quarantine()).toHaveLength(parkedBefore);
  });

  it('that may not be, is parked and told to its author once, and not asked for again as missing', async () => {
    const practice = aPractice(network);
    await router.deliver(outboxRecord(await practice.filedBy('c_d150').signed()));
    const lost = await practice.actBy('p_cr', 'proceeding.ended').signed();
    const behind = await practice.actBy('p_cr').signed();
    await router.deliver(outboxRecord(behind));
    await router.drain();
    answer(lost, behind);
    await whileHealing(() => askedOnce(practice));
    expect(await router.lastParked()).toMatchObject({ code: 'TYPE_NOT_GRANTED' });
    expect((await router.outbox()).map(({ topics }) => topics.join(' '))).toEqual([
      'practice.quarantine practice.inbox.p_cr',
    ]);
    expect(await waiting(practice)).toMatchObject([{ missing: 1, parked: lost.event.id }]);
  });
});

describe('an author that gives something else', () => {
  const state = async (practice: ReturnType<typeof aPractice>) => [
    await placedIn(practice),
    (await router.quarantine()).length,
    (await router.outbox()).length,
  ];

  it.each<[string, string, (acts: readonly SignedEvent[], other: SignedEvent) => void]>([
    [
      'an event of another practice',
      'PEER_ANSWER_INVALID',
      (_, other) => {
        answer(other);
      },
    ],
    [
      'bytes that it did not sign',
      'REFERENCE_DIGEST_MISMATCH',
      ([first]) => {
        const bytes = Buffer.from(first!.bytes.toString().replace(/office="[^"]*"/, 'office="X"'));
        answer({ ...first!, bytes });
      },
    ],
    [
      'half a page',
      'PEER_ANSWER_INVALID',
      () => {
        author.answer = { body: { events: [{ number: 1 }] } };
      },
    ],
    [
      'a refusal',
      'PEER_REFUSED',
      () => {
        author.answer = { status: 403, body: { code: 'PEER_NOT_RECOGNISED' } };
      },
    ],
  ])('(%s) is shown with the reason, and nothing is written', async (_, code, lie) => {
    const { practice, acts } = await withLostAct();
    const other = await aPractice(network).actBy('p_cr').signed();
    const before = await state(practice);
    lie(acts, other);
    await whileHealing(() => askedOnce(practice));
    expect((await waiting(practice))[0]?.asked).toMatchObject([{ holder: 'p_cr', given: 0, code }]);
    expect(await state(practice)).toEqual(before);
  });
});
