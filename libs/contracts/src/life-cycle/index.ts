export { nextState, outcomeOf, type LifeCycleAct, type LifeCycleStep } from './next-state.ts';
export { isFinalState, PRACTICE_STATES, type LifeCycleState } from './states.ts';
export { LIFE_CYCLE, type LifeCycleRow, type RowSource } from './table.ts';
