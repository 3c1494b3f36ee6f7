import { afterAll, describe, expect, it } from 'vitest';
import { HUB_HEADERS, parseEvent } from '#contracts';
import { listEquivocations } from '#equivocations';
import { quarantineChore } from '#quarantine';
import { aNetwork, anEvent, aPractice, freshDatabase, outboxRecord, type SignedEvent } from '#testing';
import { TestRouter } from '../../test/test-router.ts';
import { IS_EVIDENCE } from './find-first.ts';

const network = await aNetwork().founded();
const router = await TestRouter.open(await freshDatabase(), network);
afterAll(() => router.close());

type Practice = ReturnType<typeof aPractice>;

async function filedPractice(): Promise<Practice> {
  const practice = aPractice(network);
  await router.deliver(outboxRecord(await practice.filedBy('c_d150').signed()));
  return practice;
}

/** The notices that wait to be sent: to whom, which event, and which one it contradicts. */
async function notices() {
  const sent = (await router.outbox()).filter(({ headers }) => headers[HUB_HEADERS.class] === 'equivocation');
  await router.drain();
  return sent.map(({ topics, value, headers }) => ({
    topics: [...topics].sort(),
    second: parseEvent(value).id,
    first: parseEvent(headers[HUB_HEADERS.first] as Buffer).id,
    hasDecision: headers[HUB_HEADERS.decision] !== undefined,
  }));
}

const findings = ({ ref }: Practice) =>
  router.work.run((tx) => listEquivocations(tx, { of: { owner: ref.owner, uuid: ref.uuid }, limit: 10 }));

/** Two signings under one number: the first as it stands at the router, the second parked. */
async function forked(first: SignedEvent, second: SignedEvent): Promise<void> {
  await router.deliver(outboxRecord(first));
  await router.drain();
  expect(await router.deliver(outboxRecord(second))).toEqual(['EQUIVOCATION']);
}

describe('what an author has signed twice', () => {
  it('under one number is shown, both events, to everyone who takes part and to the author, once', async () => {
    const practice = await filedPractice();
    const first = await practice.actBy('p_cr').signed();
    const second = await practice.actBy('p_cr').numbered(1, null).signed();
    await forked(first, second);
    const told = [
      {
        topics: ['practice.inbox.c_d150', 'practice.inbox.p_cr'],
        second: second.event.id,
        first: first.event.id,
        hasDecision: true,
      },
    ];
    expect(await notices()).toEqual(told);
    expect(await router.deliver(outboxRecord(second), outboxRecord(second))).toEqual([
      'EQUIVOCATION',
      'EQUIVOCATION',
    ]);
    expect(await notices()).toEqual([]);
    expect(await findings(practice)).toMatchObject([
      { kind: 'same-number', first: { digest: first.digest }, second: { digest: second.digest } },
    ]);
  });

  it('under one id is shown to those of both practices', async () => {
    const [practice, other] = [await filedPractice(), await filedPractice()];
    const first = await practice.actBy('p_cr').signed();
    const second = await other.actBy('p_cr').id(first.event.id).signed();
    await forked(first, second);
    expect(await notices()).toMatchObject([
      { topics: ['practice.inbox.c_d150', 'practice.inbox.p_cr'], first: first.event.id },
    ]);
    expect(await findings(practice)).toEqual(await findings(other));
    expect(await findings(other)).toMatchObject([{ kind: 'same-id', author: 'p_cr' }]);
  });

  it('is found whether the first is placed, waits, or was parked, and in one batch', async () => {
    const waiting = await filedPractice();
    const third = await waiting.actBy('p_cr').numbered(3).signed();
    await forked(third, await waiting.actBy('p_cr', 'integration.requested').numbered(3).signed());
    const parked = await filedPractice();
    const refused = await parked.actBy('p_cr', 'proceeding.ended').signed();
    await forked(refused, await parked.actBy('p_cr').numbered(1, null).signed());
    const together = await filedPractice();
    const [one, other] = [
      await together.actBy('p_cr').signed(),
      await together.actBy('p_cr').numbered(1, null).signed(),
    ];
    await router.deliver(outboxRecord(one), outboxRecord(other));
    for (const [practice, first] of [
      [waiting, third],
      [parked, refused],
      [together, one],
    ] as const)
      expect(await findings(practice)).toMatchObject([{ first: { eventId: first.event.id } }]);
    expect((await notices()).map(({ hasDecision }) => hasDecision)).toEqual([false, true]);
  });

  it('is nothing when the second says that it replaces the first', async () => {
    const practice = await filedPractice();
    const parked = await practice.actBy('p_cr', 'proceeding.ended').signed();
    await router.deliver(
      outboxRecord(parked),
      outboxRecord(await practice.actBy('p_cr').replacing(parked).signed()),
    );
    expect(await findings(practice)).toEqual([]);
  });

  it('is found years later, when what was parked first is settled and everything else of that age was pruned', async () => {
    const practice = await filedPractice();
    const first = await practice.actBy('p_cr', 'proceeding.ended').signed();
    await router.deliver(outboxRecord(first));
    await router.deliver(outboxRecord(await practice.actBy('p_cr').replacing(first).signed()));
    const prune = quarantineChore({ keptDays: 90, unless: IS_EVIDENCE });
    await prune(router.work, new Date(Date.now() + 10_000 * 86_400_000));
    await router.deliver(outboxRecord(await practice.actBy('p_cr').numbered(1, null).signed()));
    expect((await findings(practice)).map((one) => one.first.eventId)).toContain(first.event.id);
  });

  it('is only counted when it is a copy with other bytes: one signing, two signature values', async () => {
    const practice = await filedPractice();
    const act = practice
      .actBy('p_cr')
      .numbered(1, null)
      .id((await anEvent(network).signed()).event.id);
    const [one, copy] = [await act.signed(), await act.signed()];
    await router.deliver(outboxRecord(one), outboxRecord(copy));
    await router.deliver(outboxRecord(copy), outboxRecord(one));
    const copies = await router.work.run((tx) =>
      tx.query('select digest from malleated_copy where event_id = $1', [one.event.id]),
    );
    expect(copies).toEqual([{ digest: copy.digest }]);
    expect(await findings(practice)).toEqual([]);
  });
});
