import { describe, expect, it } from 'vitest';
import { parseIpaCode, topics } from '#contracts';
import { appendOutbox, createDataSource, SHARED_MIGRATIONS, UnitOfWork } from '#persistence';
import { keepAllParked } from '#quarantine';
import { countedIds, freshDatabase, TestClock } from '#testing';
import { ROUTER_MIGRATIONS } from '../store/migrations.ts';
import { RouterPartners } from './router-partners.ts';
import { afterAll } from 'vitest';

const [city, province] = [parseIpaCode('c_d150'), parseIpaCode('p_cr')];
const source = await createDataSource({
  url: await freshDatabase(),
  name: 'router-partners',
  migrations: [...SHARED_MIGRATIONS, ...ROUTER_MIGRATIONS],
});
afterAll(() => source.destroy());
const work = new UnitOfWork(source);
const clock = new TestClock(new Date());
const board = new RouterPartners(
  work,
  clock,
  () => [province, city],
  () => [
    {
      stream: 'outboxes',
      topic: topics.outbox(city),
      lag: 12,
      retentionLeftMs: 86_400_000,
      retentionMs: 90 * 86_400_000,
    },
    {
      stream: 'outboxes',
      topic: topics.outbox(province),
      lag: 0,
      retentionLeftMs: null,
      retentionMs: 90 * 86_400_000,
    },
  ],
);

describe('what the router tells of its partners', () => {
  it('is a line for each member: behind, waiting, parked, unsent', async () => {
    await work.run(async (tx) => {
      const record = { key: 'k', value: Buffer.from('<Event/>'), headers: {} };
      await appendOutbox(tx, [
        { ...record, topics: [topics.inbox(province), topics.inbox(city)] },
        { ...record, topics: [topics.inbox(province)] },
        { ...record, topics: [topics.routing] },
      ]);
      await keepAllParked(
        tx,
        [
          {
            origin: { topic: topics.outbox(city), partition: 0, offset: '3' },
            headers: {},
            bytes: Buffer.from('x'),
            code: 'XSD_INVALID',
            reason: 'no',
          },
        ],
        { ids: countedIds(), now: clock.now() },
      );
      await tx.query(
        `insert into waiting_event (owner, uuid, author, number, event_id, bytes, digest, signed_info_digest, signer, origin)
         values ('c_d150', gen_random_uuid(), 'p_cr', 2, gen_random_uuid(), '', '', '', '', '{}')`,
      );
    });
    clock.advance(60_000);
    const lines = await board.lines();
    expect(lines.map(({ partner }) => partner)).toEqual(['c_d150', 'p_cr']);
    expect(lines[0]).toMatchObject({
      lag: 12,
      retentionLeftSeconds: 86_400,
      unsent: 1,
      waiting: 0,
      parked: 1,
    });
    expect(lines[1]).toMatchObject({ lag: 0, unsent: 2, waiting: 1, parked: 0, unreceived: null });
    expect(lines[1]?.oldestUnsentSeconds).toBeGreaterThan(50);
    // Nothing is behind: all of the retention is left, and whoever sets an alarm on it finds a figure.
    expect(lines[1]?.retentionLeftSeconds).toBe(90 * 86_400);
  });
});
