import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findJava } from '#embedded';
import { DEFECTS, type Defect } from './defects/defects.ts';
import { Random } from './random.ts';
import { drawSchedule, FAULT_KINDS } from './schedule/schedule.ts';
import { runSuite } from './suite.ts';

/**
 * Chosen for what it draws: crashes at named places, one of them of the log, the controller, the database, a router stopped
 * while another takes over.
 */
const SEED = 34189;
const KILLS = 6;
const WITHIN_MS = 600_000;

const java = await findJava(process.env);

describe('the schedule', () => {
  const drawn = (seed: number, kills: number) =>
    drawSchedule(new Random(seed), kills).map(({ kind, what }) => `${kind}: ${what}`);

  it('is the same for the same seed, and another for another', () => {
    expect(drawn(7, 40)).toEqual(drawn(7, 40));
    expect(drawn(7, 40)).not.toEqual(drawn(8, 40));
  });

  it('has every kind of fault in forty, whatever the seed', () => {
    const kinds = FAULT_KINDS.map(({ kind }) => kind).sort();
    for (let seed = 0; seed < 50; seed += 1) {
      const struck = new Set(drawSchedule(new Random(seed), 40).map(({ kind }) => kind));
      expect([...struck].sort()).toEqual(kinds);
    }
  });
});

describe('each defect that proves the suite', () => {
  it.each(Object.entries<Defect>(DEFECTS))('%s still fits the source', (_, { edits }) => {
    for (const { file, from, to } of edits) {
      expect(readFileSync(file, 'utf8').split(from)).toHaveLength(2);
      expect(to).not.toBe(from);
    }
  });
});

it(
  `what was answered 201 is everywhere once, the same bytes at the same positions, in the log and in a replay, after ${KILLS} faults`,
  async ({ skip }) => {
    skip(typeof java !== 'string', 'three brokers need Java 17 here; Docker runs one at most');
    const told: string[] = [];
    const { problems, filings, acts, events } = await runSuite({
      seed: SEED,
      kills: KILLS,
      report: (what) => told.push(what),
    });
    expect(problems, told.join('\n')).toEqual([]);
    expect(filings).toBeGreaterThan(0);
    expect(events).toBeGreaterThanOrEqual(filings + acts);
  },
  WITHIN_MS,
);
