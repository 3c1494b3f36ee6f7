import { describe, expect, it } from 'vitest';
import type { EventType } from '../event.ts';
import { REGIMES, type Regime } from '../procedure.ts';
import { nextState, startsFrom, type LifeCycleAct } from './next-state.ts';
import { isFinalState, PRACTICE_STATES, type LifeCycleState } from './states.ts';
import { LIFE_CYCLE } from './table.ts';

const owner = (type: EventType, outcome: LifeCycleAct['outcome'] = null): LifeCycleAct => ({
  by: 'owner',
  type,
  outcome,
});
const other = (type: EventType, outcome: LifeCycleAct['outcome'] = null): LifeCycleAct => ({
  by: 'other',
  type,
  outcome,
});

/** The state after the acts, from the start; an act out of flow fails the test. */
function after(regime: Regime, ...acts: LifeCycleAct[]): LifeCycleState {
  return acts.reduce<LifeCycleState>((state, act) => {
    const step = nextState(regime, state, act);
    expect(step.outOfFlow, `${act.type} in ${state}`).toBe(false);
    return step.state;
  }, 'started');
}

function reachable(regime: Regime): Set<LifeCycleState> {
  const seen = new Set<LifeCycleState>(['started']);
  for (const state of seen) {
    for (const row of LIFE_CYCLE) {
      if (row.to !== 'same' && row.regimes.includes(regime) && startsFrom(row, state)) seen.add(row.to);
    }
  }
  return seen;
}

describe('the life-cycle table', () => {
  it.each(
    LIFE_CYCLE.flatMap((row) =>
      row.regimes.map((regime) => ({ row, regime, name: `${row.id} (${regime})` })),
    ),
  )('row $name can be reached, from every state it names', ({ row, regime }) => {
    const states = reachable(regime);
    if (typeof row.from !== 'string') for (const from of row.from) expect(states).toContain(from);
    expect([...states].some((state) => startsFrom(row, state))).toBe(true);
  });

  it('names each row once, with a source, and reaches every state under some regime', () => {
    expect(new Set(LIFE_CYCLE.map((row) => row.id)).size).toBe(LIFE_CYCLE.length);
    const everywhere = new Set(REGIMES.flatMap((regime) => [...reachable(regime)]));
    expect([...everywhere].sort()).toEqual([...PRACTICE_STATES].sort());
  });

  it('has no row that another row before it always hides', () => {
    for (const row of LIFE_CYCLE) {
      const decides = row.regimes.some((regime) =>
        [...reachable(regime)].some(
          (state) =>
            startsFrom(row, state) &&
            nextState(regime, state, { by: row.by, type: row.on, outcome: row.outcome }).row === row.id,
        ),
      );
      expect(decides, row.id).toBe(true);
    }
  });

  it('moves the state on the owner’s acts only, and never out of an end', () => {
    for (const row of LIFE_CYCLE) {
      if (row.by === 'other') expect(row.to).toBe('same');
      if (row.to !== 'same')
        for (const state of PRACTICE_STATES.filter(isFinalState)) expect(startsFrom(row, state)).toBe(false);
    }
  });
});

describe('nextState', () => {
  it('takes a SCIA through correction and conformation to its good end', () => {
    const acts = [
      owner('practice.filed'),
      owner('correction.requested'),
      owner('correction.provided'),
      other('conclusion.issued', 'conformation-requested'),
      owner('conclusion.issued', 'conformation-requested'),
      owner('correction.provided'),
      owner('proceeding.ended', 'proceeding-time-expired'),
    ];
    expect(after('scia', ...acts.slice(0, -2))).toBe('conformation_requested');
    expect(after('scia', ...acts)).toBe('ended_by_proceeding_time_expired');
  });

  it('knows no integration of a SCIA', () => {
    for (const by of ['owner', 'other'] as const) {
      for (const type of ['integration.requested', 'integration.provided'] as const) {
        expect(nextState('scia', 'presented', { by, type, outcome: null })).toEqual({
          state: 'presented',
          outOfFlow: true,
          row: null,
        });
      }
    }
  });

  it('takes a request through integration to its outcome', () => {
    const integrated = [
      owner('practice.filed'),
      owner('integration.requested'),
      owner('integration.provided'),
    ];
    expect(after('authorisation', ...integrated)).toBe('integrated');
    expect(after('authorisation', ...integrated, owner('proceeding.ended', 'negative'))).toBe(
      'ended_by_negative_outcome',
    );
  });

  it('reads expiry as assent under silence-assent, as inertia under authorisation', () => {
    const expiry = [owner('practice.filed'), owner('proceeding.ended', 'proceeding-time-expired')];
    expect(after('silence-assent', ...expiry)).toBe('ended_by_positive_outcome');
    expect(after('authorisation', ...expiry)).toBe('ended_by_proceeding_time_expired');
  });

  it('ends a communication at its presentation', () => {
    expect(after('communication', owner('practice.filed'))).toBe('ended_by_presentation');
  });

  it('waits for the owner to end a practice whose withdrawal was asked', () => {
    expect(after('scia', owner('practice.filed'), owner('filing.withdrawn'))).toBe('presented');
    expect(
      after(
        'scia',
        owner('practice.filed'),
        owner('filing.withdrawn'),
        owner('proceeding.ended', 'withdrawn'),
      ),
    ).toBe('ended_by_submitter_cancel_requested');
  });

  it('marks an act after the end as out of flow and keeps the end', () => {
    for (const act of [owner('proceeding.ended', 'positive'), other('conclusion.issued', 'unfavourable')]) {
      expect(nextState('authorisation', 'ended_by_positive_outcome', act)).toMatchObject({
        state: 'ended_by_positive_outcome',
        outOfFlow: true,
      });
    }
  });
});
