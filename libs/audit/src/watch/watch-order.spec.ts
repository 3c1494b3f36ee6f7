import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseEventId, type EventId } from '#contracts';
import { aDecision, aPractice, type DecidedEvent } from '#testing';
import { readLogEntry } from '#tlog';
import type { RoundReport } from '../index.ts';
import { logUnderWatch, MINUTE_MS } from './served-log.fixture.ts';

const under = await logUnderWatch();

/** What an alarm is about, and whether it is over. */
const seen = ({ alarms }: RoundReport): string[] =>
  alarms.map(({ code, subject, overAt }) => `${code} ${subject}${overAt === null ? '' : ' over'}`);

/** A round of what is there now; only of the entries, since these are what is compared. */
async function round(fromNow = false): Promise<RoundReport> {
  await under.publish();
  return await under.round({ depth: 'entries', fromNow });
}

/** A filing and acts of one practice, decided for the positions 1, 2, …; the events are in the log if `isLogged`. */
async function practice(acts: number, id?: EventId): Promise<readonly DecidedEvent[]> {
  const builder = aPractice(under.network);
  const filing = await aDecision(await builder.filedBy('c_d150').signed(), 1);
  const { participants } = filing.decision;
  const decided = [filing];
  for (let n = 1; n <= acts; n += 1) {
    const act = builder.actBy('c_d150', 'proceeding.ended');
    const signed = await (id === undefined ? act : act.id(id)).signed();
    decided.push(await aDecision(signed, n + 1, { participants }));
  }
  return decided;
}

function both({ signed, item }: DecidedEvent): void {
  under.log.event(signed).decision({ item });
}

async function altered(change: (stored: Record<string, unknown>) => void): Promise<void> {
  const file = join(under.kept, 'watch.json');
  const stored = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  change(stored);
  await writeFile(file, JSON.stringify(stored));
}

/** Files of records of a monitor. */
async function runs(): Promise<string[]> {
  const names = await readdir(join(under.kept, 'order'), { recursive: true });
  return names.filter((name) => name.includes('.run')).sort();
}

describe('what is said of all leaves together', () => {
  beforeEach(async () => {
    await under.grow(2);
    expect(await round()).toMatchObject({ verdict: 'well', compared: { from: 0, to: 4, waiting: 0 } });
  });

  it('a leaf that is there twice, whichever rounds the two have come in: an alarm, raised once', async () => {
    await under.grow();
    await round();
    under.log.leaves.push(under.log.leaves[1]!);
    expect(seen(await round())).toEqual(['AUDIT_LEAF_TWICE leaf 6', 'AUDIT_POSITION_TWICE leaf 6']);
    await under.grow();
    const report = await round();
    expect(report.alarms).toMatchObject([
      { message: 'leaf 1 is about the same, in the same part', times: 1 },
      { times: 1 },
    ]);
    expect(report.compared).toEqual({ from: 0, to: 9, waiting: 0 });
  });

  it('a position that is given twice, in one round or in two', async () => {
    const [filing, second] = await practice(1);
    const [, other] = await practice(1);
    const { participants } = filing!.decision;
    const twin = await aDecision(other!.signed, 2, { participants });
    both(filing!);
    both(second!);
    await round();
    const entry = readLogEntry(under.log.leaves.at(-1)!.entry);
    under.log.event(twin.signed).leaf({ ...entry, eventId: twin.signed.event.id }, null);
    expect(seen(await round())).toEqual(['AUDIT_POSITION_TWICE leaf 9']);
  });

  it('a gap, and a decision without its event: alarms when the log has gone on without them, over when they come', async () => {
    const [filing, second, third, fourth] = await practice(3);
    both(filing!);
    both(third!);
    under.log.decision(fourth!);
    expect(await round()).toMatchObject({ verdict: 'well', compared: { to: 9, waiting: 2 } });
    under.clock.advance(9 * MINUTE_MS);
    expect((await round()).verdict).toBe('well');
    under.clock.advance(2 * MINUTE_MS);
    // Nothing shows that the log has gone on: the silence is judged, not what it lacks.
    expect((await under.round({ depth: 'entries' })).verdict).toBe('well');
    expect(seen(await round())).toEqual(['AUDIT_POSITION_GAP leaf 7', 'AUDIT_DECISION_WITHOUT_EVENT leaf 8']);
    both(second!);
    under.log.event(fourth!.signed);
    expect(seen(await round())).toEqual([
      'AUDIT_POSITION_GAP leaf 7 over',
      'AUDIT_DECISION_WITHOUT_EVENT leaf 8 over',
    ]);
  });

  it('what comes before it was missed for long is no alarm', async () => {
    const [filing, second, third] = await practice(2);
    both(filing!);
    both(third!);
    under.log.decision(second!);
    expect((await round()).compared?.waiting).toBe(1);
    under.clock.advance(9 * MINUTE_MS);
    under.log.event(second!.signed);
    expect((await round()).compared?.waiting).toBe(0);
    under.clock.advance(9 * MINUTE_MS);
    expect((await round()).verdict).toBe('well');
  });

  it('what was missing long before the monitor came is an alarm at once, by the times that the log states', async () => {
    const [filing, , third] = await practice(2);
    both(filing!);
    both(third!);
    const sample = readLogEntry(under.log.leaves[0]!.entry);
    const another = () => ({ ...sample, eventId: under.network.ids.uuidv7() }) as typeof sample;
    while (under.log.leaves.length < 256) under.log.leaf(another(), null);
    under.clock.advance(70 * MINUTE_MS);
    await under.grow();
    expect(seen(await round())).toEqual(['AUDIT_POSITION_GAP leaf 7']);
  });

  it('a position that no practice reaches stops nobody', async () => {
    const entry = readLogEntry(under.log.leaves[1]!.entry);
    const far = { ...entry, eventId: under.network.ids.uuidv7(), position: Number.MAX_SAFE_INTEGER };
    under.log.leaf(far as typeof entry, null);
    expect((await round()).compared).toEqual({ from: 0, to: 5, waiting: 2 });
  });
});

describe('a monitor that has begun in the middle', () => {
  it('says from where on, and judges what it has seen: nothing that may lie before it', async () => {
    const [filing, second, , fourth, fifth, , seventh] = await practice(6);
    both(filing!);
    under.log.event(fourth!.signed);
    expect((await round(true)).compared).toEqual({ from: 3, to: 3, waiting: 0 });
    under.clock.advance(20 * MINUTE_MS);
    const late = parseEventId('01d00000-0000-7000-8000-000000000001');
    const [, unlogged] = await practice(1, late);
    under.log.decision(second!).decision(fourth!).decision(unlogged!);
    // Its position 1 and the event of 4 are before; 3 and 6 are missing between what was seen.
    both(fifth!);
    both(seventh!);
    under.clock.advance(MINUTE_MS);
    await round();
    under.clock.advance(11 * MINUTE_MS);
    const report = await round();
    expect(report.compared).toEqual({ from: 3, to: 10, waiting: 0 });
    expect(seen(report)).toEqual([
      'AUDIT_POSITION_GAP leaf 4',
      'AUDIT_DECISION_WITHOUT_EVENT leaf 5',
      'AUDIT_POSITION_GAP leaf 9',
    ]);
  });
});

describe('a monitor that is started anew', () => {
  beforeEach(async () => {
    await under.grow(2);
    await round();
  });

  it('and has the state of a version that did not compare reads the entries again, from where it had begun', async () => {
    await altered((stored) => delete stored['order']);
    await rm(join(under.kept, 'order'), { recursive: true });
    expect((await under.round({ depth: 'entries' })).compared).toEqual({ from: 0, to: 4, waiting: 0 });
    await altered((stored) => delete stored['order']);
    under.log.leaves.push(under.log.leaves[0]!);
    expect(seen(await round())).toEqual(['AUDIT_LEAF_TWICE leaf 4']);
  });

  it('and finds files of records gone, or cut off, writes them again from the log', async () => {
    await rm(join(under.kept, 'order'), { recursive: true });
    under.log.leaves.push(under.log.leaves[0]!);
    expect(seen(await round())).toEqual(['AUDIT_LEAF_TWICE leaf 4']);
    const [first] = await runs();
    const file = join(under.kept, 'order', first!);
    await writeFile(file, (await readFile(file)).subarray(0, -32));
    under.log.leaves.push(under.log.leaves[2]!);
    expect(seen(await round())).toEqual(['AUDIT_LEAF_TWICE leaf 4', 'AUDIT_LEAF_TWICE leaf 5']);
  });

  it('after it was killed behind what it had kept last takes nothing of what was written since', async () => {
    const before = join(under.kept, 'watch.json');
    const kept = await readFile(before);
    const files = await runs();
    await cp(join(under.kept, 'order'), join(under.scratch, 'order'), { recursive: true });
    under.log.leaves.push(under.log.leaves[0]!);
    const whole = await round();
    // As if it had been killed when its new files were written, and its state was not.
    const after = await runs();
    await writeFile(before, kept);
    await cp(join(under.scratch, 'order'), join(under.kept, 'order'), { recursive: true });
    expect((await runs()).length).toBeGreaterThan(files.length);
    const report = await round();
    expect(seen(report)).toEqual(['AUDIT_LEAF_TWICE leaf 4']);
    expect(report.alarms).toEqual(whole.alarms);
    expect(await runs()).toEqual(after);
  });
});
