/** A procedure inside a registry entry: terms, forms with their fact mappings, grants, rules. */
import { EVENT_TYPES, FACT_KINDS, PARTS, type EventType, type Part } from '../event.ts';
import {
  REGIMES,
  TERM_CODES,
  type AcceptedForm,
  type FactMapping,
  type Procedure,
  type RoutingRule,
} from '../procedure.ts';
import { readTerm, writeTerm } from './fragments.ts';
import { readCondition, readSelector, writeCondition, writeSelector } from './registry-rule.ts';
import {
  all,
  decimal,
  maybe,
  one,
  only,
  plain,
  required,
  truth,
  unexpected,
  whenPresent,
  whole,
  word,
} from './read.ts';
import type { XmlTree } from './tree.ts';
import { attribute, element, text } from './write.ts';

export function writeProcedure(procedure: Procedure): string {
  return element(
    'ProcedurePublished',
    attribute('code', procedure.code) +
      attribute('legalBasis', procedure.legalBasis) +
      attribute('office', procedure.office) +
      attribute('regime', procedure.regime) +
      attribute('version', procedure.version),
    element('Title', attribute('en', procedure.title.en) + attribute('it', procedure.title.it)) +
      element('Terms', '', writeTerms(procedure.terms)) +
      element('Forms', '', procedure.forms.map(writeForm).join('')) +
      element('Grants', '', PARTS.map((part) => writeGrant(part, procedure.grants[part])).join('')) +
      element('Rules', '', procedure.rules.map(writeRule).join('')),
  );
}

export function readProcedure(tree: XmlTree): Procedure {
  const title = one(tree, 'Title');
  return {
    code: required(tree, 'code'),
    version: whole(required(tree, 'version')),
    title: { it: required(title, 'it'), en: required(title, 'en') },
    regime: word(required(tree, 'regime'), REGIMES),
    office: required(tree, 'office'),
    legalBasis: required(tree, 'legalBasis'),
    terms: readTerms(one(tree, 'Terms')),
    forms: all(one(tree, 'Forms'), 'Form').map(readForm),
    grants: readGrants(one(tree, 'Grants')),
    rules: all(one(tree, 'Rules'), 'Rule').map(readRule),
  };
}

function writeTerms(terms: Procedure['terms']): string {
  return TERM_CODES.map((code) => {
    const term = terms[code];
    return term === undefined ? '' : writeTerm(term, code);
  }).join('');
}

function readTerms(tree: XmlTree): Procedure['terms'] {
  const named = all(tree, 'Term').map(
    (term) => [word(required(term, 'name'), TERM_CODES), readTerm(term)] as const,
  );
  const proceeding =
    named.find(([code]) => code === 'proceeding') ?? unexpected('a procedure has no proceeding term');
  return { ...Object.fromEntries(named), proceeding: proceeding[1] };
}

function writeForm(form: AcceptedForm): string {
  const prefixes = Object.entries(form.prefixes).sort(([a], [b]) => (a < b ? -1 : 1));
  return element(
    'Form',
    attribute('namespace', form.namespace) +
      attribute('root', form.root) +
      attribute('territory', form.territory) +
      attribute('version', form.version),
    prefixes
      .map(([name, uri]) => element('Prefix', attribute('name', name) + attribute('uri', uri)))
      .join('') +
      form.facts.map(writeMapping).join('') +
      form.searchFields
        .map((field) =>
          element('SearchField', attribute('name', field.name) + attribute('xpath', field.xpath)),
        )
        .join(''),
  );
}

function readForm(tree: XmlTree): AcceptedForm {
  return {
    namespace: required(tree, 'namespace'),
    root: required(tree, 'root'),
    version: required(tree, 'version'),
    prefixes: Object.fromEntries(
      all(tree, 'Prefix').map((prefix) => [required(prefix, 'name'), required(prefix, 'uri')]),
    ),
    facts: all(tree, 'Fact').map(readMapping),
    ...whenPresent(tree, 'territory', plain),
    searchFields: all(tree, 'SearchField').map((field) => ({
      name: required(field, 'name'),
      xpath: required(field, 'xpath'),
    })),
  };
}

function writeMapping(mapping: FactMapping): string {
  const codes = mapping.codes?.map((code) => element('Code', '', text(code)));
  const bands = mapping.bands?.map((band) =>
    element('Band', attribute('below', band.below) + attribute('name', band.name)),
  );
  return element(
    'Fact',
    attribute('kind', mapping.kind) +
      attribute('name', mapping.name) +
      attribute('required', mapping.required) +
      attribute('xpath', mapping.xpath),
    (codes === undefined ? '' : element('Codes', '', codes.join(''))) +
      (bands === undefined ? '' : element('Bands', '', bands.join(''))),
  );
}

function readMapping(tree: XmlTree): FactMapping {
  const codes = maybe(tree, 'Codes');
  const bands = maybe(tree, 'Bands');
  return {
    name: required(tree, 'name'),
    kind: word(required(tree, 'kind'), FACT_KINDS),
    xpath: required(tree, 'xpath'),
    ...(codes === null ? {} : { codes: all(codes, 'Code').map((code) => code.text) }),
    ...(bands === null
      ? {}
      : {
          bands: all(bands, 'Band').map((band) => ({
            name: required(band, 'name'),
            ...whenPresent(band, 'below', decimal),
          })),
        }),
    required: truth(required(tree, 'required')),
  };
}

function writeGrant(part: Part, types: readonly EventType[]): string {
  return element(
    'Grant',
    attribute('part', part),
    types.map((type) => element('Event', attribute('type', type))).join(''),
  );
}

function readGrants(tree: XmlTree): Procedure['grants'] {
  const granted = (part: Part): readonly EventType[] => {
    const [grant, second] = all(tree, 'Grant').filter(
      (candidate) => candidate.attributes.get('part') === part,
    );
    if (grant === undefined || second !== undefined)
      unexpected(`a procedure must have one grant of part ${part}`);
    return all(grant, 'Event').map((event) => word(required(event, 'type'), EVENT_TYPES));
  };
  return {
    owner: granted('owner'),
    deciding: granted('deciding'),
    opinion: granted('opinion'),
    informed: granted('informed'),
  };
}

const RULE_PARTS = PARTS.filter((part) => part !== 'owner');

function writeRule(rule: RoutingRule): string {
  return element(
    'Rule',
    attribute('id', rule.id) +
      attribute('legalBasis', rule.legalBasis) +
      attribute('part', rule.part) +
      attribute('regime', rule.regime),
    writeTerm(rule.term) +
      element('When', '', writeCondition(rule.when)) +
      element('Recipients', '', writeSelector(rule.recipients)),
  );
}

function readRule(tree: XmlTree): RoutingRule {
  return {
    id: required(tree, 'id'),
    part: word(required(tree, 'part'), RULE_PARTS),
    legalBasis: required(tree, 'legalBasis'),
    regime: word(required(tree, 'regime'), REGIMES),
    term: readTerm(one(tree, 'Term')),
    when: readCondition(only(one(tree, 'When'))),
    recipients: readSelector(only(one(tree, 'Recipients'))),
  };
}
