/** Pieces of an XSD, as `compile-plain-schema.ts` reads them. All throw `NotUnderstood` for what is not understood there. */
import type { ValueRule } from './plain-schema.ts';
import type { XmlTree } from './xml-tree.ts';
import { expressionOf } from './xsd-pattern.ts';

/** Never leaves this folder: a schema that is not understood is libxml2's to apply. */
export class NotUnderstood extends Error {}

/** Of a simple type that restricts `xs:string`. */
export function valueRule(node: XmlTree): ValueRule {
  onlyAttributes(node, ['name']);
  const [restriction, more] = node.children.filter(({ name }) => name !== 'annotation');
  if (restriction?.name !== 'restriction' || more !== undefined) throw new NotUnderstood();
  if (needed(restriction, 'base') !== 'xs:string') throw new NotUnderstood();
  const facets = Map.groupBy(restriction.children, ({ name }) => name);
  const valuesOf = (name: string): string[] =>
    (facets.get(name) ?? []).map((facet) => {
      onlyAttributes(facet, ['value']);
      return needed(facet, 'value');
    });
  const known = ['pattern', 'enumeration', 'minLength', 'maxLength'];
  if ([...facets.keys()].some((name) => !known.includes(name))) throw new NotUnderstood();
  const [pattern, morePatterns] = valuesOf('pattern');
  const values = valuesOf('enumeration');
  const expression = pattern === undefined ? null : expressionOf(pattern);
  if (expression === undefined || morePatterns !== undefined) throw new NotUnderstood();
  const [minLength, maxLength] = [valuesOf('minLength')[0], valuesOf('maxLength')[0]];
  return {
    pattern: expression,
    values: values.length === 0 ? null : new Set(values),
    minLength: minLength === undefined ? 0 : whole(minLength),
    maxLength: maxLength === undefined ? Infinity : whole(maxLength),
  };
}

/** How often an element or a choice may be there: 1 and 1 if nothing is said. */
export function occurs({ attributes }: XmlTree): readonly [number, number] {
  const max = attributes.get('maxOccurs') ?? '1';
  return [whole(attributes.get('minOccurs') ?? '1'), max === 'unbounded' ? Infinity : whole(max)];
}

function whole(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new NotUnderstood();
  return Number(text);
}

export function needed({ attributes }: XmlTree, name: string): string {
  const value = attributes.get(name);
  if (value === undefined) throw new NotUnderstood();
  return value;
}

export function onlyAttributes({ attributes }: XmlTree, known: readonly string[]): void {
  if ([...attributes.keys()].some((name) => !known.includes(name))) throw new NotUnderstood();
}
