import type { Decision } from '../decision.ts';
import type { HubEvent, Term } from '../event.ts';
import type { IpaCode } from '../ids.ts';
import { isFinalState, type LifeCycleStep } from '../life-cycle/index.ts';
import type { Procedure, TermCode } from '../procedure.ts';
import { sameIpa } from '../routing/same-ipa.ts';
import { addTerm, romeDate } from '../terms/index.ts';
import type { RunningTerm } from './practice-state.ts';

interface TermStep {
  readonly event: HubEvent;
  readonly decision: Decision;
}

/** The terms after one more event: what it answers or ends is closed, what it starts is opened. */
export function termsAfter(
  terms: readonly RunningTerm[],
  step: TermStep,
  moved: LifeCycleStep,
  procedure: Procedure,
): readonly RunningTerm[] {
  if (moved.outOfFlow) return terms;
  const all = [...closeAnswered(terms, step), ...opened(step, procedure)];
  return isFinalState(moved.state) ? close(all, step, () => true) : all;
}

function closeAnswered(terms: readonly RunningTerm[], step: TermStep): readonly RunningTerm[] {
  const { event } = step;
  const byOwner = sameIpa(event.author.ipa, event.practice.owner);
  switch (event.type) {
    case 'correction.provided':
      return close(terms, step, ({ code }) => code === 'correction');
    case 'integration.provided':
      return close(terms, step, ({ code }) => code === 'integration-response');
    case 'integration.requested':
      return byOwner ? close(terms, step, ({ code }) => code === 'integration-request') : terms;
    case 'conclusion.issued':
      return close(terms, step, ({ code, of }) => code === 'conclusion' && sameIpa(of, event.author.ipa));
    default:
      return terms;
  }
}

function opened(step: TermStep, procedure: Procedure): readonly RunningTerm[] {
  const { event, decision } = step;
  const { owner } = event.practice;
  const byOwner = sameIpa(event.author.ipa, owner);
  switch (event.body.type) {
    case 'practice.filed': {
      const request = procedure.terms['integration-request'];
      return [
        open(step, 'proceeding', owner, procedure.terms.proceeding),
        ...(request === undefined ? [] : [open(step, 'integration-request', owner, request)]),
        ...decision.participants
          .filter(({ part }) => part === 'deciding' || part === 'opinion')
          .map(({ ipa, term }) => open(step, 'conclusion', ipa, term)),
      ];
    }
    case 'correction.requested':
      return byOwner ? [open(step, 'correction', owner, event.body.term)] : [];
    case 'integration.requested':
      return byOwner ? [open(step, 'integration-response', owner, event.body.term)] : [];
    default:
      return [];
  }
}

function open({ event, decision }: TermStep, code: TermCode, of: IpaCode, term: Term): RunningTerm {
  const started = romeDate(event.time);
  return { code, of, term, started, due: addTerm(started, term), opened: decision.position, closed: null };
}

function close(
  terms: readonly RunningTerm[],
  { decision }: TermStep,
  which: (term: RunningTerm) => boolean,
): readonly RunningTerm[] {
  return terms.map((term) =>
    term.closed === null && which(term) ? { ...term, closed: decision.position } : term,
  );
}
