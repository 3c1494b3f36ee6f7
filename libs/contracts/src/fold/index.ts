export { foldPractice, type FoldStep } from './fold-practice.ts';
export { foldingProcedure } from './folding-procedure.ts';
export {
  canonicalState,
  eventsDigest,
  PRACTICE_STATE_FORMAT,
  stateDigest,
  type PlacedDigests,
} from './state-digest.ts';
export type { Act, Conclusion, OpenTask, PracticeState, RunningTerm } from './practice-state.ts';
