import { ParseOption, XmlDocument, XmlLibError } from 'libxml2-wasm';
import { HubError } from '#errors';

/** The largest form accepted, bytes. Attachments are documents of their own. */
export const FORM_SIZE_LIMIT = 2 * 1024 * 1024;

/** The root element of a form: what names its schema. */
export interface FormRoot {
  readonly namespace: string;
  readonly root: string;
}

const XSI = { xsi: 'http://www.w3.org/2001/XMLSchema-instance' };
const DOCTYPE = Buffer.from('<!DOCTYPE');
const SCHEMA_HINT = Buffer.from('chemaLocation');

/**
 * Parses a form, hands it to `use` and frees it. No network, no entities, no DTD; the form's own hints at where its
 * schema lies are dropped from this copy, for only the registry says which schema is meant.
 * @throws HubError `FORM_TOO_LARGE`, `XML_FORBIDDEN_CONSTRUCT`, `XML_MALFORMED` (details: line, column, reason)
 */
export function withForm<T>(xml: Buffer, use: (document: XmlDocument) => T): T {
  if (xml.length > FORM_SIZE_LIMIT) {
    throw new HubError(
      'FORM_TOO_LARGE',
      `the form has ${xml.length} bytes, the limit is ${FORM_SIZE_LIMIT}`,
      {
        details: { size: xml.length, limit: FORM_SIZE_LIMIT },
      },
    );
  }
  const document = parseXml(xml);
  try {
    if (xml.includes(SCHEMA_HINT)) dropSchemaHints(document);
    return use(document);
  } finally {
    document.dispose();
  }
}

/** The namespace and local name of the root element. @throws as `withForm` */
export function rootOf(xml: Buffer): FormRoot {
  return withForm(xml, ({ root }) => ({ namespace: root.namespaceUri, root: root.name }));
}

/**
 * Parses bytes that are not trusted. The caller disposes of the document.
 * @throws HubError `XML_FORBIDDEN_CONSTRUCT`, `XML_MALFORMED`
 */
export function parseXml(xml: Buffer, url?: string): XmlDocument {
  // Before the parser reads a declaration, not after. In a text `<` is escaped, so this is a DTD or a CDATA curiosity.
  if (xml.includes(DOCTYPE)) {
    throw new HubError('XML_FORBIDDEN_CONSTRUCT', 'a document type declaration is not allowed', {
      details: { construct: 'DOCTYPE' },
    });
  }
  let document: XmlDocument;
  try {
    document = XmlDocument.fromBuffer(xml, {
      option: ParseOption.XML_PARSE_NONET,
      ...(url === undefined ? {} : { url }),
    });
  } catch (cause) {
    const at = cause instanceof XmlLibError ? cause.details[0] : undefined;
    const reason = (at?.message ?? 'not readable as XML').trim();
    throw new HubError('XML_MALFORMED', `not well-formed at line ${at?.line ?? 0}: ${reason}`, {
      cause,
      details: { line: at?.line ?? 0, column: at?.col ?? 0, reason },
    });
  }
  if (document.dtd === null) return document;
  document.dispose();
  // Another encoding can hide the keyword from the scan above.
  throw new HubError('XML_FORBIDDEN_CONSTRUCT', 'a document type declaration is not allowed', {
    details: { construct: 'DOCTYPE' },
  });
}

function dropSchemaHints(document: XmlDocument): void {
  for (const hint of document.find('//@xsi:schemaLocation | //@xsi:noNamespaceSchemaLocation', XSI))
    hint.remove();
}
