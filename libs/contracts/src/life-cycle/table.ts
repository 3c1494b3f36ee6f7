import type { ConclusionOutcome, EventType, ProceedingOutcome } from '../event.ts';
import type { Regime } from '../procedure.ts';
import type { LifeCycleState } from './states.ts';

/**
 * Where a row comes from. `SSU 2026`: the state diagrams of the later specification (SCIA; authorisation);
 * `SSU 2024`: its September 2024 text, derived from the sequence diagrams; `hub`: what the exchange itself needs.
 */
export type RowSource =
  'SSU 2026 SCIA diagram' | 'SSU 2026 authorisation diagram' | 'SSU 2024 §9' | 'SSU 2024 §10' | 'hub';

/** One row: under `regimes`, in a state of `from`, an act `on` (with `outcome`, if given) by `by` leads to `to`. */
export interface LifeCycleRow {
  readonly id: string;
  readonly regimes: readonly Regime[];
  readonly by: 'owner' | 'other';
  /** `open`: presented and not ended; `any`: every state. */
  readonly from: readonly LifeCycleState[] | 'open' | 'any';
  readonly on: EventType;
  readonly outcome: ConclusionOutcome | ProceedingOutcome | null;
  /** `same`: the act is in its place and moves nothing. */
  readonly to: LifeCycleState | 'same';
  readonly source: RowSource;
}

type Cells = readonly [
  id: string,
  regimes: readonly Regime[],
  by: LifeCycleRow['by'],
  from: LifeCycleRow['from'],
  on: EventType,
  outcome: LifeCycleRow['outcome'],
  to: LifeCycleRow['to'],
  source: RowSource,
];

const SCIA: readonly Regime[] = ['scia'];
const AUTHORISATION: readonly Regime[] = ['authorisation'];
const SILENCE: readonly Regime[] = ['silence-assent'];
const COMMUNICATION: readonly Regime[] = ['communication'];
/** Silence-assent is an authorisation whose expiry is positive: it shares every row but that one. */
const REQUEST: readonly Regime[] = [...AUTHORISATION, ...SILENCE];
const PROCEEDING: readonly Regime[] = [...SCIA, ...REQUEST];
const ALL: readonly Regime[] = [...PROCEEDING, ...COMMUNICATION];

/** The states in which the matter can be decided: a SCIA's, a request's. */
const FORMAL: readonly LifeCycleState[] = ['presented', 'corrected'];
const SCIA_READY: readonly LifeCycleState[] = [...FORMAL, 'conformated'];
const REQUEST_READY: readonly LifeCycleState[] = [...FORMAL, 'integrated'];

const DOC24 = 'SSU 2024 §9';
const REGIMES24 = 'SSU 2024 §10';
const SCIA26 = 'SSU 2026 SCIA diagram';
const AUT26 = 'SSU 2026 authorisation diagram';
const HUB = 'hub';

// One row, one line: a table is read across.
// prettier-ignore
const CELLS: readonly Cells[] = [
  ['filed', PROCEEDING, 'owner', ['started'], 'practice.filed', null, 'presented', DOC24],
  ['communicated', COMMUNICATION, 'owner', ['started'], 'practice.filed', null, 'ended_by_presentation', REGIMES24],

  ['correction-requested', PROCEEDING, 'owner', ['presented'], 'correction.requested', null, 'correction_requested', DOC24],
  ['corrected', PROCEEDING, 'owner', ['correction_requested'], 'correction.provided', null, 'corrected', DOC24],
  // Since 2025 a SCIA has no integration any more, only conformation.
  ['integration-requested', REQUEST, 'owner', FORMAL, 'integration.requested', null, 'integration_requested', AUT26],
  ['integrated', REQUEST, 'owner', ['integration_requested'], 'integration.provided', null, 'integrated', AUT26],
  ['conformation-requested', SCIA, 'owner', FORMAL, 'conclusion.issued', 'conformation-requested', 'conformation_requested', SCIA26],
  ['conformated', SCIA, 'owner', ['conformation_requested'], 'correction.provided', null, 'conformated', SCIA26],

  ['refused', PROCEEDING, 'owner', FORMAL, 'proceeding.ended', 'refused', 'refused', DOC24],
  // Of a SCIA the good end; of a request the authority's inertia; of silence-assent the assent.
  ['scia-stands', SCIA, 'owner', SCIA_READY, 'proceeding.ended', 'proceeding-time-expired', 'ended_by_proceeding_time_expired', DOC24],
  ['inertia', AUTHORISATION, 'owner', REQUEST_READY, 'proceeding.ended', 'proceeding-time-expired', 'ended_by_proceeding_time_expired', AUT26],
  ['silence-is-assent', SILENCE, 'owner', REQUEST_READY, 'proceeding.ended', 'proceeding-time-expired', 'ended_by_positive_outcome', REGIMES24],
  ['suspended', SCIA, 'owner', SCIA_READY, 'proceeding.ended', 'suspension', 'ended_by_suspension_requested', DOC24],
  ['conformation-expired', SCIA, 'owner', ['conformation_requested'], 'proceeding.ended', 'suspension', 'ended_by_suspension_requested', SCIA26],
  ['integration-expired', REQUEST, 'owner', ['integration_requested'], 'proceeding.ended', 'integration-time-expired', 'ended_by_integration_times_expired', DOC24],
  ['granted', REQUEST, 'owner', REQUEST_READY, 'proceeding.ended', 'positive', 'ended_by_positive_outcome', DOC24],
  ['denied', REQUEST, 'owner', REQUEST_READY, 'proceeding.ended', 'negative', 'ended_by_negative_outcome', DOC24],
  ['withdrawn', PROCEEDING, 'owner', 'open', 'proceeding.ended', 'withdrawn', 'ended_by_submitter_cancel_requested', DOC24],

  // In their place, and moving nothing. A withdrawal is the submitter's wish: the owner ends the proceeding on it.
  ['withdrawal-asked', PROCEEDING, 'owner', 'open', 'filing.withdrawn', null, 'same', DOC24],
  ['own-conclusion', PROCEEDING, 'owner', 'open', 'conclusion.issued', null, 'same', HUB],
  ['told-by-pec', ALL, 'owner', 'any', 'external.notified', null, 'same', HUB],
  ['own-void', ALL, 'owner', 'any', 'event.voided', null, 'same', HUB],
  // What the others do is recorded beside the state.
  ['conclusion', PROCEEDING, 'other', 'open', 'conclusion.issued', null, 'same', DOC24],
  ['integration-asked', REQUEST, 'other', 'open', 'integration.requested', null, 'same', DOC24],
  ['void', ALL, 'other', 'any', 'event.voided', null, 'same', HUB],
];

/** The whole life cycle. Of several rows that fit an act, the first decides. */
export const LIFE_CYCLE: readonly LifeCycleRow[] = CELLS.map(
  ([id, regimes, by, from, on, outcome, to, source]) => ({ id, regimes, by, from, on, outcome, to, source }),
);
