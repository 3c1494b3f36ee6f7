import { HubError } from '#errors';
import type { Decision } from '../decision.ts';
import { CONCLUSION_OUTCOMES, type ConclusionOutcome, type HubEvent } from '../event.ts';
import type { Sha256 } from '../ids.ts';
import { nextState, outcomeOf, type LifeCycleStep } from '../life-cycle/index.ts';
import type { Procedure } from '../procedure.ts';
import { sameIpa } from '../routing/same-ipa.ts';
import type { Act, Conclusion, OpenTask, PracticeState } from './practice-state.ts';
import { termsAfter } from './running-terms.ts';

/** One accepted event with its place. */
export interface FoldStep {
  readonly event: HubEvent;
  /** SHA-256 of the event's signed bytes. */
  readonly eventDigest: Sha256;
  readonly decision: Decision;
}

/**
 * The practice after one more event. Pure: the same events in position order give the same state, digest included,
 * on every node and in a replay, however they were batched. It never judges content (the router did that): an act
 * out of flow is kept and marked.
 * @param procedure the procedure, in the version that the practice was filed under
 * @throws HubError `POSITION_UNEXPECTED` (not the next position), `DECISION_MISMATCH` (the pair does not belong
 *   together, or to this practice)
 */
export function foldPractice(
  previous: PracticeState | null,
  step: FoldStep,
  procedure: Procedure,
): PracticeState {
  checkStep(previous, step, procedure);
  const { event, decision } = step;
  const before = previous ?? newPractice(step, procedure);
  const byOwner = sameIpa(event.author.ipa, before.owner);
  const moved = nextState(before.regime, before.state, {
    by: byOwner ? 'owner' : 'other',
    type: event.type,
    outcome: outcomeOf(event.body),
  });
  const acts = actsAfter(before.acts, step, moved);
  return {
    ...before,
    state: moved.state,
    position: decision.position,
    participants:
      event.type === 'practice.filed' && !moved.outOfFlow ? partiesOf(decision) : before.participants,
    acts,
    conclusions: conclusionsOf(acts),
    tasks: tasksAfter(before.tasks, step, moved),
    terms: termsAfter(before.terms, step, moved, procedure),
    voided:
      event.body.type === 'event.voided'
        ? [
            ...before.voided,
            { author: event.author.ipa, event: event.body.event, position: decision.position },
          ]
        : before.voided,
  };
}

function checkStep(
  previous: PracticeState | null,
  { event, eventDigest, decision }: FoldStep,
  procedure: Procedure,
): void {
  const ours = previous ?? event.practice;
  const facts: readonly [boolean, string][] = [
    [
      decision.event.id === event.id && sameIpa(decision.event.author, event.author.ipa),
      'is about another event',
    ],
    [decision.event.digest === eventDigest, 'carries another digest'],
    [
      decision.practice.uuid === event.practice.uuid && ours.uuid === event.practice.uuid,
      'is about another practice',
    ],
    [
      sameIpa(decision.practice.owner, ours.owner) && sameIpa(event.practice.owner, ours.owner),
      'names another owner',
    ],
    [
      decision.procedure.code === procedure.code && decision.procedure.version === procedure.version,
      `is under procedure ${decision.procedure.code} ${decision.procedure.version}`,
    ],
  ];
  const fault = facts.find(([holds]) => !holds);
  if (fault !== undefined) {
    throw new HubError('DECISION_MISMATCH', `the decision for event ${event.id} ${fault[1]}`, {
      details: { event: event.id },
    });
  }
  const expected = (previous?.position ?? 0) + 1;
  if (decision.position === expected) return;
  throw new HubError('POSITION_UNEXPECTED', `position ${decision.position} comes where ${expected} is next`, {
    details: { practice: event.practice.uuid, position: decision.position, expected },
  });
}

function newPractice({ event, decision }: FoldStep, procedure: Procedure): PracticeState {
  return {
    ...event.practice,
    procedure: { code: procedure.code, version: procedure.version },
    regime: procedure.regime,
    state: 'started',
    position: 0,
    participants: partiesOf(decision),
    acts: [],
    conclusions: [],
    tasks: [],
    terms: [],
    voided: [],
  };
}

function partiesOf(decision: Decision): PracticeState['participants'] {
  return decision.participants.map(({ ipa, part, joined }) => ({ ipa, part, joined }));
}

function actsAfter(
  acts: readonly Act[],
  { event, eventDigest, decision }: FoldStep,
  moved: LifeCycleStep,
): readonly Act[] {
  const { body } = event;
  const kept =
    body.type === 'event.voided'
      ? acts.map((act) =>
          act.id === body.event && act.digest === body.digest && sameIpa(act.author, event.author.ipa)
            ? { ...act, voided: true }
            : act,
        )
      : acts;
  return [
    ...kept,
    {
      position: decision.position,
      author: event.author.ipa,
      id: event.id,
      type: event.type,
      outOfFlow: moved.outOfFlow,
      voided: false,
      outcome: outcomeOf(body),
      at: event.time,
      digest: eventDigest,
    },
  ];
}

function conclusionsOf(acts: readonly Act[]): readonly Conclusion[] {
  const last = new Map<string, Conclusion>();
  for (const { type, outOfFlow, voided, outcome, author, position, id, at } of acts) {
    if (type !== 'conclusion.issued' || outOfFlow || voided || !isConclusion(outcome)) continue;
    last.set(author.toLowerCase(), { authority: author, outcome, position, id, at });
  }
  return [...last.values()].sort((one, other) => one.position - other.position);
}

function isConclusion(outcome: Act['outcome']): outcome is ConclusionOutcome {
  return CONCLUSION_OUTCOMES.some((known) => known === outcome);
}

function tasksAfter(
  tasks: readonly OpenTask[],
  { event, decision }: FoldStep,
  moved: LifeCycleStep,
): readonly OpenTask[] {
  const { body } = event;
  const { position, participants } = decision;
  if (moved.outOfFlow) return tasks;
  if (body.type === 'practice.filed') {
    return participants
      .filter(({ joined }) => !joined)
      .map(({ ipa }) => ({ kind: 'notify-by-pec', recipient: ipa, opened: position, closed: null }));
  }
  if (body.type !== 'external.notified') return tasks;
  return tasks.map((task) =>
    task.closed === null && sameIpa(task.recipient, body.recipient) ? { ...task, closed: position } : task,
  );
}
