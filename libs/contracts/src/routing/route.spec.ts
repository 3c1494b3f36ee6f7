import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aFiling, CATALOGUE, procedureCalled, REGISTRY, registryOf } from '../domain-samples.ts';
import { parseIpaCode, parseIstatCode } from '../ids.ts';
import type { Condition } from '../procedure.ts';
import { factsOf, holds } from './conditions.ts';
import { route } from './route.ts';

const SHOP = { evento: 'apertura', 'settore-alimentare': 'true', superficie: 'fino-a-50' };
const PERMIT = {
  'tipo-intervento': 'nuova-costruzione',
  'in-fascia-di-confine': 'true',
  'comune-servito': '019035',
  volume: 'fino-a-1000',
};
const named = (participants: ReturnType<typeof route>['participants']) =>
  participants.map(({ ipa, part }) => `${part} ${ipa}`);

describe('route', () => {
  it('puts the owner first and names a food shop to Provincia, the district and the health body, told by PEC', () => {
    const { participants } = route(aFiling('commercio.esercizio-di-vicinato', SHOP), REGISTRY);
    expect(named(participants)).toEqual([
      'owner c_d150',
      'informed ats_illustrativa',
      'informed c_d142',
      'informed p_cr',
    ]);
    expect(participants.filter(({ joined }) => !joined).map(({ ipa }) => ipa)).toEqual(['ats_illustrativa']);
    expect(participants[0]).toMatchObject({
      rule: 'owner',
      regime: 'scia',
      term: { days: 60, kind: 'calendar' },
    });
    expect(participants[3]).toMatchObject({ rule: 'provincia', legalBasis: 'lr-lombardia-6-2010' });
  });

  it('leaves the district out when the shop sells no food', () => {
    const { participants } = route(
      aFiling('commercio.esercizio-di-vicinato', { ...SHOP, 'settore-alimentare': 'false' }),
      REGISTRY,
    );
    expect(named(participants)).toEqual(['owner c_d150', 'informed p_cr']);
  });

  it('leaves an area out when the matter lies outside it', () => {
    const elsewhere = aFiling('commercio.esercizio-di-vicinato', SHOP, {
      territory: parseIstatCode('019021'),
    });
    expect(named(route(elsewhere, REGISTRY).participants)).toEqual([
      'owner c_d150',
      'informed ats_illustrativa',
      'informed p_cr',
    ]);
  });

  it('asks the bordering municipalities of the territory, joined or not', () => {
    const facts = {
      'tipo-intervento': 'restauro',
      'in-fascia-di-confine': 'true',
      'attivita-antincendio': 'false',
      superficie: 'fino-a-100',
    };
    const atCremona = aFiling('edilizia.scia', facts);
    expect(named(route(atCremona, REGISTRY).participants)).toEqual([
      'owner c_d150',
      'opinion c_b898',
      'opinion p_cr',
    ]);
    const atCrema = { ...atCremona, territory: parseIstatCode('019035') };
    expect(route(atCrema, REGISTRY).participants.find(({ ipa }) => ipa === 'c_d151')).toMatchObject({
      part: 'opinion',
      joined: false,
    });
  });

  it('gives a body that several rules name the strongest part, with that rule’s reason', () => {
    const weak = route(aFiling('edilizia.permesso-di-costruire', PERMIT), REGISTRY).participants;
    const strong = route(
      aFiling('edilizia.permesso-di-costruire', { ...PERMIT, volume: 'oltre-5000' }),
      REGISTRY,
    ).participants;
    expect(weak.find(({ ipa }) => ipa === 'p_cr')).toMatchObject({
      part: 'opinion',
      rule: 'provincia-parere',
    });
    expect(strong.filter(({ ipa }) => ipa === 'p_cr')).toEqual([
      expect.objectContaining({
        part: 'deciding',
        rule: 'provincia-decide',
        term: { days: 60, kind: 'calendar' },
      }),
    ]);
    expect(named(strong)).toEqual(['owner c_d150', 'deciding p_cr', 'opinion c_b898', 'informed c_d142']);
  });

  it('never names the owner twice, however its code is written', () => {
    const event = aFiling('pesca.licenza', {
      'tipo-licenza': 'rilascio',
      'acque-del-parco': 'true',
      'acque-di-confine': 'false',
    });
    const upper = { ...event, practice: { ...event.practice, owner: parseIpaCode('P_CR') } };
    expect(named(route(upper, REGISTRY).participants)).toEqual([
      'owner p_cr',
      'opinion c_d150',
      'opinion parco_illustr',
    ]);
  });

  it('accounts for every rule, with the facts it looked at', () => {
    const { rules } = route(aFiling('edilizia.permesso-di-costruire', PERMIT), REGISTRY);
    expect(rules.map(({ rule, matched }) => [rule, matched])).toEqual([
      ['provincia-parere', true],
      ['provincia-decide', false],
      ['comuni-confinanti', true],
      ['comune-servito', true],
    ]);
    expect(rules[1]?.facts).toEqual([
      { name: 'tipo-intervento', kind: 'code', value: 'nuova-costruzione' },
      { name: 'volume', kind: 'band', value: 'fino-a-1000' },
    ]);
  });

  it('does not depend on the order in which the registry lists bodies, borders and areas', () => {
    const turned = registryOf({
      ...CATALOGUE,
      bodies: CATALOGUE.bodies.toReversed(),
      borders: CATALOGUE.borders.toReversed(),
      areas: CATALOGUE.areas.map((area) => ({ ...area, bodies: area.bodies.toReversed() })),
    });
    for (const [code, facts] of [
      ['commercio.esercizio-di-vicinato', SHOP],
      ['edilizia.permesso-di-costruire', PERMIT],
    ] as const) {
      expect(route(aFiling(code, facts), turned)).toEqual(route(aFiling(code, facts), REGISTRY));
    }
  });

  it('refuses an unknown procedure, owner, territory and served municipality', () => {
    const event = aFiling('edilizia.permesso-di-costruire', PERMIT);
    expect(() => route({ ...event, procedure: { code: 'x', version: 1 } }, REGISTRY)).toThrow(
      expect.objectContaining({ code: 'PROCEDURE_UNKNOWN' }),
    );
    expect(() => route({ ...event, territory: parseIstatCode('999999') }, REGISTRY)).toThrow(
      expect.objectContaining({ code: 'MUNICIPALITY_UNKNOWN' }),
    );
    expect(() =>
      route({ ...event, practice: { ...event.practice, owner: parseIpaCode('c_x') } }, REGISTRY),
    ).toThrow(expect.objectContaining({ code: 'BODY_UNKNOWN' }));
    const served = aFiling('edilizia.permesso-di-costruire', { ...PERMIT, 'comune-servito': '999999' });
    expect(() => route(served, REGISTRY)).toThrow(expect.objectContaining({ code: 'MUNICIPALITY_UNKNOWN' }));
  });
});

describe('conditions', () => {
  const condition: fc.Arbitrary<Condition> = fc.letrec<{ node: Condition }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.constant<Condition>({ op: 'always' }),
      fc.record({
        op: fc.constant('equals' as const),
        fact: fc.constantFrom('a', 'b'),
        value: fc.constantFrom('1', '2'),
      }),
      fc.record({
        op: fc.constant('in' as const),
        fact: fc.constantFrom('a', 'b'),
        values: fc.subarray(['1', '2']),
      }),
      fc.record({
        op: fc.constantFrom('all' as const, 'any' as const),
        of: fc.array(tie('node'), { maxLength: 3 }),
      }),
      fc.record({ op: fc.constant('not' as const), of: tie('node') }),
    ),
  })).node;

  it('depend on nothing but the facts they name', () => {
    fc.assert(
      fc.property(condition, fc.constantFrom('1', '2'), (when, value) => {
        const a = { name: 'a', kind: 'code' as const, value };
        const noise = { name: 'c', kind: 'code' as const, value: '1' };
        const looked = [a].filter(({ name }) => factsOf(when).includes(name));
        expect(holds(when, [noise, a])).toBe(holds(when, looked));
        expect(holds({ op: 'not', of: when }, [a])).toBe(!holds(when, [a]));
      }),
    );
  });

  it('name procedure facts only', () => {
    for (const { rules, forms } of CATALOGUE.procedures.map(({ code }) => procedureCalled(code))) {
      const declared = forms.flatMap((form) => form.facts.map(({ name }) => name));
      for (const rule of rules) for (const fact of factsOf(rule.when)) expect(declared).toContain(fact);
    }
  });
});
