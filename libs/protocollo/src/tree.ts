/** AgID's XML as a light tree, and the strict readers of its sequences. */
import { isUtf8 } from 'node:buffer';
import { ParseOption, XmlDocument, XmlElement, XmlParseError } from 'libxml2-wasm';
import { HubError } from '#errors';

export interface Node {
  /** `{namespace}local` */
  readonly name: string;
  /** By `{namespace}local`. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Node[];
  readonly text: string;
}

/** @throws HubError `PROTOCOL_MESSAGE_INVALID` */
export function invalid(reason: string, cause?: unknown): never {
  throw new HubError('PROTOCOL_MESSAGE_INVALID', reason, { cause });
}

/**
 * Parses a document after looking at its bytes: no DOCTYPE, entity, comment, CDATA section, declaration or processing
 * instruction (see `guardBytes` of `#contracts`), no more than `maxBytes`.
 * @throws HubError `PROTOCOL_MESSAGE_INVALID`
 */
export function parseNode(xml: Buffer, maxBytes: number): Node {
  if (xml.length > maxBytes) invalid(`it has ${xml.length} bytes, at most ${maxBytes} are allowed`);
  if (!isUtf8(xml) || xml.includes(0)) invalid('it is not UTF-8 text');
  if (xml.includes('<!') || xml.includes('<?')) invalid('it holds a declaration, comment or instruction');
  const document = parse(xml);
  try {
    return walk(document.root);
  } finally {
    document.dispose();
  }
}

function parse(xml: Buffer): XmlDocument {
  try {
    return XmlDocument.fromBuffer(xml, {
      option: ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE,
    });
  } catch (cause) {
    if (!(cause instanceof XmlParseError)) throw cause;
    return invalid('it is not well-formed', cause);
  }
}

function walk(element: XmlElement): Node {
  const children: Node[] = [];
  let text = '';
  for (let child = element.firstChild; child !== null; child = child.next) {
    if (child instanceof XmlElement) children.push(walk(child));
    else text += child.content;
  }
  return {
    name: `{${element.namespaceUri}}${element.name}`,
    attributes: new Map(element.attrs.map((item) => [`{${item.namespaceUri}}${item.name}`, item.value])),
    children,
    text,
  };
}

/** How often a part may occur in a sequence: once, at most once, once or more, as often as it likes. */
type Occurs = '1' | '?' | '+' | '*';
export type Sequence = readonly (readonly [name: string, occurs: Occurs])[];

/**
 * The children of a node by name, after checking that they are that sequence (xs:sequence) and nothing else.
 * @param names names without namespace; `namespace` is that of the children, unless a name brings its own in braces
 */
export function readSequence(node: Node, namespace: string, sequence: Sequence): Parts {
  const found = new Map<string, Node[]>();
  let at = 0;
  for (const [name, occurs] of sequence) {
    const wanted = name.startsWith('{') ? name : `{${namespace}}${name}`;
    const most = occurs === '1' || occurs === '?' ? 1 : Infinity;
    const taken: Node[] = [];
    for (
      let next = node.children[at];
      next?.name === wanted && taken.length < most;
      next = node.children[at]
    ) {
      taken.push(next);
      at += 1;
    }
    if (taken.length === 0 && (occurs === '1' || occurs === '+')) invalid(`${node.name} lacks ${name}`);
    found.set(name, taken);
  }
  const left = node.children[at];
  if (left !== undefined) invalid(`${left.name} is not expected in ${node.name}`);
  if (node.children.length > 0 && node.text.trim() !== '')
    invalid(`${node.name} holds text between elements`);
  return new Parts(node, found);
}

/** What `readSequence` found. */
export class Parts {
  readonly #node: Node;
  readonly #found: ReadonlyMap<string, readonly Node[]>;

  constructor(node: Node, found: ReadonlyMap<string, readonly Node[]>) {
    this.#node = node;
    this.#found = found;
  }

  one(name: string): Node {
    return this.maybe(name) ?? invalid(`${this.#node.name} lacks ${name}`);
  }

  maybe(name: string): Node | undefined {
    return this.#found.get(name)?.[0];
  }

  all(name: string): readonly Node[] {
    return this.#found.get(name) ?? [];
  }

  text(name: string): string {
    return textOf(this.one(name));
  }

  /** `{key: text}` if the part is there, `{}` otherwise: for optional properties. */
  textAs<K extends string>(key: K, name: string): Partial<Record<K, string>> {
    const part = this.maybe(name);
    const found: Partial<Record<K, string>> = {};
    if (part !== undefined) found[key] = textOf(part);
    return found;
  }
}

export function textOf(node: Node): string {
  return node.children.length === 0 ? node.text : invalid(`${node.name} must hold text only`);
}

export function attributeOf(node: Node, name: string): string {
  return node.attributes.get(name) ?? invalid(`${node.name} has no attribute ${name}`);
}

/** @throws HubError `PROTOCOL_MESSAGE_INVALID` if the text is not of that shape */
export function shaped(text: string, shape: RegExp, what: string): string {
  return shape.test(text) ? text : invalid(`${JSON.stringify(text.slice(0, 80))} is no ${what}`);
}
