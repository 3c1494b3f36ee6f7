/** What an XSD of ours asks of a document, in a form that is quickly checked. Made by `compile-plain-schema.ts`. */
import type { XmlTree } from './xml-tree.ts';

/** Of an element with a place and a type. Types may hold themselves. */
export interface ElementRule {
  readonly name: string;
  readonly namespace: string;
  readonly type: () => TypeRule;
  readonly unique: readonly UniqueRule[];
}

export interface TypeRule {
  readonly attributes: ReadonlyMap<string, AttributeRule>;
  /** How many of the attributes must be there. */
  readonly required: number;
  /** Of elements with text, which have neither attributes nor children; null for all others. */
  readonly text: ValueRule | null;
  /** Children, in this order. */
  readonly groups: readonly GroupRule[];
}

export interface AttributeRule {
  readonly required: boolean;
  readonly value: ValueRule;
}

export interface ValueRule {
  readonly pattern: RegExp | null;
  /** Null if any value is allowed. */
  readonly values: ReadonlySet<string> | null;
  /** In characters. */
  readonly minLength: number;
  readonly maxLength: number;
}

/** A number of elements, each of them one of these. */
export interface GroupRule {
  /** By local name: no two have the same. */
  readonly options: ReadonlyMap<string, ElementRule>;
  readonly min: number;
  readonly max: number;
}

/** No two of the elements that the path leads to have the same value of the attribute. */
export interface UniqueRule {
  /** From the element's children on. */
  readonly path: readonly { readonly name: string; readonly namespace: string }[];
  readonly attribute: string;
}

/**
 * True only for what the XSD lets pass. Of elements without text even white space is refused, which the XSD allows
 * between children: no document of ours has it.
 */
export function conforms(tree: XmlTree, rule: ElementRule): boolean {
  if (tree.name !== rule.name || tree.namespace !== rule.namespace) return false;
  const type = rule.type();
  if (type.text === null ? tree.text !== '' : !allows(type.text, tree.text)) return false;
  return (
    attributesConform(tree.attributes, type) &&
    childrenConform(tree.children, type.groups) &&
    rule.unique.every((unique) => isUnique(tree, unique))
  );
}

function attributesConform(attributes: ReadonlyMap<string, string>, type: TypeRule): boolean {
  let missing = type.required;
  for (const [name, value] of attributes) {
    const rule = type.attributes.get(name);
    if (rule === undefined || !allows(rule.value, value)) return false;
    if (rule.required) missing -= 1;
  }
  return missing === 0;
}

function allows({ pattern, values, minLength, maxLength }: ValueRule, text: string): boolean {
  return (
    text.length >= minLength &&
    text.length <= maxLength &&
    (pattern === null || pattern.test(text)) &&
    (values === null || values.has(text))
  );
}

/** Each group takes as many as it can: an XSD must not leave a choice there (Unique Particle Attribution). */
function childrenConform(children: readonly XmlTree[], groups: readonly GroupRule[]): boolean {
  let at = 0;
  for (const { options, min, max } of groups) {
    let count = 0;
    for (; count < max; count += 1, at += 1) {
      const child = children[at];
      const rule = child && options.get(child.name);
      if (child === undefined || rule?.namespace !== child.namespace) break;
      if (!conforms(child, rule)) return false;
    }
    if (count < min) return false;
  }
  return at === children.length;
}

/** Elements without the attribute are left out (XSD 1.0 part 1, §3.11.4). */
function isUnique(tree: XmlTree, { path, attribute }: UniqueRule): boolean {
  let found: readonly XmlTree[] = [tree];
  for (const { name, namespace } of path) {
    found = found.flatMap(({ children }) =>
      children.filter((child) => child.name === name && child.namespace === namespace),
    );
  }
  const values = found.flatMap(({ attributes }) => attributes.get(attribute) ?? []);
  return new Set(values).size === values.length;
}
