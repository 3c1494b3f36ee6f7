/** The states of a practice, as stable codes (SSU §9; [26] names where it has one). */
export const PRACTICE_STATES = [
  /** The practice has an identity, its filing is not there (a parked filing that was voided stays here). */
  'started',
  'presented',
  'correction_requested',
  'corrected',
  'integration_requested',
  'integrated',
  'conformation_requested',
  'conformated',
  'refused',
  'ended_by_presentation',
  'ended_by_positive_outcome',
  'ended_by_negative_outcome',
  'ended_by_suspension_requested',
  'ended_by_proceeding_time_expired',
  'ended_by_integration_times_expired',
  'ended_by_submitter_cancel_requested',
] as const;
export type LifeCycleState = (typeof PRACTICE_STATES)[number];

/** True for a state that no act leaves. */
export function isFinalState(state: LifeCycleState): boolean {
  return state === 'refused' || state.startsWith('ended_by_');
}
