import type { ConclusionOutcome, EventType, Part, PracticeRef, ProceedingOutcome, Term } from '../event.ts';
import type { EventId, IpaCode, Sha256 } from '../ids.ts';
import type { LifeCycleState } from '../life-cycle/index.ts';
import type { Regime, TermCode } from '../procedure.ts';

/** One accepted event of a practice, in position order. */
export interface Act {
  readonly position: number;
  readonly author: IpaCode;
  readonly id: EventId;
  readonly type: EventType;
  /** True: kept and shown, but it fits no row of the life cycle and moved nothing. */
  readonly outOfFlow: boolean;
  /** True: its author has voided it since. What it moved stays moved; another act has to mend it. */
  readonly voided: boolean;
  readonly outcome: ConclusionOutcome | ProceedingOutcome | null;
  /** The event's own time, UTC. */
  readonly at: string;
  /** SHA-256 of the event's signed bytes. */
  readonly digest: Sha256;
}

/** The last conclusion of an authority that is in flow and not voided. */
export interface Conclusion {
  readonly authority: IpaCode;
  readonly outcome: ConclusionOutcome;
  readonly position: number;
  readonly id: EventId;
  readonly at: string;
}

/** Something the owner has to do. Positions say which event opened and which closed it (null: still open). */
export interface OpenTask {
  readonly kind: 'notify-by-pec';
  readonly recipient: IpaCode;
  readonly opened: number;
  readonly closed: number | null;
}

/** A term as it runs: data for people and desks. Nothing happens by itself when it is over. */
export interface RunningTerm {
  readonly code: TermCode;
  /** Whose term it is: the owner's, or the participant's that owes a conclusion. */
  readonly of: IpaCode;
  readonly term: Term;
  /** Days in Italy, `YYYY-MM-DD`; `due` is the last day of the term. */
  readonly started: string;
  readonly due: string;
  readonly opened: number;
  readonly closed: number | null;
}

/** A practice after its events up to `position`: plain JSON, the same on every node. */
export interface PracticeState extends PracticeRef {
  readonly procedure: { readonly code: string; readonly version: number };
  readonly regime: Regime;
  readonly state: LifeCycleState;
  readonly position: number;
  readonly participants: readonly { readonly ipa: IpaCode; readonly part: Part; readonly joined: boolean }[];
  readonly acts: readonly Act[];
  /** One an authority, in position order. */
  readonly conclusions: readonly Conclusion[];
  readonly tasks: readonly OpenTask[];
  readonly terms: readonly RunningTerm[];
  /** Events that their authors have voided, accepted or not, in the order of voiding. */
  readonly voided: readonly {
    readonly author: IpaCode;
    readonly event: EventId;
    readonly position: number;
  }[];
}
