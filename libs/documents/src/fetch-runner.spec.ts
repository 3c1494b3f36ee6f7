import { describe, expect, it } from 'vitest';

import { parseDocumentId, parseIpaCode, parsePracticeId, parseSha256, type IpaCode } from '#contracts';
import { HubError } from '#errors';

import type { ClaimRequest, FetchJob, FetchQueue, FetchReport, Postponement } from './fetch-queue.ts';
import { runFetchQueue, type FetchRunnerOptions } from './fetch-runner.ts';
import type { FetchOrder, FetchResult } from './fetch-types.ts';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const AUTHOR = parseIpaCode('c_d150');
const DOCUMENT = { size: 1, sha256: parseSha256('a'.repeat(64)), saltedDigest: parseSha256('b'.repeat(64)) };
const STORED = { ...DOCUMENT, salt: Buffer.alloc(32), name: null };
const DONE: FetchResult = { state: 'complete', document: STORED, from: AUTHOR, problems: [] };

interface Row extends FetchJob {
  state: 'due' | 'claimed' | 'complete' | 'postponed' | 'released';
  postponement?: Postponement;
}

function aRow(author: IpaCode = AUTHOR, failures = 0): Row {
  const key = {
    owner: author,
    practice: parsePracticeId('0197f3a2-0000-7000-8000-00000000000a'),
    document: parseDocumentId('0197f3a2-0000-7000-8000-000000000001'),
  };
  const sources = [{ holder: author, nodeUrl: 'https://127.0.0.1' }];
  return { order: { ...DOCUMENT, key, decision: Buffer.alloc(0), sources }, author, failures, state: 'due' };
}

/** The rules of the table, over rows in an array. */
class Rows implements FetchQueue<Row> {
  readonly claims: ClaimRequest[] = [];
  renewed = 0;
  broken = 0;

  constructor(readonly rows: Row[]) {}

  async claim(request: ClaimRequest): Promise<readonly Row[]> {
    await Promise.resolve();
    if (this.broken-- > 0) throw new Error('the database is away');
    this.claims.push(request);
    const due = this.rows.filter((row) => row.state === 'due' && !request.busy.includes(row.order.key.owner));
    return due.slice(0, request.limit).map((row) => Object.assign(row, { state: 'claimed' as const }));
  }
  renew(rows: readonly Row[]): Promise<void> {
    this.renewed += rows.length;
    return Promise.resolve();
  }
  complete(row: Row): Promise<void> {
    row.state = 'complete';
    return Promise.resolve();
  }
  postpone(row: Row, postponement: Postponement): Promise<void> {
    Object.assign(row, { state: 'postponed', postponement });
    return Promise.resolve();
  }
  release(row: Row): Promise<void> {
    row.state = 'released';
    return Promise.resolve();
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('did not happen within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function running(
  queue: Rows,
  fetch: (order: FetchOrder, signal?: AbortSignal) => Promise<FetchResult>,
  more: Partial<FetchRunnerOptions<Row>> = {},
) {
  const reports: FetchReport<Row>[] = [];
  const runner = runFetchQueue({
    queue,
    fetcher: { fetch },
    clock: { now: () => NOW },
    ids: { bytes: (n) => Buffer.alloc(n, 0xff) },
    pollMs: 5,
    report: (report) => reports.push(report),
    ...more,
  });
  return { runner, reports };
}

/** A fetch that lasts until released, and counts how many run at a time. */
function held() {
  const waiting: (() => void)[] = [];
  let [now, most] = [0, 0];
  return {
    most: () => most,
    now: () => now,
    release: () => {
      for (const each of waiting.splice(0)) each();
    },
    fetch: async (): Promise<FetchResult> => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => waiting.push(resolve));
      now -= 1;
      return DONE;
    },
  };
}

describe('the fetch runner', () => {
  it('completes every due row, also those added later', async () => {
    const queue = new Rows([aRow(), aRow(), aRow()]);
    const { runner, reports } = running(queue, () => Promise.resolve(DONE), { pollMs: 600_000 });
    await until(() => queue.rows.every((row) => row.state === 'complete'));
    queue.rows.push(aRow());
    runner.wake();
    await until(() => queue.rows.every((row) => row.state === 'complete'));
    await runner.stop();
    expect(reports.map((each) => each.kind)).toEqual(Array.from({ length: 4 }, () => 'complete'));
  });

  it('loses no call to wake, not even one that comes while it looks at the queue', async () => {
    const queue = new Rows([]);
    const looked = queue.claim.bind(queue);
    let first = true;
    queue.claim = async (request) => {
      const rows = await looked(request);
      if (first) {
        first = false;
        queue.rows.push(aRow());
        runner.wake();
      }
      return rows;
    };
    const { runner } = running(queue, () => Promise.resolve(DONE), { pollMs: 600_000 });
    await until(() => queue.rows[0]?.state === 'complete');
    await runner.stop();
  });

  it('postpones what failed, with state, reason and a longer wait each time', async () => {
    const error = new HubError('DOCUMENT_SOURCE_AWAY', 'nobody there');
    const queue = new Rows([aRow(AUTHOR, 0), aRow(AUTHOR, 3)]);
    const problems = [{ source: AUTHOR, kind: 'away' as const, error }];
    const { runner } = running(queue, () => Promise.resolve({ state: 'author-away', problems }));
    await until(() => queue.rows.every((row) => row.state === 'postponed'));
    await runner.stop();
    expect(queue.rows.map((row) => row.postponement)).toEqual([
      { state: 'author-away', failures: 1, next: new Date(NOW.getTime() + 1_000), error },
      { state: 'author-away', failures: 4, next: new Date(NOW.getTime() + 8_000), error },
    ]);
  });

  it('raises an alarm for wrong bytes, even when another source had the right ones', async () => {
    const error = new HubError('DOCUMENT_DIGEST_MISMATCH', 'wrong');
    const problem = { source: AUTHOR, kind: 'wrong' as const, error };
    const queue = new Rows([aRow()]);
    const { runner, reports } = running(queue, () => Promise.resolve({ ...DONE, problems: [problem] }));
    await until(() => queue.rows[0]?.state === 'complete');
    await runner.stop();
    expect(reports).toMatchObject([
      { kind: 'alarm', problem },
      { kind: 'complete', from: AUTHOR },
    ]);
  });

  it('keeps to its concurrency, and leaves room for other authors beside a slow one', async () => {
    const slow = parseIpaCode('p_cr');
    const queue = new Rows([...Array.from({ length: 20 }, () => aRow(slow)), aRow()]);
    const hold = held();
    const fetch = (order: FetchOrder) => (order.key.owner === slow ? hold.fetch() : Promise.resolve(DONE));
    const { runner } = running(queue, fetch, { concurrency: 4, perAuthor: 2 });
    await until(() => queue.rows.at(-1)?.state === 'complete');
    expect(hold.now()).toBe(2);
    while (queue.rows.some((row) => row.state !== 'complete')) {
      hold.release();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await runner.stop();
    expect(hold.most()).toBeLessThanOrEqual(4);
  });

  it('claims many documents with one look, and looks no more often than there is something to find', async () => {
    const queue = new Rows(Array.from({ length: 100 }, () => aRow()));
    const { runner } = running(queue, () => Promise.resolve(DONE), { pollMs: 600_000, claimAhead: 25 });
    await until(() => queue.rows.every((row) => row.state === 'complete'));
    await runner.stop();
    const found = queue.claims.filter(({ busy }) => !busy.includes(AUTHOR));
    expect(queue.claims.every(({ limit }) => limit === 25)).toBe(true);
    expect(found.length).toBeLessThanOrEqual(6);
    expect(queue.claims.length).toBeLessThanOrEqual(12);
  });

  it('fetches on while documents wait to be marked, and keeps their claims', async () => {
    const queue = new Rows(Array.from({ length: 10 }, () => aRow()));
    const marking: (() => void)[] = [];
    const renewed = new Set<Row>();
    queue.complete = (row) =>
      new Promise((resolve) => {
        marking.push(() => {
          row.state = 'complete';
          resolve();
        });
      });
    queue.renew = (rows) => {
      for (const row of rows) renewed.add(row);
      return Promise.resolve();
    };
    const { runner } = running(queue, () => Promise.resolve(DONE), {
      concurrency: 2,
      perAuthor: 2,
      renewMs: 2,
    });
    await until(() => marking.length === 10 && renewed.size === 10);
    for (const end of marking) end();
    await runner.stop();
    expect(queue.rows.every((row) => row.state === 'complete')).toBe(true);
  });

  it('gives back what it has claimed and not begun', async () => {
    const queue = new Rows(Array.from({ length: 9 }, () => aRow()));
    const hold = held();
    const { runner } = running(queue, hold.fetch, { concurrency: 2, perAuthor: 2 });
    await until(() => hold.now() === 2);
    const stopped = runner.stop();
    hold.release();
    await stopped;
    expect(queue.rows.filter((row) => row.state === 'released')).toHaveLength(7);
  });

  it('goes on when the queue fails, and when a fetch throws', async () => {
    const queue = new Rows([aRow()]);
    queue.broken = 2;
    const { runner, reports } = running(queue, () => Promise.reject(new HubError('DISK_FULL', 'no room')));
    await until(() => queue.rows[0]?.state === 'postponed');
    await runner.stop();
    expect(reports.map((each) => each.kind)).toEqual(['queue-failed', 'queue-failed', 'postponed']);
    expect(queue.rows[0]?.postponement).toMatchObject({ state: 'fetching', error: { code: 'DISK_FULL' } });
  });

  it('renews its claims while a fetch lasts', async () => {
    const queue = new Rows([aRow()]);
    const hold = held();
    const { runner } = running(queue, hold.fetch, { renewMs: 2 });
    await until(() => queue.renewed > 2);
    hold.release();
    await runner.stop();
  });

  it('gives its claims back when stopped, and does nothing after', async () => {
    const queue = new Rows([aRow(), aRow()]);
    const { runner } = running(
      queue,
      (_order, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
    );
    await until(() => queue.rows.every((row) => row.state === 'claimed'));
    await runner.stop();
    expect(queue.rows.map((row) => row.state)).toEqual(['released', 'released']);
    const { length } = queue.claims;
    runner.wake();
    await new Promise((resolve) => setImmediate(resolve));
    expect(queue.claims).toHaveLength(length);
  });
});
