/** A batch of the router is one piece of work for the database, and writes only what it has changed. */
import { afterAll, describe, expect, it } from 'vitest';
import { VerifierPool } from '#evidence';
import type { IncomingRecord } from '#messaging';
import { aNetwork, aPractice, countedWork, freshDatabase, outboxRecord } from '#testing';
import { TestRouter } from '../../test/test-router.ts';

const network = await aNetwork().founded();
const router = await TestRouter.open(await freshDatabase(), network);
afterAll(() => router.close());

/** The outcomes of a batch, and the statements it took. */
async function counted(records: readonly IncomingRecord[]) {
  const { work, statements, waits } = countedWork(router.work);
  const verifier = new VerifierPool({ threads: 0 });
  const other = new TestRouter(network, work, () => Promise.resolve(), verifier);
  return { outcomes: await other.deliver(...records), statements, waits: waits() };
}

/** A practice with its filing placed, and the next three acts of its owner. */
async function opened() {
  const practice = aPractice(network);
  const filing = await practice.filedBy('c_d150').signed();
  const [first, second, third] = [
    await practice.actBy('c_d150', 'integration.requested').signed(),
    await practice.actBy('c_d150', 'integration.provided').signed(),
    await practice.actBy('c_d150', 'proceeding.ended').signed(),
  ];
  await router.deliver(outboxRecord(filing));
  return { practice, first, second, third };
}

describe('the statements of a batch', () => {
  /** A batch with `n` of each: placed, behind a gap, closing a gap, void, unfit at sight, unfit in its place. */
  async function batchOf(n: number) {
    const records: IncomingRecord[] = [];
    for (let index = 0; index < n; index += 1) {
      const [early, late, voided] = [await opened(), await opened(), await opened()];
      const filing = await aPractice(network).filedBy('c_d150').signed();
      await router.deliver(outboxRecord(late.second), outboxRecord(late.third));
      const stranger = await early.practice.actBy('c_d142').signed();
      records.push(
        outboxRecord(filing),
        outboxRecord(early.second),
        outboxRecord(late.first),
        outboxRecord(
          await voided.practice.voidedBy('c_d150', voided.first).numbered(3, voided.first.digest).signed(),
        ),
        outboxRecord(filing, { value: Buffer.from('<no/>') }),
        outboxRecord(stranger),
      );
    }
    return counted(records);
  }

  it('are as many for one record of each kind as for sixteen', async () => {
    // With anything parked, as after the first of them.
    await router.deliver(
      outboxRecord(await aPractice(network).filedBy('c_d150').signed(), { value: Buffer.from('<no/>') }),
    );
    const [few, many] = [await batchOf(1), await batchOf(16)];
    expect(many.outcomes).toEqual(Array.from({ length: 16 }, () => few.outcomes).flat());
    expect(new Set(few.outcomes).size).toBeGreaterThanOrEqual(4);
    expect(many.statements).toEqual(few.statements);
  });

  it('are as many for one filing as for 64, and wait twice: for all that is loaded, and for the claim', async () => {
    await router.work.run((tx) => tx.query('delete from quarantine'));
    const counts = [];
    for (const n of [1, 64]) {
      const filings = await Promise.all(
        Array.from({ length: n }, () => aPractice(network).filedBy('c_d150').signed()),
      );
      const { outcomes, statements, waits } = await counted(filings.map((filing) => outboxRecord(filing)));
      expect(outcomes).toEqual(filings.map(() => 'done'));
      expect(waits).toBe(2);
      counts.push(statements.length);
    }
    expect(counts[1]).toBe(counts[0]);
    expect(counts[0]).toBeLessThanOrEqual(10);
  });

  it('leave alone what the batch has not changed: what waits, is parked, voided or replaced', async () => {
    const { practice, second } = await opened();
    const stranger = await practice.actBy('c_d142').signed();
    expect(await router.deliver(outboxRecord(second), outboxRecord(stranger))).toEqual([
      'hold',
      'NOT_A_PARTICIPANT',
    ]);
    const act = await practice.actBy('p_cr').signed();
    const { outcomes, statements } = await counted([outboxRecord(act)]);
    expect(outcomes).toEqual(['done']);
    const written = statements.flatMap(
      (sql) => /^(?:with \w+ as \()?(?:insert into|update|delete from) (\w+)/.exec(sql.trim())?.[1] ?? [],
    );
    expect(written).toEqual([
      'routed_practice',
      'author_head',
      'seen',
      'routed_event',
      'outbox',
      'quarantine',
    ]);
  });
});
