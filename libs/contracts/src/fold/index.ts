export { foldPractice, type FoldStep } from './fold-practice.ts';
export { stateDigest } from './state-digest.ts';
export type { Act, Conclusion, OpenTask, PracticeState, RunningTerm } from './practice-state.ts';
