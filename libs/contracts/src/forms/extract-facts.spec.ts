import { describe, expect, it } from 'vitest';
import type { AcceptedForm, FactMapping } from '../procedure.ts';
import { extractFacts } from './extract-facts.ts';

const bands = [{ name: 'piccola', below: 50 }, { name: 'media', below: 150 }, { name: 'grande' }];
const MAPPINGS: readonly FactMapping[] = [
  { name: 'alimentare', kind: 'boolean', xpath: 'boolean(//f:alimentare)', required: true },
  { name: 'dichiarato', kind: 'boolean', xpath: '/f:m/f:dichiarato', required: false },
  { name: 'tipo', kind: 'code', xpath: 'string(/f:m/@tipo)', codes: ['a', 'b'], required: true },
  { name: 'superficie', kind: 'band', xpath: 'sum(/f:m/f:mq)', bands, required: true },
  { name: 'altrove', kind: 'istat', xpath: '/f:m/f:altrove', required: false },
];
const OWNERS_OWN: AcceptedForm = {
  namespace: 'urn:f',
  root: 'm',
  version: '1',
  prefixes: { f: 'urn:f' },
  facts: MAPPINGS,
  searchFields: [{ name: 'insegna', xpath: '/f:m/f:insegna' }],
};
const FORM: AcceptedForm = { ...OWNERS_OWN, territory: '/f:m/f:comune' };
const xml = (inner: string, tipo = 'a') => Buffer.from(`<m xmlns="urn:f" tipo="${tipo}">${inner}</m>`);
const comune = '<comune>019036</comune>';

describe('extractFacts', () => {
  it('takes booleans, codes, bands and ISTAT codes, the territory and the search fields', () => {
    const reading = extractFacts(
      xml(`<alimentare/><dichiarato>1</dichiarato><mq>40</mq><mq>10</mq>${comune}<insegna> Forno </insegna>`),
      FORM,
    );
    expect(reading).toEqual({
      facts: [
        { name: 'alimentare', kind: 'boolean', value: 'true' },
        { name: 'dichiarato', kind: 'boolean', value: 'true' },
        { name: 'tipo', kind: 'code', value: 'a' },
        { name: 'superficie', kind: 'band', value: 'media' },
      ],
      territory: '019036',
      search: [{ name: 'insegna', value: 'Forno' }],
    });
  });

  it('leaves the territory open when the mapping does not say it', () => {
    expect(extractFacts(xml('<mq>1</mq>'), OWNERS_OWN)).not.toHaveProperty('territory');
  });

  it.each([
    ['a code outside the list', xml(comune, 'Mario'), 'tipo'],
    ['a required fact that is missing', xml(comune, ''), 'tipo'],
    ['a number that is none', xml(`${comune}<mq>molti</mq>`), 'superficie'],
    ['a boolean that is none', xml(`${comune}<dichiarato>forse</dichiarato>`), 'dichiarato'],
    ['an ISTAT code that is none', xml(`${comune}<altrove>Crema</altrove>`), 'altrove'],
    ['a territory that is missing', xml('<mq>1</mq>'), 'territory'],
  ])('refuses %s, by the fact’s name and without its value', (_what, form, fact) => {
    expect(() => extractFacts(form, FORM)).toThrow(
      expect.objectContaining({ code: 'FORM_FACTS_INVALID', details: { fact } }),
    );
    expect(() => extractFacts(form, FORM)).not.toThrow(/Mario|molti|forse|Crema/u);
  });
});
