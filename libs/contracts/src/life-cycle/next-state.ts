import type { EventBody, EventType } from '../event.ts';
import type { Regime } from '../procedure.ts';
import { isFinalState, type LifeCycleState } from './states.ts';
import { LIFE_CYCLE, type LifeCycleRow } from './table.ts';

/** An act as the life cycle sees it. */
export interface LifeCycleAct {
  readonly by: 'owner' | 'other';
  readonly type: EventType;
  /** Of a conclusion or an end. */
  readonly outcome: LifeCycleRow['outcome'];
}

export interface LifeCycleStep {
  readonly state: LifeCycleState;
  /** True: no row fits. The act is kept and shown, the state stays. */
  readonly outOfFlow: boolean;
  /** Id of the row that fitted. */
  readonly row: string | null;
}

/**
 * The life cycle of a practice, as a pure function of its state, its regime and the next act (SSU §9).
 * Never throws: an act that fits no row leaves the state as it is and is marked out of flow.
 */
export function nextState(regime: Regime, state: LifeCycleState, act: LifeCycleAct): LifeCycleStep {
  const row = LIFE_CYCLE.find((candidate) => fits(candidate, regime, state, act));
  if (row === undefined) return { state, outOfFlow: true, row: null };
  return { state: row.to === 'same' ? state : row.to, outOfFlow: false, row: row.id };
}

/** The outcome an event's body carries, or null. */
export function outcomeOf(body: EventBody): LifeCycleAct['outcome'] {
  return 'outcome' in body ? body.outcome : null;
}

/** True if `row` starts from `state`. */
export function startsFrom(row: LifeCycleRow, state: LifeCycleState): boolean {
  if (row.from === 'any') return true;
  if (row.from === 'open') return state !== 'started' && !isFinalState(state);
  return row.from.includes(state);
}

function fits(row: LifeCycleRow, regime: Regime, state: LifeCycleState, act: LifeCycleAct): boolean {
  return (
    row.on === act.type &&
    row.by === act.by &&
    row.regimes.includes(regime) &&
    (row.outcome === null || row.outcome === act.outcome) &&
    startsFrom(row, state)
  );
}
