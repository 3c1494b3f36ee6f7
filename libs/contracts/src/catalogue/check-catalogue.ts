import { XmlXPath, XmlXPathError } from 'libxml2-wasm';
import type { AcceptedForm, Condition, Procedure, RoutingRule } from '../procedure.ts';
import { factsOf } from '../routing/conditions.ts';
import { sameIpa } from '../routing/same-ipa.ts';
import type { Catalogue } from './catalogue.ts';

/** One fault, at a field of a file. */
export interface CatalogueFault {
  readonly field: string;
  readonly reason: string;
}

/** What `network.yaml` promises and does not keep: bodies named that are not listed, codes given twice. */
export function faultsOfNetwork({ bodies, borders, areas }: Catalogue): readonly CatalogueFault[] {
  const known = (ipa: string) => bodies.some((body) => sameIpa(body.ipa, ipa));
  const istats = bodies.flatMap(({ istat }) => istat ?? []);
  return [
    ...twice(
      bodies.map(({ ipa }) => ipa.toLowerCase()),
      'bodies',
    ),
    ...twice(istats, 'bodies'),
    ...twice(
      areas.map((area) => area.code),
      'areas',
    ),
    ...bodies.flatMap(({ kind, istat, province }, index) => [
      ...faultIf(
        (kind === 'municipality') !== (istat !== undefined),
        `bodies.${index}.istat`,
        'belongs to a municipality, which needs it',
      ),
      ...faultIf(
        province !== undefined && !known(province),
        `bodies.${index}.province`,
        'is not among the bodies',
      ),
    ]),
    ...borders.flatMap((pair, index) =>
      faultIf(
        pair[0] === pair[1] || !pair.every((istat) => istats.includes(istat)),
        `borders.${index}`,
        'needs two municipalities among the bodies',
      ),
    ),
    ...areas.flatMap((area, index) =>
      faultIf(!area.bodies.every(known), `areas.${index}.bodies`, 'names a body that is not listed').concat(
        faultIf(
          !area.bodies.some((ipa) =>
            bodies.some((body) => sameIpa(body.ipa, ipa) && body.istat !== undefined),
          ),
          `areas.${index}.bodies`,
          'has no municipality, so nothing lies in it',
        ),
      ),
    ),
  ];
}

/**
 * What a procedure promises and does not keep: no form of its own in the catalogue, an unknown selector's object, a
 * rule on a fact that no form gives or on a value that it never has, an XPath that does not compile.
 */
export function faultsOfProcedure(procedure: Procedure, catalogue: Catalogue): readonly CatalogueFault[] {
  const { forms, rules } = procedure;
  const own = forms.some((form) =>
    catalogue.forms.some(
      ({ namespace, root, version }) =>
        form.namespace === namespace && form.root === root && form.version === version,
    ),
  );
  return [
    ...faultIf(!own, 'forms', 'lists no form whose schema is in the catalogue'),
    ...twice(
      rules.map(({ id }) => id),
      'rules',
    ),
    ...twice(
      forms.map(({ namespace, root, version }) => `{${namespace}}${root} ${version}`),
      'forms',
    ),
    ...forms.flatMap((form, index) => faultsOfForm(form, `forms.${index}`)),
    ...rules.flatMap((rule, index) => faultsOfRule(rule, procedure, catalogue, `rules.${index}`)),
  ];
}

function faultsOfForm(form: AcceptedForm, field: string): readonly CatalogueFault[] {
  const expressions = [...form.facts, ...form.searchFields].map(({ name, xpath }) => ({ name, xpath }));
  if (form.territory !== undefined) expressions.push({ name: 'territory', xpath: form.territory });
  return [
    ...twice(
      form.facts.map(({ name }) => name),
      `${field}.facts`,
    ),
    ...expressions.flatMap(({ name, xpath }) =>
      faultIf(!compiles(xpath), `${field}.${name}`, 'has an XPath that does not compile'),
    ),
    ...expressions.flatMap(({ name, xpath }) =>
      faultIf(
        !prefixesOf(xpath).every((prefix) => prefix in form.prefixes),
        `${field}.${name}`,
        'uses a prefix that is not declared',
      ),
    ),
  ];
}

function compiles(xpath: string): boolean {
  try {
    XmlXPath.compile(xpath).dispose();
    return true;
  } catch (error) {
    if (error instanceof XmlXPathError) return false;
    throw error;
  }
}

/** Prefixes of the names in an expression; axes (`self::`) are none, nor is what stands in quotes. */
function prefixesOf(xpath: string): readonly string[] {
  const bare = xpath.replace(/'[^']*'|"[^"]*"/gu, '');
  return [...bare.matchAll(/([A-Za-z_][\w.-]*):(?!:)/gu)].map((match) => match[1] ?? '');
}

function faultsOfRule(
  rule: RoutingRule,
  { forms }: Procedure,
  catalogue: Catalogue,
  field: string,
): readonly CatalogueFault[] {
  const facts = forms.flatMap((form) => form.facts);
  const { recipients } = rule;
  return [
    ...factsOf(rule.when).flatMap((name) =>
      faultIf(
        !facts.some((fact) => fact.name === name),
        `${field}.when`,
        `looks at the fact ${name}, which no form gives`,
      ),
    ),
    ...comparisonsOf(rule.when).flatMap(({ fact, value }) =>
      faultIf(
        facts.some(({ name }) => name === fact) &&
          !facts.some((mapping) => mapping.name === fact && canBe(mapping, value)),
        `${field}.when`,
        `compares ${fact} with ${value}, which it never is`,
      ),
    ),
    ...faultIf(
      recipients.by === 'body' && !catalogue.bodies.some(({ ipa }) => sameIpa(ipa, recipients.ipa)),
      `${field}.recipients.ipa`,
      'is not among the bodies',
    ),
    ...faultIf(
      recipients.by === 'area' && !catalogue.areas.some((area) => area.code === recipients.code),
      `${field}.recipients.code`,
      'is not among the areas',
    ),
    ...faultIf(
      recipients.by === 'municipality' &&
        !facts.some(({ name, kind }) => name === recipients.fact && kind === 'istat'),
      `${field}.recipients.fact`,
      'is no fact of kind istat that a form gives',
    ),
  ];
}

function comparisonsOf(condition: Condition): readonly { readonly fact: string; readonly value: string }[] {
  switch (condition.op) {
    case 'always':
      return [];
    case 'equals':
      return [condition];
    case 'in':
      return condition.values.map((value) => ({ fact: condition.fact, value }));
    case 'all':
    case 'any':
      return condition.of.flatMap(comparisonsOf);
    case 'not':
      return comparisonsOf(condition.of);
  }
}

function canBe(mapping: AcceptedForm['facts'][number], value: string): boolean {
  switch (mapping.kind) {
    case 'boolean':
      return value === 'true' || value === 'false';
    case 'code':
      return mapping.codes?.includes(value) ?? false;
    case 'band':
      return mapping.bands?.some(({ name }) => name === value) ?? false;
    case 'istat':
      return /^[0-9]{6}$/u.test(value);
  }
}

function twice(names: readonly string[], field: string): readonly CatalogueFault[] {
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => ({ field, reason: `has ${name} twice` }));
}

function faultIf(wrong: boolean, field: string, reason: string): readonly CatalogueFault[] {
  return wrong ? [{ field, reason }] : [];
}
