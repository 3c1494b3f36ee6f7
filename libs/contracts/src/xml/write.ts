/**
 * Writes XML that is its own exclusive canonical form (Exclusive XML Canonicalization 1.0; escaping of Canonical
 * XML 1.0, 2.3). Callers pass attributes in code-point order of their names; a spec holds every writer to it.
 */
import { HubError } from '#errors';
import { namespaceOf, XML_ROOTS, type XmlKind } from './kinds.ts';

/** Anything that is neither plain printable ASCII nor safe unescaped. */
const NOT_PLAIN = /[^ !#-%'-;=?-~]/;
/** What no XML 1.0 document can hold (XML 1.0, production 2), lone surrogates included. */
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

const TEXT_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#xD;',
};
const ATTRIBUTE_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

function escaped(value: string, special: RegExp, escapes: Readonly<Record<string, string>>): string {
  if (!NOT_PLAIN.test(value)) return value;
  if (NOT_XML.test(value)) {
    throw new HubError('XML_CHARACTER_INVALID', 'a text holds a character that XML 1.0 cannot carry');
  }
  return value.replace(special, (character) => escapes[character] ?? character);
}

/** Character content. @throws HubError `XML_CHARACTER_INVALID` */
export function text(value: string): string {
  return escaped(value, /[&<>\r]/g, TEXT_ESCAPES);
}

/** ` name="value"`, or nothing for null and undefined. @throws HubError `XML_CHARACTER_INVALID` */
export function attribute(name: string, value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '';
  const written =
    typeof value === 'string' ? escaped(value, /[&<"\t\n\r]/g, ATTRIBUTE_ESCAPES) : String(value);
  return ` ${name}="${written}"`;
}

/** An element; canonical form has no empty-element tags. */
export function element(name: string, attributes: string, content = ''): string {
  return `<${name}${attributes}>${content}</${name}>`;
}

/** A whole document: the root of `kind` with its default namespace. UTF-8 bytes. */
export function document(kind: XmlKind, attributes: string, content: string): Buffer {
  return Buffer.from(element(XML_ROOTS[kind], ` xmlns="${namespaceOf(kind)}"${attributes}`, content), 'utf8');
}
