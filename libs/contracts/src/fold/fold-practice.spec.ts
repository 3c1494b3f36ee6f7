import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aFiling, anAct, aStep, eventId, procedureCalled, REGISTRY, sha256 } from '../domain-samples.ts';
import { CONCLUSION_OUTCOMES, PROCEEDING_OUTCOMES, type EventBody } from '../event.ts';
import { parseIpaCode } from '../ids.ts';
import { route } from '../routing/index.ts';
import { foldPractice, type FoldStep } from './fold-practice.ts';
import type { PracticeState } from './practice-state.ts';
import { stateDigest } from './state-digest.ts';

const CODE = 'edilizia.permesso-di-costruire';
const PROCEDURE = procedureCalled(CODE);
const FACTS = {
  'tipo-intervento': 'nuova-costruzione',
  'in-fascia-di-confine': 'true',
  volume: 'fino-a-1000',
};
const FILING = { ...aFiling(CODE, FACTS) };
const PARTICIPANTS = [
  ...route(FILING, REGISTRY).participants,
  {
    ...route(FILING, REGISTRY).participants[0]!,
    ipa: parseIpaCode('c_d151'),
    joined: false,
    part: 'informed' as const,
    rule: 'x',
  },
];
const TERM = { days: 30, kind: 'calendar' } as const;

/** The filing, then the acts given as [author, body], at the positions that follow. */
function steps(...acts: (readonly [author: string, body: EventBody])[]): FoldStep[] {
  const events = [FILING, ...acts.map(([author, body], index) => anAct(index + 2, author, body, CODE))];
  return events.map((event, index) => aStep(event, index + 1, PARTICIPANTS));
}

function fold(all: readonly FoldStep[], from: PracticeState | null = null): PracticeState {
  const state = all.reduce<PracticeState | null>(
    (previous, step) => foldPractice(previous, step, PROCEDURE),
    from,
  );
  return state ?? expect.fail('nothing to fold');
}

const conclusion = (outcome: (typeof CONCLUSION_OUTCOMES)[number]): EventBody => ({
  type: 'conclusion.issued',
  outcome,
});
const ended = (outcome: (typeof PROCEEDING_OUTCOMES)[number]): EventBody => ({
  type: 'proceeding.ended',
  outcome,
});

describe('foldPractice', () => {
  it('opens a practice with its participants, its terms and the tasks for those told by PEC', () => {
    const state = fold(steps());
    expect(state).toMatchObject({
      cui: 'c_d150/2026/000001',
      regime: 'silence-assent',
      state: 'presented',
      position: 1,
    });
    expect(state.tasks).toEqual([{ kind: 'notify-by-pec', recipient: 'c_d151', opened: 1, closed: null }]);
    expect(state.terms.map(({ code, of, started, due }) => [code, of, started, due])).toEqual([
      ['proceeding', 'c_d150', '2026-01-01', '2026-04-01'],
      ['integration-request', 'c_d150', '2026-01-01', '2026-01-31'],
      ['conclusion', 'c_b898', '2026-01-01', '2026-01-31'],
      ['conclusion', 'p_cr', '2026-01-01', '2026-02-15'],
    ]);
  });

  it('closes the task when the owner has told the external body', () => {
    const told: EventBody = {
      type: 'external.notified',
      recipient: parseIpaCode('C_D151'),
      channel: 'pec',
      at: FILING.time,
    };
    expect(fold(steps(['p_cr', told])).tasks).toEqual(fold(steps()).tasks);
    expect(fold(steps(['c_d150', told])).tasks).toEqual([
      { kind: 'notify-by-pec', recipient: 'c_d151', opened: 1, closed: 2 },
    ]);
  });

  it('records what others do beside the state, and moves on the owner’s acts', () => {
    const state = fold(
      steps(['p_cr', { type: 'integration.requested', term: TERM }], ['p_cr', conclusion('favourable')]),
    );
    expect(state.state).toBe('presented');
    expect(state.conclusions).toEqual([
      {
        authority: 'p_cr',
        outcome: 'favourable',
        position: 3,
        id: eventId(3),
        at: '2026-01-03T09:00:00.000Z',
      },
    ]);
    expect(state.terms.find(({ of }) => of === 'p_cr')?.closed).toBe(3);
    const asked = fold(
      steps(
        ['c_d150', { type: 'integration.requested', term: TERM }],
        ['c_d150', { type: 'integration.provided' }],
      ),
    );
    expect(asked.state).toBe('integrated');
    expect(asked.terms.at(-1)).toMatchObject({
      code: 'integration-response',
      started: '2026-01-02',
      due: '2026-02-01',
      opened: 2,
      closed: 3,
    });
  });

  it('keeps an act out of flow, marked, and nothing else of it', () => {
    const before = fold(steps(['c_d150', ended('positive')]));
    const after = fold(steps(['c_d150', ended('positive')], ['p_cr', conclusion('unfavourable')]));
    expect(after.acts.at(-1)).toMatchObject({
      type: 'conclusion.issued',
      outOfFlow: true,
      outcome: 'unfavourable',
    });
    expect({ ...after, acts: [], position: 0 }).toEqual({ ...before, acts: [], position: 0 });
  });

  it('starts and closes no term on an act out of flow', () => {
    const early: readonly [string, EventBody][] = [
      ['c_d150', { type: 'integration.requested', term: TERM }],
      ['c_d150', { type: 'correction.provided' }],
      ['c_d150', { type: 'correction.requested', term: TERM }],
    ];
    expect(fold(steps(...early)).terms).toEqual(fold(steps(...early.slice(0, 1))).terms);
  });

  it('closes every term at the end', () => {
    const { state, terms } = fold(steps(['c_d150', ended('proceeding-time-expired')]));
    expect(state).toBe('ended_by_positive_outcome');
    expect(terms.map(({ closed }) => closed)).toEqual([2, 2, 2, 2]);
  });

  it('takes the last conclusion of an authority that its author has not voided', () => {
    const acts = steps(['p_cr', conclusion('favourable')], ['p_cr', conclusion('unfavourable')]);
    expect(fold(acts).conclusions.map(({ outcome }) => outcome)).toEqual(['unfavourable']);
    const last = acts.at(-1)!;
    const voids = (author: string): readonly [string, EventBody] => [
      author,
      {
        type: 'event.voided',
        event: last.event.id,
        number: 2,
        digest: last.eventDigest,
        reason: 'issued-in-error',
      },
    ];
    const state = fold(
      steps(['p_cr', conclusion('favourable')], ['p_cr', conclusion('unfavourable')], voids('p_cr')),
    );
    expect(state.conclusions.map(({ outcome }) => outcome)).toEqual(['favourable']);
    expect(state.acts[2]).toMatchObject({ voided: true });
    expect(state.voided).toEqual([{ author: 'p_cr', event: eventId(3), position: 4 }]);
    const byAnother = fold(
      steps(['p_cr', conclusion('favourable')], ['p_cr', conclusion('unfavourable')], voids('c_b898')),
    );
    expect(byAnother.conclusions.map(({ outcome }) => outcome)).toEqual(['unfavourable']);
  });

  it('holds a practice whose only filing was parked and voided at its start', () => {
    const voided = anAct(
      2,
      'c_d150',
      { type: 'event.voided', event: eventId(1), number: 1, digest: sha256('x'), reason: 'parked' },
      CODE,
    );
    expect(fold([aStep(voided, 1, PARTICIPANTS)])).toMatchObject({
      state: 'started',
      position: 1,
      terms: [],
      tasks: [],
    });
  });

  it('refuses a step that skips or repeats a position, so that it can be held', () => {
    const [filing, act] = steps(['p_cr', conclusion('favourable')]);
    const unexpected = expect.objectContaining({ code: 'POSITION_UNEXPECTED' }) as Error;
    expect(() => fold([act!])).toThrow(unexpected);
    expect(() => fold([filing!, filing!])).toThrow(unexpected);
  });

  it.each<[string, (step: FoldStep) => FoldStep]>([
    ['another event', (step) => ({ ...step, event: { ...step.event, id: eventId(9) } })],
    ['other bytes', (step) => ({ ...step, eventDigest: sha256('other') })],
    [
      'another owner',
      (step) => ({
        ...step,
        decision: { ...step.decision, practice: { ...step.decision.practice, owner: parseIpaCode('p_cr') } },
      }),
    ],
    [
      'another procedure',
      (step) => ({ ...step, decision: { ...step.decision, procedure: { code: CODE, version: 9 } } }),
    ],
  ])('refuses a decision about %s', (_what, change) => {
    expect(() => fold([change(steps()[0]!)])).toThrow(expect.objectContaining({ code: 'DECISION_MISMATCH' }));
  });
});

const anyBody: fc.Arbitrary<EventBody> = fc.oneof(
  fc.constantFrom(...CONCLUSION_OUTCOMES).map(conclusion),
  fc.constantFrom(...PROCEEDING_OUTCOMES).map(ended),
  fc.constantFrom<EventBody>(
    { type: 'correction.requested', term: TERM },
    { type: 'correction.provided' },
    { type: 'integration.requested', term: { days: 3, kind: 'working' } },
    { type: 'integration.provided' },
    { type: 'filing.withdrawn' },
    { type: 'external.notified', recipient: parseIpaCode('c_d151'), channel: 'pec', at: FILING.time },
  ),
  fc.integer({ min: 1, max: 12 }).map<EventBody>((number) => ({
    type: 'event.voided',
    event: eventId(number),
    number,
    digest: sha256(eventId(number)),
    reason: 'issued-in-error',
  })),
);
const anyActs = fc.array(fc.tuple(fc.constantFrom('c_d150', 'p_cr', 'c_b898'), anyBody), { maxLength: 12 });

describe('the fold', () => {
  it('gives the same state and digest however the events are batched and stored in between', () => {
    fc.assert(
      fc.property(anyActs, fc.array(fc.nat({ max: 12 }), { maxLength: 4 }), (acts, cuts) => {
        const all = steps(...acts);
        const atOnce = fold(all);
        const bounds = [0, ...cuts.filter((cut) => cut < all.length), all.length].sort((a, b) => a - b);
        let stored: string | null = null;
        for (let index = 1; index < bounds.length; index += 1) {
          const batch = all.slice(bounds[index - 1], bounds[index]);
          if (batch.length === 0) continue;
          stored = JSON.stringify(
            fold(batch, stored === null ? null : (JSON.parse(stored) as PracticeState)),
          );
        }
        const inBatches = JSON.parse(stored ?? 'null') as PracticeState;
        expect(inBatches).toEqual(atOnce);
        expect(stateDigest(inBatches)).toBe(stateDigest(atOnce));
      }),
    );
  });

  it('keeps every act once, in position order, and touches no earlier state', () => {
    fc.assert(
      fc.property(anyActs, (acts) => {
        const all = steps(...acts);
        const first = fold(all.slice(0, 1));
        const frozen = JSON.stringify(first);
        const state = fold(all.slice(1), first);
        expect(JSON.stringify(first)).toBe(frozen);
        expect(state.acts.map(({ position }) => position)).toEqual(all.map((_step, index) => index + 1));
        expect(state.acts.map(({ id }) => id)).toEqual(all.map(({ event }) => event.id));
      }),
    );
  });
});

describe('stateDigest', () => {
  it('does not depend on the order of members', () => {
    const state = fold(steps());
    const turned = Object.fromEntries(Object.entries(state).toReversed()) as unknown as PracticeState;
    expect(stateDigest(turned)).toBe(stateDigest(state));
    expect(stateDigest({ ...state, position: 2 })).not.toBe(stateDigest(state));
  });
});
