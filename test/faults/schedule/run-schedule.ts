import { setTimeout as pause } from 'node:timers/promises';
import type { FaultNetwork } from '../network/fault-network.ts';
import type { Random } from '../random.ts';
import { told } from '../told.ts';
import type { Fault, Struck } from './fault.ts';

/** Faults that are under way at once. */
const AT_ONCE = 3;
/** From one fault to the next, at least and at most, milliseconds. */
const SOON_MS = 400;
const LATER_MS = 2_200;

/** What became of a fault. */
export interface Outcome {
  readonly fault: Fault;
  /** `failed`: its victim did not come back, or it could not be done; `why` says what was waited for. */
  readonly struck: Struck | 'failed';
  readonly why: string | null;
  /** From the fault until its victim worked again, milliseconds. */
  readonly ms: number;
}

/** Strikes with one fault after the other, some of them at once, none at a victim that is still down. */
export async function runSchedule(
  network: FaultNetwork,
  faults: readonly Fault[],
  random: Random,
  tell: (outcome: Outcome, nth: number) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const underWay = new Map<string, Promise<void>>();
  for (const fault of faults) {
    await pause(random.between(SOON_MS, LATER_MS));
    // Each of them ends: whatever a fault waits for has a deadline.
    await underWay.get(fault.victim);
    while (underWay.size >= AT_ONCE) await Promise.race(underWay.values());
    const striking = strike(network, fault).then((outcome) => {
      underWay.delete(fault.victim);
      outcomes.push(outcome);
      tell(outcome, outcomes.length);
    });
    underWay.set(fault.victim, striking);
  }
  await Promise.all(underWay.values());
  return outcomes;
}

async function strike(network: FaultNetwork, fault: Fault): Promise<Outcome> {
  const since = performance.now();
  const passed = (): number => Math.round(performance.now() - since);
  try {
    const struck = await fault.strike(network);
    return { fault, struck, why: null, ms: passed() };
  } catch (error) {
    return { fault, struck: 'failed', why: told(error), ms: passed() };
  }
}
