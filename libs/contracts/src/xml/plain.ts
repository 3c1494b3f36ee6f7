/**
 * Reading a document of ours without a parser: in canonical form each construct has one spelling, and our documents use
 * few constructs. Whatever is not so plain is left to libxml2.
 */
import type { XmlKind } from './kinds.ts';
import type { XmlTree } from './xml-tree.ts';

/**
 * Kinds that a node receives by the thousand. What is kept of rare and large ones for long (the registry's) must not keep
 * their whole text: V8 cuts strings out of it without copying them.
 */
export const READ_PLAINLY: ReadonlySet<XmlKind> = new Set([
  'event',
  'decision',
  'receipt',
  'action',
  'batch',
]);

/** Printable ASCII without `&`: nothing to escape, to normalise or to decode. */
const PLAIN = /^[ -%'-~]+$/;
/** libxml2 refuses names of more than 50,000 characters. */
const NAME = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
/** Namespaces of ours: absolute URIs that no specification reserves. */
const NAMESPACE = /^urn:reset-hub:[a-z-]+:[0-9]+$/;
/** Larger documents are left to the parser; the largest event has half of it. */
const MAX_PLAIN_BYTES = 1_048_576;
/** Levels of elements; libxml2 refuses more than 256. */
const MAX_DEPTH = 64;
const SLASH = 0x2f;
const SPACE = 0x20;

/**
 * The document's tree, if its bytes are as plain as our serialisers write them: elements of our namespaces without
 * prefixes, attributes in double quotes in the order of their names, text without white space but blanks, and nothing
 * else. Such bytes are well-formed and their own exclusive canonical form, and libxml2 would read the same tree:
 *
 * - every start tag has its end tag, no attribute is there twice, and between them is only what stands for itself;
 * - a namespace is declared first in its tag, by the root, and below only where it changes: every element is in the
 *   default namespace, so canonical form declares it exactly there;
 * - attributes have no namespace, so canonical form sorts them by their names, which are ASCII.
 *
 * @returns undefined for whatever is not so plain: the parser has the answer then
 */
export function readPlain(xml: Buffer): XmlTree | undefined {
  if (xml.length > MAX_PLAIN_BYTES) return undefined;
  const text = xml.toString('latin1');
  if (!PLAIN.test(text)) return undefined;
  const read = readElement(text, 0, '', MAX_DEPTH);
  return read?.end === text.length ? read.tree : undefined;
}

/** A document that was read plainly, to be validated. */
export class PlainXml {
  readonly bytes: Buffer;
  readonly tree: XmlTree;

  private constructor(bytes: Buffer, tree: XmlTree) {
    this.bytes = bytes;
    this.tree = tree;
  }

  /** @returns undefined for bytes that are not so plain, see `readPlain` */
  static of(bytes: Buffer): PlainXml | undefined {
    const tree = readPlain(bytes);
    return tree && new PlainXml(bytes, tree);
  }

  /** As of a parsed document: here nothing has to be freed. */
  dispose(): void {
    return undefined;
  }
}

interface Read {
  readonly tree: XmlTree;
  /** Where the element ends. */
  readonly end: number;
}

interface StartTag {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** @param at where its start tag begins; @param scope the default namespace there, empty at the root */
function readElement(text: string, at: number, scope: string, depth: number): Read | undefined {
  const tagEnd = text.indexOf('>', at);
  let next = text.indexOf('<', at + 1);
  // Between them lies no markup: what the tag holds are a name and attributes.
  if (depth === 0 || text[at] !== '<' || tagEnd < 0 || next < tagEnd) return undefined;
  const tag = readStartTag(text, at + 1, tagEnd, scope);
  if (tag === undefined) return undefined;
  const children: XmlTree[] = [];
  let content = '';
  for (let from = tagEnd + 1; ; next = text.indexOf('<', from)) {
    if (next < 0) return undefined;
    if (next > from) {
      const piece = text.slice(from, next);
      if (piece.includes('>')) return undefined;
      content += piece;
    }
    if (text.charCodeAt(next + 1) === SLASH) break;
    const child = readElement(text, next, tag.namespace, depth - 1);
    if (child === undefined) return undefined;
    children.push(child.tree);
    from = child.end;
  }
  const endTag = `</${tag.name}>`;
  if (!text.startsWith(endTag, next)) return undefined;
  return { tree: { ...tag, children, text: content }, end: next + endTag.length };
}

/** What stands between `<` and `>`: the name, then attributes, a blank before each. */
function readStartTag(text: string, start: number, end: number, scope: string): StartTag | undefined {
  // Not by a search, which would run through the document for each tag without attributes.
  let nameEnd = start;
  while (nameEnd < end && text.charCodeAt(nameEnd) !== SPACE) nameEnd += 1;
  const name = text.slice(start, nameEnd);
  if (!NAME.test(name)) return undefined;
  let namespace = scope;
  const attributes = new Map<string, string>();
  let before = '';
  for (let at = nameEnd; at < end;) {
    const equals = text.indexOf('="', at);
    const valueEnd = text.indexOf('"', equals + 2);
    if (text.charCodeAt(at) !== SPACE || equals < 0 || valueEnd < 0 || valueEnd > end) return undefined;
    const attribute = text.slice(at + 1, equals);
    const value = text.slice(equals + 2, valueEnd);
    if (attribute === 'xmlns') {
      if (at !== nameEnd || value === scope || !NAMESPACE.test(value)) return undefined;
      namespace = value;
    } else {
      if (attribute <= before || !NAME.test(attribute)) return undefined;
      attributes.set(attribute, value);
      before = attribute;
    }
    at = valueEnd + 1;
  }
  return namespace === '' ? undefined : { name, namespace, attributes };
}
