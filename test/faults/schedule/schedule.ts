import type { Random } from '../random.ts';
import type { Fault, FaultKind } from './fault.ts';
import { crashInLog, logPutBack, stoppedInAppend } from './log-faults.ts';
import { cutBetweenNodes, cutFromBrokers, cutFromWitnesses } from './network-faults.ts';
import {
  crashAtPoint,
  processKilled,
  startedTogether,
  stopped,
  stoppedWithSuccessor,
} from './process-faults.ts';
import {
  clockOff,
  controllerKilled,
  diskFull,
  leaderKilled,
  postgresKilled,
  restoredFromCopy,
} from './server-faults.ts';

/** Every kind of fault that strikes. */
export const FAULT_KINDS: readonly FaultKind[] = [
  crashAtPoint,
  processKilled,
  stopped,
  stoppedWithSuccessor,
  startedTogether,
  crashInLog,
  stoppedInAppend,
  logPutBack,
  leaderKilled,
  controllerKilled,
  postgresKilled,
  cutFromBrokers,
  cutBetweenNodes,
  cutFromWitnesses,
  diskFull,
  clockOff,
  restoredFromCopy,
];

/**
 * Draws so many faults: kinds as from a deck in which each is as often as its weight says, shuffled anew when it is
 * used up, so that a long schedule has all of them.
 */
export function drawSchedule(random: Random, kills: number, kinds = FAULT_KINDS): Fault[] {
  const faults: Fault[] = [];
  let deck: FaultKind[] = [];
  while (faults.length < kills) {
    if (deck.length === 0)
      deck = random.shuffled(kinds.flatMap((kind) => Array.from({ length: kind.weight }, () => kind)));
    const kind = deck.pop();
    if (kind !== undefined) faults.push(kind.draw(random));
  }
  return faults;
}
