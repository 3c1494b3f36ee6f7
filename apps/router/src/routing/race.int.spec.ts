import { afterAll, describe, expect, it } from 'vitest';
import { aNetwork, aPractice, freshDatabase, outboxRecord } from '#testing';
import { TestRouter } from '../../test/test-router.ts';

const network = await aNetwork().founded();
const database = await freshDatabase();
const routers = [await TestRouter.open(database, network), await TestRouter.open(database, network)] as const;
afterAll(() => Promise.all(routers.map((router) => router.close())));

const ROUNDS = 40;

describe('two routers at one practice', () => {
  it('agree on one order, round after round, though each gets the same records in its own batches', async () => {
    const [one, two] = routers;
    for (let round = 0; round < ROUNDS; round += 1) {
      const practice = aPractice(network);
      const filing = outboxRecord(await practice.filedBy('c_d150').signed());
      await one.deliver(filing);
      const act = outboxRecord(await practice.actBy('p_cr').signed());
      const end = outboxRecord(await practice.actBy('c_d150', 'proceeding.ended').signed());
      await Promise.all([one.deliver(act), two.deliver(end, act), one.deliver(filing, end)]);
      const placed = await two.placed(practice.ref);
      expect(placed.map(({ position }) => position)).toEqual([1, 2, 3]);
      expect(placed.map(({ decision }) => one.decisionIn(decision).position)).toEqual([1, 2, 3]);
    }
    expect(await one.quarantine()).toEqual([]);
    expect(await one.outbox()).toHaveLength(ROUNDS * 3 * 2);
  });

  it('do not both take one id for two practices', async () => {
    const [one, two] = routers;
    for (let round = 0; round < 20; round += 1) {
      const first = await aPractice(network).filedBy('c_d150').signed();
      const second = await aPractice(network).filedBy('c_d150').id(first.event.id).signed();
      const records = [outboxRecord(first), outboxRecord(second)] as const;
      // Who loses the race is told to come again, as the stream would.
      const outcomes = await Promise.all([
        again(() => one.deliver(records[0])),
        again(() => two.deliver(records[1])),
      ]);
      expect(outcomes.flat().sort()).toEqual(['EQUIVOCATION', 'done']);
    }
  });
});

async function again(deliver: () => Promise<string[]>): Promise<string[]> {
  try {
    return await deliver();
  } catch (error) {
    expect(error).toMatchObject({ code: 'TRANSACTION_CONFLICT' });
    return await deliver();
  }
}
