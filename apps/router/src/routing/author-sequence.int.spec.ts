import { afterAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '#errors';
import { aNetwork, anEvent, aPractice, freshDatabase, outboxRecord, type EventBuilder } from '#testing';
import { TestRouter } from '../../test/test-router.ts';

const network = await aNetwork().founded();
const router = await TestRouter.open(await freshDatabase(), network);
afterAll(() => router.close());

type Practice = ReturnType<typeof aPractice>;

async function filedPractice(): Promise<Practice> {
  const practice = aPractice(network);
  await router.deliver(outboxRecord(await practice.filedBy('c_d150').signed()));
  return practice;
}

const placedIn = async (practice: Practice) => (await router.placed(practice.ref)).map(({ id }) => id);
const parkedIds = async () =>
  (await router.quarantine()).map(({ eventId, code }) => `${code} ${eventId ?? ''}`);

describe('an event behind a gap', () => {
  it('holds its own author in its own practice only, and goes on when the gap heals', async () => {
    const [practice, other] = [await filedPractice(), await filedPractice()];
    const first = await practice.actBy('p_cr', 'integration.requested').signed();
    const second = await practice.actBy('p_cr').signed();
    const owners = await practice.actBy('c_d150', 'correction.requested').signed();
    const elsewhere = await other.actBy('p_cr').signed();
    expect(await router.deliver(outboxRecord(second), outboxRecord(owners), outboxRecord(elsewhere))).toEqual(
      ['hold', 'done', 'done'],
    );
    expect(await router.deliver(outboxRecord(second))).toEqual(['hold']);
    expect(await placedIn(practice)).toHaveLength(2);
    expect(await router.deliver(outboxRecord(first))).toEqual(['done']);
    expect((await placedIn(practice)).slice(1)).toEqual([owners, first, second].map(({ event }) => event.id));
    expect(await router.deliver(outboxRecord(second))).toEqual(['done']);
  });

  it('is placed in the same batch when the order alone was wrong', async () => {
    const practice = aPractice(network);
    const filing = await practice.filedBy('c_d150').signed();
    const act = await practice.actBy('c_d150', 'correction.requested').signed();
    expect(await router.deliver(outboxRecord(act), outboxRecord(filing))).toEqual(['done', 'done']);
    expect(await placedIn(practice)).toEqual([filing.event.id, act.event.id]);
  });

  it('is parked when its turn comes if it does not name its author’s last event', async () => {
    const practice = await filedPractice();
    const wrong = await practice.actBy('c_d150', 'correction.requested').numbered(2, null).signed();
    expect(await router.deliver(outboxRecord(wrong))).toEqual(['PREVIOUS_DIGEST_MISMATCH']);
  });

  it('is parked when its turn comes if its id is used by then, and holds up nothing else', async () => {
    const practice = await filedPractice();
    const first = await practice.actBy('p_cr', 'integration.requested').signed();
    const second = await practice.actBy('p_cr').signed();
    await router.deliver(outboxRecord(second));
    const elsewhere = await (await filedPractice()).actBy('p_cr').id(second.event.id).signed();
    expect(await router.deliver(outboxRecord(elsewhere))).toEqual(['done']);
    expect(await router.deliver(outboxRecord(first))).toEqual(['done']);
    expect(await placedIn(practice)).toHaveLength(2);
    expect(await parkedIds()).toContain(`EQUIVOCATION ${second.event.id}`);
  });
});

describe('a number that can never pass', () => {
  it('is closed by its author’s event.voided, and what waited behind it goes on', async () => {
    const practice = await filedPractice();
    const refused = await practice.actBy('p_cr', 'proceeding.ended').signed();
    const behind = await practice.actBy('p_cr').signed();
    expect(await router.deliver(outboxRecord(refused), outboxRecord(behind))).toEqual([
      'TYPE_NOT_GRANTED',
      'hold',
    ]);
    const voided = await practice.voidedBy('p_cr', refused).signed();
    expect(await router.deliver(outboxRecord(voided))).toEqual(['done']);
    expect((await placedIn(practice)).slice(1)).toEqual([behind.event.id, voided.event.id]);
    expect(await router.deliver(outboxRecord(refused))).toEqual(['EVENT_VOIDED']);
    expect(await placedIn(practice)).toHaveLength(3);
  });

  it.each<[string, ErrorCode, (filing: EventBuilder) => EventBuilder]>([
    ['a form that is not there', 'FORM_DOCUMENT_MISSING', (filing) => filing.withoutForm()],
    ['an unknown procedure', 'PROCEDURE_UNKNOWN', (filing) => filing.procedure('edilizia.ignota')],
    ['an unknown municipality', 'MUNICIPALITY_UNKNOWN', (filing) => filing.territory('999999')],
  ])(
    'may be that of a filing with %s: its owner closes it, and only the owner hears of it',
    async (_, code, fault) => {
      const practice = aPractice(network);
      const refused = await fault(practice.filedBy('c_d150')).signed();
      const { territory } = refused.event;
      const voided = await practice.voidedBy('c_d150', refused).with({ territory }).signed();
      expect(await router.deliver(outboxRecord(refused), outboxRecord(voided))).toEqual([code, 'done']);
      const [placed] = await router.placed(practice.ref);
      expect(
        router.decisionIn(placed?.decision ?? Buffer.alloc(0)).participants.map(({ ipa }) => ipa),
      ).toEqual(['c_d150']);
    },
  );
});

describe('two different events that one author has signed', () => {
  it('under one id: the first stays, the second is parked, both are kept', async () => {
    const first = await anEvent(network).signed();
    const second = await anEvent(network).id(first.event.id).signed();
    expect(await router.deliver(outboxRecord(first))).toEqual(['done']);
    expect(await router.deliver(outboxRecord(second))).toEqual(['EQUIVOCATION']);
    const [placed] = await router.placed(first.event.practice);
    const kept = await router.lastParked();
    expect([placed?.bytes, kept.bytes]).toEqual([first.bytes, second.bytes]);
    expect(await router.placed(second.event.practice)).toEqual([]);
  });

  it('under one id in one batch: the same', async () => {
    const first = await anEvent(network).signed();
    const second = await anEvent(network).id(first.event.id).signed();
    expect(await router.deliver(outboxRecord(first), outboxRecord(second))).toEqual(['done', 'EQUIVOCATION']);
  });

  it('under one number: the same, whether the first is placed or waits', async () => {
    const practice = await filedPractice();
    const first = await practice.actBy('p_cr').signed();
    const fork = await practice.actBy('p_cr').numbered(1, null).signed();
    expect(await router.deliver(outboxRecord(first), outboxRecord(fork))).toEqual(['done', 'EQUIVOCATION']);
    const third = await practice.actBy('p_cr').numbered(3).signed();
    const thirdFork = await practice.actBy('p_cr', 'integration.requested').numbered(3).signed();
    expect(await router.deliver(outboxRecord(third))).toEqual(['hold']);
    expect(await router.deliver(outboxRecord(thirdFork))).toEqual(['EQUIVOCATION']);
    expect(await placedIn(practice)).toHaveLength(2);
  });

  it('is no equivocation when one signing has two signature values: the first copy stays', async () => {
    const practice = await filedPractice();
    const act = practice
      .actBy('p_cr')
      .numbered(1, null)
      .id((await anEvent(network).signed()).event.id);
    const [one, copy] = [await act.signed(), await act.signed()];
    expect(one.bytes.equals(copy.bytes)).toBe(false);
    expect(await router.deliver(outboxRecord(one))).toEqual(['done']);
    expect(await router.deliver(outboxRecord(copy))).toEqual(['done']);
    expect((await router.placed(practice.ref)).at(-1)?.bytes).toEqual(one.bytes);
  });
});
