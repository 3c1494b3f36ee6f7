import { beforeEach, describe, expect, it } from 'vitest';
import { parseEvent } from '#contracts';
import { HubError } from '#errors';
import { systemIds } from '#platform';
import { TestClock } from '#testing';
import { realNetwork, TestNode } from './authority.fixture.ts';
import { LostQueue } from './documents/lost-queue.ts';
import { noteLost } from './documents/lost-documents.ts';
import { PostgresFetchQueue } from './documents/postgres-fetch-queue.ts';
import { claimCheck, orderChecks, orderChecksOfEvents, postponeCheck } from './documents/signature-queue.ts';
import { claimGaps, noteRound } from './gaps/gap-store.ts';
import { TestInbox } from './inbox.fixture.ts';
import { dueWebhook, lockWebhook, postpone } from './webhooks/webhook-store.ts';

const TEN_MINUTES_MS = 600_000;
const SOON_MS = 2_000;
const LIMIT = 100;

const clock = new TestClock(new Date());
const node = await TestNode.start(await realNetwork(), 'p_cr', { clock });
const inbox = await TestInbox.of(node);
const { work } = node.parts;

/** The node's clock runs ahead from here on, until it is put right. */
function runAhead(): Date {
  clock.advance(Date.now() + TEN_MINUTES_MS - clock.now().getTime());
  return clock.now();
}

function putRight(): Date {
  clock.advance(Date.now() - clock.now().getTime());
  return clock.now();
}

const soon = (now: Date): Date => new Date(now.getTime() + SOON_MS);
const right = () => ({ limit: LIMIT, now: putRight(), busy: [] });

/** How many rows of a queue are due later than they would be by a clock that is right. */
async function late(table: string, withinMs: number): Promise<number> {
  const rows = await node.rows(
    `select 1 as late from ${table} where next_attempt_at > now() + make_interval(secs => $1)`,
    [withinMs / 1000],
  );
  return rows.length;
}

/** A filing that has come while the clock ran ahead. */
async function filingCameAhead() {
  runAhead();
  const { first } = await inbox.practice(0);
  await inbox.receive(first);
  return parseEvent(first.value);
}

describe('what was noted while the node’s clock ran ten minutes ahead, when it is right again', () => {
  beforeEach(async () => {
    for (const table of ['lost_document', 'document_signatures', 'document'])
      await node.rows(`delete from ${table}`);
  });

  it('documents to fetch: due at once, due when they were released, and soon when they were put off', async () => {
    const event = await filingCameAhead();
    const queue = new PostgresFetchQueue(node.parts, () => undefined);
    const jobs = await queue.claim(right());
    expect(jobs).toHaveLength(event.documents.length);
    runAhead();
    for (const job of jobs) await queue.release(job);
    expect(await queue.claim(right())).toHaveLength(jobs.length);
    const next = soon(runAhead());
    for (const job of jobs)
      await queue.postpone(job, { state: 'author-away', failures: 1, next, error: undefined });
    expect(await late('document', SOON_MS)).toBe(0);
  });

  it('a claim under that clock ends as soon as any other', async () => {
    await filingCameAhead();
    const queue = new PostgresFetchQueue(node.parts, () => undefined);
    const jobs = await queue.claim({ limit: LIMIT, now: runAhead(), busy: [] });
    expect(jobs.length).toBeGreaterThan(0);
    await queue.renew(jobs);
    expect(await late('document', 30_000)).toBe(0);
  });

  it('lost documents: due at once, and soon when they were put off', async () => {
    const event = await filingCameAhead();
    await node.rows(`update document set status = 'author-away'`);
    const { owner, uuid: practice } = event.practice;
    const keys = event.documents.map(({ id: document }) => ({ owner, practice, document }));
    await work.run((tx) => noteLost(tx, keys, runAhead()));
    const queue = new LostQueue(node.parts);
    const jobs = await queue.claim(right());
    expect(jobs).toHaveLength(keys.length);
    const next = soon(runAhead());
    const error = new HubError('DOCUMENT_NOT_FOUND', 'nobody has it');
    for (const job of jobs) await queue.postpone(job, { state: 'author-away', failures: 1, next, error });
    expect(await late('lost_document', SOON_MS)).toBe(0);
    runAhead();
    await node.lost.check();
    expect(await late('lost_document', 0)).toBe(0);
  });

  it('signatures to look for: due at once, of own events too, and soon when they were put off', async () => {
    const event = await filingCameAhead();
    await node.rows(`update document set role = 'attachment'`);
    const time = runAhead().toISOString();
    await work.run((tx) => orderChecksOfEvents(tx, [{ ...event, time }]));
    expect(await late('document_signatures', 0)).toBe(0);
    await node.rows('delete from document_signatures');
    const { owner, uuid: practice } = event.practice;
    const ids = event.documents.map(({ id }) => id);
    await work.run((tx) => orderChecks(tx, { owner, practice }, ids, runAhead()));
    const job = await work.run((tx) => claimCheck(tx, putRight()));
    if (job === undefined) throw new Error('no check is due');
    const now = runAhead();
    await work.run((tx) => postponeCheck(tx, job, { at: soon(now), attempts: 1 }, now));
    expect(await late('document_signatures', SOON_MS)).toBe(0);
  });

  it('webhooks: tried again as soon as they were to be', async () => {
    const id = systemIds.uuidv7();
    await node.rows(
      `insert into webhook (id, label, url, kinds, state, state_since, cursor_xid, cursor_id, created_at)
       values ($1, 'spec', 'https://example.org/', '{}', 'active', now(), '0', 0, now())`,
      [id],
    );
    const now = runAhead();
    await work.run(async (tx) => postpone(tx, await lockWebhook(tx, id), now, soon(now)));
    expect(await late('webhook', SOON_MS)).toBe(0);
    expect(await work.run((tx) => dueWebhook(tx, id, soon(putRight())))).toBeUndefined();
    await node.rows('delete from webhook');
  });

  it('gaps: asked for at once, and soon again after a round to no avail', async () => {
    runAhead();
    const { others } = await inbox.practice(1);
    await inbox.receive(...others);
    const now = putRight();
    const before = new Date(now.getTime() - 5_000);
    const [gap] = await work.run((tx) => claimGaps(tx, { now, before, limit: LIMIT }));
    if (gap === undefined) throw new Error('no gap is due');
    const ahead = runAhead();
    await work.run((tx) => noteRound(tx, gap.practice, [], { now: ahead, next: soon(ahead) }));
    expect(await late('gap', SOON_MS)).toBe(0);
  });
});
