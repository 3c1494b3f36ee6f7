/** Parsing and canonical form. The only place of the engine that touches libxml2; every document is freed here. */
import { ParseOption, XmlC14NMode, XmlDocument, XmlElement, XmlError, XmlParseError } from 'libxml2-wasm';
import { HubError } from '#errors';
import { CONTENT_REFERENCE_ID, DSIG_NAMESPACE, SIGNATURE_ID, SIGNED_PROPERTIES_ID } from './profile.ts';

const NAMESPACES = { ds: DSIG_NAMESPACE };
const SIGNATURES = '//ds:Signature';
const RESERVED_IDS = `//@*[translate(local-name(), "ID", "id") = "id"][. = "${[
  SIGNATURE_ID,
  CONTENT_REFERENCE_ID,
  SIGNED_PROPERTIES_ID,
].join('" or . = "')}"]`;
type Mode = (typeof XmlC14NMode)[keyof typeof XmlC14NMode];

/** Each reserved id, once. */
const RESERVED_ID_COUNT = 3;

/**
 * Parses bytes that must be their own exclusive canonical form. After this they can be taken apart by searching them:
 * in canonical form every `<` is markup, and there is one spelling for everything.
 *
 * @param bytes UTF-8 that passed `checkBytes`.
 * @returns the document, for the caller to dispose
 * @throws HubError `SIGNED_DOCUMENT_MALFORMED`, `NESTING_TOO_DEEP`, `NOT_CANONICAL`
 */
export function parseCanonical(bytes: Buffer): XmlDocument {
  const document = parseXml(bytes);
  try {
    checkCanonical(document, bytes);
    return document;
  } catch (error) {
    document.dispose();
    throw error;
  }
}

/**
 * Parses bytes that passed `checkBytes`.
 * @returns the document, for the caller to dispose
 * @throws HubError `SIGNED_DOCUMENT_MALFORMED`, `NESTING_TOO_DEEP`
 */
export function parseXml(bytes: Buffer): XmlDocument {
  try {
    // No DTD is ever loaded, no entity substituted, no network used; the parser's own limits (depth 256) stay on.
    return XmlDocument.fromBuffer(bytes, {
      option:
        ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_NO_SYS_CATALOG,
    });
  } catch (cause) {
    if (!(cause instanceof XmlParseError)) throw cause;
    const first = cause.details[0];
    const details = { line: first?.line ?? 1, column: first?.col ?? 1, reason: first?.message.trim() ?? '' };
    const code = /excessive depth/i.test(cause.message) ? 'NESTING_TOO_DEEP' : 'SIGNED_DOCUMENT_MALFORMED';
    throw new HubError(
      code,
      `not well-formed at line ${details.line}, column ${details.column}: ${details.reason}`,
      { cause, details },
    );
  }
}

/** Canonical form of a document, or of an element in its place, without comments. @throws HubError `NOT_CANONICAL` if it has none */
export function canonicalBytes(node: XmlDocument | XmlElement, mode: Mode): Buffer {
  const chunks: Buffer[] = [];
  const collector = {
    // The chunk is a window into memory that will change.
    write: (chunk: Uint8Array): number => chunks.push(Buffer.from(chunk)) && chunk.length,
    close: (): boolean => true,
  };
  canonicalize(node, collector, mode);
  return Buffer.concat(chunks);
}

function canonicalize(
  node: XmlDocument | XmlElement,
  output: Parameters<XmlDocument['canonicalize']>[0],
  mode: Mode,
): void {
  try {
    node.canonicalize(output, { mode });
  } catch (cause) {
    if (!(cause instanceof XmlError)) throw cause;
    throw new HubError('NOT_CANONICAL', 'the document has no canonical form', { cause });
  }
}

/** Exclusive C14N without comments, compared with the bytes as it is produced: nothing is copied. */
function checkCanonical(document: XmlDocument, bytes: Buffer): void {
  const seen = { length: 0, same: true };
  const comparer = {
    write: (chunk: Uint8Array): number => {
      seen.same &&= bytes.subarray(seen.length, seen.length + chunk.length).equals(chunk);
      seen.length += chunk.length;
      return chunk.length;
    },
    close: (): boolean => true,
  };
  canonicalize(document, comparer, XmlC14NMode.XML_C14N_EXCLUSIVE_1_0);
  if (!seen.same || seen.length !== bytes.length) {
    throw new HubError('NOT_CANONICAL', 'the bytes are not the exclusive canonical form of the document');
  }
}

/**
 * Checks that exactly one `ds:Signature` is in the document, as the root's last child, with its ids used by nobody else.
 * @throws HubError `SIGNATURE_MISSING`, `SIGNATURE_MULTIPLE`, `SIGNATURE_MISPLACED`, `SIGNATURE_ID_DUPLICATE`
 */
export function checkOneSignature(document: XmlDocument): void {
  const signatures = document.find(SIGNATURES, NAMESPACES);
  const [signature] = signatures;
  if (signature === undefined) throw new HubError('SIGNATURE_MISSING', 'the document holds no ds:Signature');
  if (signatures.length > 1) {
    throw new HubError('SIGNATURE_MULTIPLE', `the document holds ${signatures.length} ds:Signature elements`);
  }
  const last = document.root.lastChild;
  if (!(last instanceof XmlElement) || !last.isSameNode(signature)) {
    throw new HubError('SIGNATURE_MISPLACED', 'the signature is not the last child of the root');
  }
  const ids = document.find(RESERVED_IDS).length;
  if (ids > RESERVED_ID_COUNT) {
    throw new HubError('SIGNATURE_ID_DUPLICATE', 'an id of the signature is used elsewhere in the document');
  }
}
