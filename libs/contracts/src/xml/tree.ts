/** A parsed document as a light tree: what the readers of every kind read from. */
import { ParseOption, XmlDocument, XmlElement, XmlParseError } from 'libxml2-wasm';
import { HubError } from '#errors';
import { makeNodesCompilable } from './compilable-nodes.ts';
import { guardBytes } from './guard.ts';
import { namespaceOf, SIGNATURE_NAMESPACE, XML_ROOTS, type XmlKind } from './kinds.ts';
import { READ_PLAINLY, readPlain } from './plain.ts';
import type { XmlTree } from './xml-tree.ts';

makeNodesCompilable();

export type { XmlTree };

/** Kinds signed one by one: their root may end with an enveloped signature. Items of a batch never carry one. */
const ENVELOPED: ReadonlySet<XmlKind> = new Set([
  'event',
  'registry',
  'heartbeat',
  'batch',
  'filing-receipt',
  'manifest',
  'reconciliation',
]);

/**
 * Guards, parses and walks a document once; `check` sees the parsed document (for its XSD) between parsing and
 * walking. Without it, a plain document is read without being parsed. The enveloped signature is left out of the tree: signatures are verified on bytes, never read here.
 *
 * @throws HubError `EVENT_TOO_LARGE`, `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`
 */
export function readTree(kind: XmlKind, xml: Buffer, check?: (document: XmlDocument) => void): XmlTree {
  guardBytes(kind, xml);
  const plain = check === undefined && READ_PLAINLY.has(kind) ? readPlain(xml) : undefined;
  if (plain !== undefined && isRootOf(kind, plain)) return plain;
  const document = parseXml(kind, xml);
  try {
    check?.(document);
    return walkRoot(kind, document.root);
  } finally {
    document.dispose();
  }
}

/**
 * For bytes that passed `guardBytes`; the caller disposes of the document.
 * @throws HubError `XML_MALFORMED`
 */
export function parseXml(kind: XmlKind, xml: Buffer): XmlDocument {
  try {
    return XmlDocument.fromBuffer(xml, {
      option: ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE,
    });
  } catch (cause) {
    if (!(cause instanceof XmlParseError)) throw cause;
    const first = cause.details[0];
    const details = { line: first?.line ?? 1, column: first?.col ?? 1, reason: first?.message.trim() ?? '' };
    throw new HubError(
      'XML_MALFORMED',
      `the ${kind} is not well-formed at line ${String(details.line)}, column ${String(details.column)}: ${details.reason}`,
      { cause, details },
    );
  }
}

function isRootOf(kind: XmlKind, { name, namespace }: XmlTree): boolean {
  return name === XML_ROOTS[kind] && namespace === namespaceOf(kind);
}

/** The tree of any element. @throws HubError `XML_UNEXPECTED` for an attribute with a namespace */
export function treeOf(element: XmlElement): XmlTree {
  return walk(element, null);
}

/** The tree of a parsed document's root, an enveloped signature left out. @throws HubError `XML_UNEXPECTED` */
export function walkRoot(kind: XmlKind, root: XmlElement): XmlTree {
  if (root.name !== XML_ROOTS[kind] || root.namespaceUri !== namespaceOf(kind)) {
    throw new HubError(
      'XML_UNEXPECTED',
      `expected {${namespaceOf(kind)}}${XML_ROOTS[kind]} as the root element`,
      {
        details: { found: `{${root.namespaceUri}}${root.name}`.slice(0, 200) },
      },
    );
  }
  const signature = ENVELOPED.has(kind) ? enveloped(root) : null;
  return walk(root, signature);
}

/** The enveloped signature: the root's last child, or null. */
function enveloped(root: XmlElement): XmlElement | null {
  const last = root.lastChild;
  return last instanceof XmlElement && last.name === 'Signature' && last.namespaceUri === SIGNATURE_NAMESPACE
    ? last
    : null;
}

function walk(node: XmlElement, leftOut: XmlElement | null): XmlTree {
  const children: XmlTree[] = [];
  let content = '';
  for (let child = node.firstChild; child !== null; child = child.next) {
    if (!(child instanceof XmlElement)) content += child.content;
    else if (leftOut === null || !child.isSameNode(leftOut)) children.push(walk(child, null));
  }
  return {
    name: node.name,
    namespace: node.namespaceUri,
    attributes: attributesOf(node),
    children,
    text: content,
  };
}

/** Our documents have no prefixed attributes: `xsi:type` and the like would change what the schema checks. */
function attributesOf(node: XmlElement): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const attribute of node.attrs) {
    if (attribute.namespaceUri !== '') {
      throw new HubError('XML_UNEXPECTED', `element ${node.name} has an attribute with a namespace`);
    }
    attributes.set(attribute.name, attribute.value);
  }
  return attributes;
}
