import { describe, expect, it } from 'vitest';
import { aFiling, anAct, PRACTICE, REGISTRY, sha256, eventId } from '../domain-samples.ts';
import type { EventBody, HubEvent } from '../event.ts';
import { parseCui, parseDocumentId, parseIpaCode, parseIstatCode } from '../ids.ts';
import { checkEntitlement, type PracticeStanding } from './check-entitlement.ts';

const FACTS = {
  'tipo-intervento': 'restauro',
  'in-fascia-di-confine': 'false',
  'attivita-antincendio': 'false',
  superficie: 'fino-a-100',
};
const FILING = aFiling('edilizia.scia', FACTS);
const STANDING: PracticeStanding = {
  practice: PRACTICE,
  procedure: { code: 'edilizia.scia', version: 1 },
  participants: [
    { ipa: parseIpaCode('c_d150'), part: 'owner' },
    { ipa: parseIpaCode('p_cr'), part: 'opinion' },
    { ipa: parseIpaCode('c_d142'), part: 'informed' },
  ],
};
const CONCLUSION: EventBody = { type: 'conclusion.issued', outcome: 'favourable' };
const VOID: EventBody = {
  type: 'event.voided',
  event: eventId(1),
  number: 1,
  digest: sha256('x'),
  reason: 'parked',
};

const verdict = (event: HubEvent, practice: PracticeStanding | null) => {
  try {
    checkEntitlement({ event, registry: REGISTRY, practice });
    return 'entitled';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('checkEntitlement, of a filing', () => {
  const filing = (over: Partial<HubEvent>) => verdict({ ...FILING, ...over }, null);
  const fact = (name: string, value: string, kind: 'code' | 'boolean' = 'code') => ({ name, kind, value });

  it('lets an authority file under its own name, however its code is written', () => {
    expect(filing({})).toBe('entitled');
    expect(filing({ author: { ipa: parseIpaCode('C_D150'), office: 'SUE' } })).toBe('entitled');
  });

  it.each<[string, string, Partial<HubEvent>]>([
    ['under another’s practice', 'NOT_THE_OWNER', { author: { ipa: parseIpaCode('c_d142'), office: 'SUE' } }],
    [
      'under a CUI of another body',
      'CUI_NOT_OF_OWNER',
      { practice: { ...PRACTICE, cui: parseCui('p_cr/2026/000001') } },
    ],
    ['of an unknown procedure', 'PROCEDURE_UNKNOWN', { procedure: { code: 'edilizia.altro', version: 1 } }],
    ['of an unknown version', 'PROCEDURE_UNKNOWN', { procedure: { code: 'edilizia.scia', version: 2 } }],
    ['about an unknown municipality', 'MUNICIPALITY_UNKNOWN', { territory: parseIstatCode('999999') }],
    [
      'with a fact that is not declared',
      'FACTS_NOT_DECLARED',
      { facts: [...FILING.facts, fact('nome', 'Mario')] },
    ],
    [
      'with a value that is not declared',
      'FACTS_NOT_DECLARED',
      { facts: [fact('tipo-intervento', 'Mario'), ...FILING.facts.slice(1)] },
    ],
    [
      'with a fact of another kind',
      'FACTS_NOT_DECLARED',
      { facts: [fact('tipo-intervento', 'restauro', 'boolean'), ...FILING.facts.slice(1)] },
    ],
    ['with a fact twice', 'FACTS_NOT_DECLARED', { facts: [...FILING.facts, FILING.facts[0]!] }],
    ['without a required fact', 'FACTS_NOT_DECLARED', { facts: FILING.facts.slice(1) }],
    ['without the form’s document', 'FORM_DOCUMENT_MISSING', { documents: [] }],
  ])('refuses one %s: %s', (_what, code, over) => {
    expect(filing(over)).toBe(code);
  });

  it('refuses a form that the procedure does not accept', () => {
    const form = {
      namespace: 'urn:x',
      root: 'scia-edilizia',
      version: '1.0.0',
      document: parseDocumentId(FILING.documents[0]!.id),
    };
    expect(filing({ body: { type: 'practice.filed', form } })).toBe('FORM_NOT_ACCEPTED');
  });

  it('refuses a second filing of the same practice', () => {
    expect(verdict(FILING, STANDING)).toBe('PRACTICE_ALREADY_FILED');
  });
});

describe('checkEntitlement, of an act', () => {
  it('goes by what the procedure grants to the author’s part', () => {
    expect(verdict(anAct(2, 'p_cr', CONCLUSION), STANDING)).toBe('entitled');
    expect(verdict(anAct(2, 'P_CR', CONCLUSION), STANDING)).toBe('entitled');
    expect(verdict(anAct(2, 'c_d142', CONCLUSION), STANDING)).toBe('TYPE_NOT_GRANTED');
    expect(verdict(anAct(2, 'p_cr', { type: 'proceeding.ended', outcome: 'positive' }), STANDING)).toBe(
      'TYPE_NOT_GRANTED',
    );
    expect(verdict(anAct(2, 'c_b898', CONCLUSION), STANDING)).toBe('NOT_A_PARTICIPANT');
  });

  it('refuses an act on an unknown practice, but lets its owner void a parked filing', () => {
    expect(verdict(anAct(2, 'p_cr', CONCLUSION), null)).toBe('PRACTICE_UNKNOWN');
    expect(verdict(anAct(2, 'p_cr', VOID), null)).toBe('PRACTICE_UNKNOWN');
    expect(verdict(anAct(2, 'c_d150', VOID), null)).toBe('entitled');
  });

  it.each([
    ['procedure', { procedure: { code: 'edilizia.ignota', version: 7 } }],
    ['municipality', { territory: parseIstatCode('999999') }],
  ])('lets the owner void a parked filing under an unknown %s, and nobody else', (_, unknown) => {
    expect(verdict({ ...anAct(2, 'c_d150', VOID), ...unknown }, null)).toBe('entitled');
    expect(verdict({ ...anAct(2, 'p_cr', VOID), ...unknown }, null)).not.toBe('entitled');
    const facts = [{ name: 'note', kind: 'code' as const, value: 'Mario' }];
    expect(verdict({ ...anAct(2, 'c_d150', VOID), ...unknown, facts }, null)).toBe('FACTS_NOT_DECLARED');
  });

  it('refuses an act that names another procedure or CUI than its practice has', () => {
    const act = anAct(2, 'p_cr', CONCLUSION);
    expect(verdict({ ...act, procedure: { code: 'pesca.licenza', version: 1 } }, STANDING)).toBe(
      'PRACTICE_DIFFERS',
    );
    expect(
      verdict({ ...act, practice: { ...PRACTICE, cui: parseCui('c_d150/2026/000002') } }, STANDING),
    ).toBe('PRACTICE_DIFFERS');
  });

  it('refuses an act that smuggles facts', () => {
    const facts = [{ name: 'note', kind: 'code' as const, value: 'Mario' }];
    expect(verdict({ ...anAct(2, 'p_cr', CONCLUSION), facts }, STANDING)).toBe('FACTS_NOT_DECLARED');
  });
});
