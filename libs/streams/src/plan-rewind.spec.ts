import { describe, expect, it } from 'vitest';
import { topics } from '#contracts';
import { planRewind, type Wanted } from './plan-rewind.ts';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-03-04T09:00:00.000Z');
const OUTBOX = 'practice.outbox.c_d150';
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS);

/** A topic of one partition that held records so many days old, oldest first, and forgot the first `low` of them. */
function brokerOf(ages: readonly number[], low: number) {
  const offsetsAt = (_topic: string, at: Date): Promise<Map<number, bigint>> => {
    const found = ages.findIndex((age, offset) => offset >= low && daysAgo(age) >= at);
    return Promise.resolve(new Map([[0, BigInt(found < 0 ? ages.length : found)]]));
  };
  const range = { partition: 0, low: BigInt(low), high: BigInt(ages.length) };
  return { offsetsAt, ranges: () => Promise.resolve([range]) };
}

const plan = (broker: ReturnType<typeof brokerOf>, topic: string, days: number) => {
  const wanted: Wanted = { from: daysAgo(days), topics: null };
  return planRewind(broker, [topic], wanted, NOW);
};

describe('the oldest time that can be asked for', () => {
  it('is the retention of a topic that has lost its beginning, and a little later, so that it can still be asked for when it was read', async () => {
    const broker = brokerOf([95, 91, 40, 2], 2);
    const error = await plan(broker, OUTBOX, 91).catch((refused: unknown) => refused);
    expect(error).toMatchObject({ code: 'REWIND_BEFORE_RETENTION', details: { topic: OUTBOX } });
    const { oldest } = await plan(broker, OUTBOX, 60);
    const told = (NOW.getTime() - (oldest?.getTime() ?? 0)) / DAY_MS;
    expect(told).toBeLessThan(90);
    expect(told).toBeGreaterThan(89.9);
    expect((error as { details: object }).details).toMatchObject({ earliest: oldest?.toISOString() });
    const found = await planRewind(
      broker,
      [OUTBOX],
      { from: oldest ?? NOW, topics: null },
      new Date(NOW.getTime() + 5 * 60_000),
    );
    expect(found.places).toEqual([{ topic: OUTBOX, partition: 0, low: 2n, target: 2n }]);
  });

  it('is not narrowed by a member that was silent: what its outbox lost is older than the retention', async () => {
    expect((await plan(brokerOf([95, 1], 1), OUTBOX, 30)).places).toMatchObject([{ target: 1n }]);
    expect((await plan(brokerOf([95], 1), OUTBOX, 30)).places).toMatchObject([{ target: 1n }]);
  });

  it('is none while a topic holds all that it ever had, and is not about to lose any', async () => {
    expect(await plan(brokerOf([40, 2], 0), OUTBOX, 400)).toMatchObject({ oldest: null });
    expect(await plan(brokerOf([], 0), OUTBOX, 400)).toMatchObject({ oldest: null });
    // Its first record may be gone before it is read again.
    await expect(plan(brokerOf([90, 2], 0), OUTBOX, 400)).rejects.toMatchObject({
      code: 'REWIND_BEFORE_RETENTION',
    });
  });

  it('is that of the first record left, to the millisecond, where a topic that is kept for ever has lost some', async () => {
    const broker = brokerOf([400, 300.123456, 2], 1);
    const { oldest } = await plan(broker, topics.routing, 10);
    expect(oldest).toEqual(daysAgo(300.123456));
    expect(await plan(broker, topics.routing, 300.1)).toMatchObject({ places: [{ target: 2n }] });
    await expect(plan(broker, topics.routing, 301)).rejects.toMatchObject({
      details: { earliest: oldest?.toISOString() },
    });
    expect(await plan(brokerOf([400, 2], 0), topics.routing, 1_000)).toMatchObject({ oldest: null });
  });
});
