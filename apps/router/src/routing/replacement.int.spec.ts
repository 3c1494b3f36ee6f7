import { afterAll, describe, expect, it } from 'vitest';
import { aNetwork, aPractice, freshDatabase, outboxRecord, TEST_NOW, TestClock } from '#testing';
import { TestRouter } from '../../test/test-router.ts';

const clock = new TestClock(TEST_NOW);
const network = await aNetwork().at(clock).founded();
const router = await TestRouter.open(await freshDatabase(), network);
afterAll(() => router.close());

async function filedPractice() {
  const practice = aPractice(network);
  await router.deliver(outboxRecord(await practice.filedBy('c_d150').signed()));
  return practice;
}
const placedIn = async (practice: ReturnType<typeof aPractice>) =>
  (await router.placed(practice.ref)).map(({ id }) => id);

describe('an event that its author issues again with `replaces`', () => {
  it('takes the number of the parked one, and what follows is issued again behind it', async () => {
    const practice = await filedPractice();
    const first = await practice.actBy('p_cr', 'proceeding.ended').signed();
    const second = await practice.actBy('p_cr').signed();
    expect(await router.deliver(outboxRecord(first), outboxRecord(second))).toEqual([
      'TYPE_NOT_GRANTED',
      'hold',
    ]);
    const firstAgain = await practice.actBy('p_cr').replacing(first).signed();
    const secondAgain = await practice.actBy('p_cr').replacing(second, firstAgain.digest).signed();
    expect(await router.deliver(outboxRecord(firstAgain))).toEqual(['done']);
    expect((await router.lastParked()).code).toBe('PREVIOUS_DIGEST_MISMATCH');
    expect(await router.deliver(outboxRecord(secondAgain))).toEqual(['done']);
    expect((await placedIn(practice)).slice(1)).toEqual([firstAgain.event.id, secondAgain.event.id]);
  });

  it('closes the entry of the replaced one, which passes no more: a late copy neither waits nor alarms', async () => {
    const practice = await filedPractice();
    const parked = await practice.actBy('p_cr', 'proceeding.ended').signed();
    await router.deliver(outboxRecord(parked));
    const { id } = await router.lastParked();
    const replacement = await practice.actBy('p_cr').replacing(parked).signed();
    expect(await router.deliver(outboxRecord(replacement))).toEqual(['done']);
    expect(await router.deliver(outboxRecord(parked))).toEqual(['EVENT_REPLACED']);
    expect(await router.lastParked()).toMatchObject({ code: 'EVENT_REPLACED', status: 'superseded' });
    await expect(router.release(id)).rejects.toMatchObject({ code: 'QUARANTINE_ALREADY_CLOSED' });
    expect(await router.deliver(outboxRecord(replacement))).toEqual(['done']);
    expect(await placedIn(practice)).toHaveLength(2);
  });

  it('may be of an event that never arrived; should that come, it is parked', async () => {
    const practice = await filedPractice();
    const lost = await practice.actBy('p_cr').signed();
    const replacement = await practice.actBy('p_cr').replacing(lost).signed();
    expect(await router.deliver(outboxRecord(replacement))).toEqual(['done']);
    expect(await router.deliver(outboxRecord(lost))).toEqual(['EVENT_REPLACED']);
  });

  it('is refused with a code of its own once the other is placed, in this practice or another', async () => {
    const practice = await filedPractice();
    const placed = await practice.actBy('p_cr').signed();
    await router.deliver(outboxRecord(placed));
    const late = await practice.actBy('p_cr').replacing(placed).signed();
    expect(await router.deliver(outboxRecord(late))).toEqual(['REPLACED_EVENT_PLACED']);
    const elsewhere = await (
      await filedPractice()
    )
      .actBy('p_cr')
      .with({ replaces: placed.event.id })
      .signed();
    expect(await router.deliver(outboxRecord(elsewhere))).toEqual(['REPLACED_EVENT_PLACED']);
    expect((await placedIn(practice)).at(-1)).toBe(placed.event.id);
  });

  it('is equivocation if it is not announced', async () => {
    const practice = await filedPractice();
    const parked = await practice.actBy('p_cr', 'proceeding.ended').signed();
    await router.deliver(outboxRecord(parked));
    const silent = await practice.actBy('p_cr').numbered(1, null).signed();
    expect(await router.deliver(outboxRecord(silent))).toEqual(['EQUIVOCATION']);
    expect(await placedIn(practice)).toHaveLength(1);
  });

  it('stands for an event under a revoked key, which claims nothing: whoever stole the key cannot block a number', async () => {
    const own = await aNetwork().at(clock).founded();
    const other = await TestRouter.open(await freshDatabase(), own);
    const practice = aPractice(own);
    const stolen = await practice.filedBy('c_d150').signed();
    await own.revoke('c_d150', TEST_NOW);
    expect(await other.deliver(outboxRecord(stolen))).toEqual(['KEY_REVOKED_BEFORE_ARRIVAL']);
    await own.rotate('c_d150');
    const again = await practice.filedBy('c_d150').replacing(stolen).signed();
    expect(await other.deliver(outboxRecord(again))).toEqual(['done']);
    await other.close();
  });
});
