import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { HubError } from '#errors';
import { CATALOGUE, CATALOGUE_DIR, procedureCalled, REFERENCE_DIR, REGISTRY } from '../domain-samples.ts';
import { acceptedForm } from '../entitlement/index.ts';
import type { Fact } from '../event.ts';
import { compileForm, extractFacts, rootOf } from '../forms/index.ts';
import type { Condition } from '../procedure.ts';
import { factsOf, holds } from '../routing/conditions.ts';
import { recipientsOf } from '../routing/recipients.ts';
import { aFiling } from '../domain-samples.ts';
import { parseRegistryEntry, serializeRegistryEntry, validateXml } from '../xml/index.ts';
import { loadCatalogue } from './load-catalogue.ts';

describe('the catalogue of the rete di Cremona', () => {
  it('has the six procedures, each with a form of its own', () => {
    expect(CATALOGUE.procedures.map(({ code }) => code)).toEqual([
      'commercio.esercizio-di-vicinato',
      'edilizia.permesso-di-costruire',
      'edilizia.scia',
      'paesaggio.autorizzazione',
      'pesca.licenza',
      'tributi.tari',
    ]);
    expect(CATALOGUE.forms).toHaveLength(6);
  });

  it.each(CATALOGUE.procedures)(
    'can file the example of $code: valid, with every required fact',
    (procedure) => {
      const xml = readFileSync(join(CATALOGUE_DIR, 'examples', `${procedure.code}.xml`));
      const schema = CATALOGUE.forms.find(({ namespace }) => namespace === rootOf(xml).namespace)!;
      const form = compileForm(schema);
      form.validate(xml);
      form.dispose();
      const accepted = acceptedForm(procedure, schema);
      const { facts, territory, search } = extractFacts(xml, accepted);
      expect(facts.map(({ name }) => name)).toEqual(accepted.facts.map(({ name }) => name));
      expect(territory).toBe('019036');
      expect(search).toContainEqual({ name: 'richiedente', value: 'Cognome Nome' });
      expect(JSON.stringify(facts)).not.toMatch(/Cognome|AAAAAA00A00A000A/u);
    },
  );

  it.each(
    CATALOGUE.procedures.flatMap(({ code, rules }) => rules.map((rule) => ({ code, rule, name: rule.id }))),
  )('$code: rule $name can match and names someone other than the owner', ({ code, rule }) => {
    const mappings = procedureCalled(code).forms[0]!.facts;
    const satisfying = assignments(rule.when, mappings).find((facts) => holds(rule.when, facts));
    expect(satisfying).toBeDefined();
    const given = Object.fromEntries(
      [...(satisfying ?? []), { name: 'comune-servito', value: '019035' }].map((fact) => [
        fact.name,
        fact.value,
      ]),
    );
    const named = recipientsOf(rule.recipients, aFiling(code, given), REGISTRY).filter(
      ({ ipa }) => ipa !== 'c_d150',
    );
    expect(named.length).toBeGreaterThan(0);
  });

  it.each([
    ...CATALOGUE.bodies.map((body) => ({ kind: 'body.published' as const, body })),
    ...CATALOGUE.borders.map((between) => ({ kind: 'border.published' as const, between })),
    ...CATALOGUE.areas.map((area) => ({ kind: 'area.published' as const, ...area })),
    ...CATALOGUE.procedures.map((procedure) => ({ kind: 'procedure.published' as const, procedure })),
    ...CATALOGUE.forms.map((form) => ({ kind: 'form.published' as const, form })),
  ])('can be published: %#, $kind', (change) => {
    const xml = serializeRegistryEntry({
      version: '1.0',
      number: 1,
      previous: null,
      time: '2026-01-01T00:00:00.000Z',
      change,
    });
    validateXml('registry', xml);
    expect(parseRegistryEntry(xml).change).toEqual(change);
  });
});

const examples = existsSync(REFERENCE_DIR) ? readdirSync(join(REFERENCE_DIR, 'examples')) : [];
describe.skipIf(examples.length === 0)(
  'the official examples (skipped when ../shared/reference/moduli is absent)',
  () => {
    it.each([
      ['esercizio_vicinato_apertura-alimentare.xml', 'apertura', 'true'],
      ['esercizio_vicinato_ampliamento-alimentare.xml', 'ampliamento', 'true'],
      ['esercizio_vicinato_trasferimento-non_alimentare.xml', 'trasferimento', 'false'],
    ])('%s gives its routing facts and search fields', (name, evento, alimentare) => {
      const xml = readFileSync(join(REFERENCE_DIR, 'examples', name));
      const accepted = acceptedForm(procedureCalled('commercio.esercizio-di-vicinato'), {
        ...rootOf(xml),
        version: '1.0.0',
      });
      const reading = extractFacts(xml, accepted);
      expect(reading.facts.map(({ value }) => value)).toEqual([evento, alimentare, 'fino-a-50']);
      expect(reading).not.toHaveProperty('territory');
      expect(reading.search.map((field) => field.name)).toEqual([
        'denominazione',
        'richiedente',
        'indirizzo',
      ]);
    });
  },
);

/** Every combination of values for the facts a condition looks at. */
function assignments(
  condition: Condition,
  mappings: ReturnType<typeof procedureCalled>['forms'][number]['facts'],
): readonly Fact[][] {
  return factsOf(condition).reduce<Fact[][]>(
    (all, name) => {
      const mapping = mappings.find((known) => known.name === name)!;
      const values = mapping.codes ?? mapping.bands?.map((band) => band.name) ?? ['true', 'false'];
      return all.flatMap((facts) => values.map((value) => [...facts, { name, kind: mapping.kind, value }]));
    },
    [[]],
  );
}

describe('loadCatalogue', () => {
  const copies: string[] = [];
  afterEach(() => {
    for (const dir of copies.splice(0)) rmSync(dir, { recursive: true, force: true });
  });

  /** The faults of a copy in which `file` has `from` replaced by `to`. */
  function faultsWith(file: string, from: string, to: string): unknown {
    const dir = mkdtempSync(join(tmpdir(), 'catalogue-'));
    copies.push(dir);
    cpSync(CATALOGUE_DIR, dir, { recursive: true });
    const text = readFileSync(join(dir, file), 'utf8');
    expect(text).toContain(from);
    writeFileSync(join(dir, file), text.replaceAll(from, to));
    try {
      loadCatalogue(dir);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      expect(error.code).toBe('CATALOGUE_INVALID');
      return error.details['faults'];
    }
    return expect.fail('nothing was refused');
  }
  const SCIA = 'procedures/edilizia.scia.yaml';

  it.each([
    ['an unknown selector', SCIA, 'by: bordering', 'by: neighbours', 'rules.1.recipients.by'],
    ['a body that is not listed', SCIA, 'vvf_illustrativo', 'vvf_altrove', 'rules.2.recipients.ipa'],
    [
      'a rule on a fact that no form gives',
      SCIA,
      'fact: attivita-antincendio',
      'fact: altro',
      'rules.2.when',
    ],
    [
      'a comparison that never holds',
      SCIA,
      "in-fascia-di-confine, value: 'true'",
      'in-fascia-di-confine, value: si',
      'rules.1.when',
    ],
    ['a procedure without a form of the catalogue', SCIA, 'root: scia-edilizia', 'root: altra', 'forms'],
    [
      'an XPath that does not compile',
      SCIA,
      'xpath: /f:scia-edilizia/f:intervento/f:tipo',
      'xpath: /f:scia-edilizia[',
      'forms.0.tipo-intervento',
    ],
    [
      'a prefix that is not declared',
      SCIA,
      'xpath: /f:scia-edilizia/f:intervento/f:tipo',
      'xpath: /g:scia',
      'forms.0.tipo-intervento',
    ],
    ['an unknown event type', 'network.yaml', '- event.voided', '- event.deleted', 'grants.owner.9'],
    [
      'a border with a municipality that is not listed',
      'network.yaml',
      "['019036', '019021']",
      "['019036', '099999']",
      'borders.1',
    ],
    ['a field nobody knows', SCIA, 'office: SUE', 'office: SUE\ncolour: red', ''],
    ['YAML that is none', SCIA, 'code: edilizia.scia', 'code: [', ''],
  ])('refuses %s, naming file and field', (_what, file, from, to, field) => {
    expect(faultsWith(file, from, to)).toContainEqual(expect.objectContaining({ file, field }));
  });

  it('refuses a procedure without a recipient', () => {
    const text = readFileSync(join(CATALOGUE_DIR, SCIA), 'utf8');
    expect(faultsWith(SCIA, text.slice(text.indexOf('rules:')), 'rules: []\n')).toContainEqual(
      expect.objectContaining({ file: SCIA, field: 'rules' }),
    );
  });

  it('refuses a form that does not compile, by its file', () => {
    expect(faultsWith('forms/tributi.tari.xsd', 'parts/persona.xsd', 'parts/altra.xsd')).toContainEqual(
      expect.objectContaining({ file: 'forms/tributi.tari.xsd' }),
    );
  });
});
