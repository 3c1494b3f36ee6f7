import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { VerifierPool } from '#evidence';
import {
  aNetwork,
  anEvent,
  dieOf,
  DYING_VERIFIER,
  freshDatabase,
  outboxRecord,
  TEST_NOW,
  TestClock,
  type SignedEvent,
} from '#testing';
import { TestRouter } from '../../test/test-router.ts';

const HALF_AN_HOUR_MS = 1_800_000;
const clock = new TestClock(TEST_NOW);
const network = await aNetwork().at(clock).founded();
const verifier = new VerifierPool({ threads: 1, program: DYING_VERIFIER });
const router = await TestRouter.open(await freshDatabase(), network, verifier);
const home = mkdtempSync(join(tmpdir(), 'dying-threads-'));
const order = join(home, 'order');

afterEach(() => {
  rmSync(order, { force: true });
});
afterAll(async () => {
  await verifier.close();
  await router.close();
  rmSync(home, { recursive: true });
});

const filings = (count: number): Promise<SignedEvent[]> =>
  Promise.all(Array.from({ length: count }, () => anEvent(network).signed()));
const placesOf = async (events: readonly SignedEvent[]): Promise<number[]> =>
  (await Promise.all(events.map(({ event }) => router.placed(event.practice)))).map(({ length }) => length);

describe('a thread that dies while it checks a batch', () => {
  it('loses no event and doubles none', async () => {
    const events = await filings(24);
    const records = events.map((event) => outboxRecord(event));
    dieOf(events[10]!.bytes, 'once', order);
    expect(await router.deliver(...records)).toEqual(Array(24).fill('done'));
    const sent = await router.outbox();
    expect(await router.deliver(...records)).toEqual(Array(24).fill('done'));
    expect(await placesOf(events)).toEqual(Array(24).fill(1));
    expect(await router.outbox()).toEqual(sent);
  });

  it('dies of one event each time: the others go on, that one is tried again, then parked, and can be released', async () => {
    const [poison, ...others] = await filings(12);
    const records = [poison!, ...others].map((event) => outboxRecord(event));
    dieOf(poison!.bytes, 'always', order);
    expect(await router.deliver(...records)).toEqual(['retry', ...Array<string>(11).fill('done')]);
    expect(await placesOf([poison!, ...others])).toEqual([0, ...Array<number>(11).fill(1)]);
    clock.advance(HALF_AN_HOUR_MS);
    expect(await router.deliver(...records)).toEqual(['VERIFIER_FAILED', ...Array<string>(11).fill('done')]);
    rmSync(order);
    const { id } = await router.lastParked();
    expect(await router.release(id)).toMatchObject({ status: 'released' });
    expect(await placesOf([poison!, ...others])).toEqual(Array(12).fill(1));
  });
});
