/**
 * Our XSDs, as rules for documents that were read plainly. What of XML Schema is understood here is what the schemas of
 * our frequent documents use; a schema with anything else has no rules, and its documents are libxml2's to judge.
 */
import { SIGNATURE_NAMESPACE } from './kinds.ts';
import { once } from './once.ts';
import type {
  AttributeRule,
  ElementRule,
  GroupRule,
  TypeRule,
  UniqueRule,
  ValueRule,
} from './plain-schema.ts';
import type { XmlTree } from './xml-tree.ts';
import { needed, NotUnderstood, occurs, onlyAttributes, valueRule } from './xsd-parts.ts';

/** A schema document: its tree, and what its prefixes stand for. */
export interface SchemaDocument {
  readonly root: XmlTree;
  readonly prefixes: Readonly<Record<string, string>>;
}

/** @param location as in `schemaLocation` */
type SchemaReader = (location: string) => SchemaDocument;

/**
 * @param location of the schema whose one global element is the root of such documents
 * @returns undefined if the schema, or one that it needs, is more than is understood here
 */
export function compilePlainSchema(location: string, read: SchemaReader): ElementRule | undefined {
  try {
    const scopes = new Scopes(read);
    const [root] = scopes.at(location).elements.values();
    return root && checkedThrough(root());
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}

/** Types are compiled at first use: all are used here, so that nothing is found out later. */
function checkedThrough(root: ElementRule): ElementRule {
  const seen = new Set<TypeRule>();
  const visit = (rule: ElementRule): void => {
    const type = rule.type();
    if (seen.has(type)) return;
    seen.add(type);
    for (const { options } of type.groups) for (const option of options.values()) visit(option);
  };
  visit(root);
  return root;
}

/** The declarations of one namespace. */
interface Scope {
  readonly namespace: string;
  readonly elements: ReadonlyMap<string, () => ElementRule>;
}

class Scopes {
  readonly #read: SchemaReader;
  readonly #scopes = new Map<string, Scope>();

  constructor(read: SchemaReader) {
    this.#read = read;
  }

  at(location: string): Scope {
    const known = this.#scopes.get(location);
    if (known !== undefined) return known;
    const scope = new Compiler(this.#read(location), this.#read, (other) => this.at(other));
    this.#scopes.set(location, scope);
    return scope;
  }
}

class Compiler implements Scope {
  readonly namespace: string;
  readonly elements = new Map<string, () => ElementRule>();
  readonly #prefixes: Readonly<Record<string, string>>;
  readonly #imports = new Map<string, () => Scope>();
  readonly #complex = new Map<string, () => TypeRule>();
  readonly #simple = new Map<string, () => ValueRule>();

  constructor(document: SchemaDocument, read: SchemaReader, at: (location: string) => Scope) {
    this.#prefixes = document.prefixes;
    this.namespace = needed(document.root, 'targetNamespace');
    onlyAttributes(document.root, ['targetNamespace', 'elementFormDefault']);
    if (document.root.attributes.get('elementFormDefault') !== 'qualified') throw new NotUnderstood();
    // What has no prefix is of this namespace.
    if (document.prefixes[''] !== this.namespace) throw new NotUnderstood();
    this.#declare(document.root, read, at);
  }

  #declare(root: XmlTree, read: SchemaReader, at: (location: string) => Scope): void {
    for (const node of root.children) {
      switch (node.name) {
        case 'annotation':
          break;
        case 'include':
          this.#include(read(needed(node, 'schemaLocation')), read, at);
          break;
        case 'import':
          this.#imports.set(needed(node, 'namespace'), () => at(needed(node, 'schemaLocation')));
          break;
        case 'element':
          this.elements.set(
            needed(node, 'name'),
            once(() => this.#element(node)),
          );
          break;
        case 'complexType':
          this.#complex.set(
            needed(node, 'name'),
            once(() => this.#complexType(node)),
          );
          break;
        case 'simpleType':
          this.#simple.set(
            needed(node, 'name'),
            once(() => valueRule(node)),
          );
          break;
        // A group that is used is not understood where it is used.
        case 'group':
          break;
        default:
          throw new NotUnderstood();
      }
    }
  }

  /** Without a namespace of its own it takes this one (chameleon include), and without prefixes it needs none. */
  #include({ root, prefixes }: SchemaDocument, read: SchemaReader, at: (location: string) => Scope): void {
    onlyAttributes(root, ['elementFormDefault']);
    if (root.attributes.get('elementFormDefault') !== 'qualified') throw new NotUnderstood();
    if (Object.keys(prefixes).some((prefix) => prefix !== 'xs')) throw new NotUnderstood();
    this.#declare(root, read, at);
  }

  /** A declaration; how often it may be there is its parent's matter. */
  #element(node: XmlTree): ElementRule {
    const inside = node.children.filter(({ name }) => name !== 'annotation' && name !== 'unique');
    const named = node.attributes.get('type');
    const [own, more] = inside;
    onlyAttributes(node, ['name', 'type', 'minOccurs', 'maxOccurs']);
    if (more !== undefined || (own === undefined) === (named === undefined)) throw new NotUnderstood();
    if (own !== undefined && own.name !== 'complexType') throw new NotUnderstood();
    return {
      name: needed(node, 'name'),
      namespace: this.namespace,
      type: own === undefined ? this.#type(named ?? '') : once(() => this.#complexType(own)),
      unique: node.children.filter(({ name }) => name === 'unique').map((unique) => this.#unique(unique)),
    };
  }

  #type(name: string): () => TypeRule {
    return once(() => {
      const complex = this.#complex.get(name);
      return complex === undefined
        ? { attributes: new Map(), required: 0, groups: [], text: this.#value(name) }
        : complex();
    });
  }

  #value(name: string): ValueRule {
    const simple = this.#simple.get(name);
    if (simple === undefined) throw new NotUnderstood();
    return simple();
  }

  #complexType(node: XmlTree): TypeRule {
    onlyAttributes(node, ['name']);
    const attributes = new Map<string, AttributeRule>();
    let groups: readonly GroupRule[] | undefined;
    for (const part of node.children) {
      if (part.name === 'attribute') attributes.set(needed(part, 'name'), this.#attribute(part));
      else if (part.name !== 'annotation') {
        if (groups !== undefined) throw new NotUnderstood();
        groups = this.#groups(part);
      }
    }
    const required = [...attributes.values()].filter((attribute) => attribute.required).length;
    return { attributes, required, text: null, groups: groups ?? [] };
  }

  #attribute(node: XmlTree): AttributeRule {
    onlyAttributes(node, ['name', 'type', 'use']);
    if (node.children.some(({ name }) => name !== 'annotation')) throw new NotUnderstood();
    const use = node.attributes.get('use') ?? 'optional';
    if (use !== 'optional' && use !== 'required') throw new NotUnderstood();
    return { required: use === 'required', value: this.#value(needed(node, 'type')) };
  }

  /** A sequence of elements and choices, once; or a choice between elements. */
  #groups(node: XmlTree): readonly GroupRule[] {
    if (node.name === 'choice') return [this.#choice(node)];
    if (node.name !== 'sequence') throw new NotUnderstood();
    onlyAttributes(node, []);
    return node.children.flatMap((part) => {
      if (part.name === 'choice') return this.#choice(part);
      if (part.name !== 'element') throw new NotUnderstood();
      const [min, max] = occurs(part);
      // A document that was read plainly holds none: the signature has prefixes.
      if (this.#isSignature(part) && min === 0) return [];
      return { options: optionsOf([this.#child(part)]), min, max };
    });
  }

  #choice(node: XmlTree): GroupRule {
    onlyAttributes(node, ['minOccurs', 'maxOccurs']);
    const [min, max] = occurs(node);
    const options = node.children.map((part) => {
      const [least, most] = occurs(part);
      if (part.name !== 'element' || least !== 1 || most !== 1) throw new NotUnderstood();
      return this.#child(part);
    });
    return { options: optionsOf(options), min, max };
  }

  #child(node: XmlTree): ElementRule {
    const ref = node.attributes.get('ref');
    if (ref === undefined) return this.#element(node);
    onlyAttributes(node, ['ref', 'minOccurs', 'maxOccurs']);
    const { namespace, name } = this.#resolve(ref);
    const scope = namespace === this.namespace ? this : this.#imports.get(namespace)?.();
    const element = scope?.elements.get(name);
    if (element === undefined) throw new NotUnderstood();
    return element();
  }

  #isSignature(node: XmlTree): boolean {
    const ref = node.attributes.get('ref');
    return ref !== undefined && this.#resolve(ref).namespace === SIGNATURE_NAMESPACE;
  }

  #unique(node: XmlTree): UniqueRule {
    const [selector, field, more] = node.children.filter(({ name }) => name !== 'annotation');
    if (selector?.name !== 'selector' || field?.name !== 'field' || more !== undefined)
      throw new NotUnderstood();
    const [, attribute] = /^@([A-Za-z]+)$/.exec(needed(field, 'xpath')) ?? [];
    if (attribute === undefined) throw new NotUnderstood();
    const path = needed(selector, 'xpath')
      .split('/')
      .map((step) => this.#resolve(step));
    return { path, attribute };
  }

  /** @param name with a prefix, which is that of the schema that this was made of */
  #resolve(name: string): { readonly name: string; readonly namespace: string } {
    const [, prefix = '', local = ''] = /^([A-Za-z]+):([A-Za-z]+)$/.exec(name) ?? [];
    const namespace = this.#prefixes[prefix];
    if (namespace === undefined) throw new NotUnderstood();
    return { name: local, namespace };
  }
}

function optionsOf(rules: readonly ElementRule[]): ReadonlyMap<string, ElementRule> {
  const options = new Map(rules.map((rule) => [rule.name, rule]));
  if (options.size !== rules.length) throw new NotUnderstood();
  return options;
}
