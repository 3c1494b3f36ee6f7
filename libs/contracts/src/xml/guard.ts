/** What is refused by looking at bytes, before any parser sees them. */
import { isUtf8 } from 'node:buffer';
import { HubError } from '#errors';
import type { XmlKind } from './kinds.ts';
import { MAX_BYTES } from './limits.ts';

/**
 * Refuses a document of ours by its bytes alone. In well-formed UTF-8 XML a `<` is markup wherever it stands, so
 * `<!` finds every DOCTYPE, entity declaration, comment and CDATA section, and `<?` every declaration and
 * processing instruction. That holds only in UTF-8, hence no byte order mark and no NUL (UTF-16, UTF-32).
 *
 * @throws HubError `EVENT_TOO_LARGE`, `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`
 */
export function guardBytes(kind: XmlKind, xml: Buffer): void {
  const limit = MAX_BYTES[kind];
  if (xml.length > limit) {
    throw new HubError(
      kind === 'event' ? 'EVENT_TOO_LARGE' : 'XML_TOO_LARGE',
      `the ${kind} has ${String(xml.length)} bytes, at most ${String(limit)} are allowed`,
      { details: { size: xml.length, limit } },
    );
  }
  if (!isUtf8(xml) || xml.includes(0)) {
    throw new HubError('XML_MALFORMED', `the ${kind} is not UTF-8 text`, { details: { line: 1, column: 1 } });
  }
  const construct = forbiddenConstruct(xml);
  if (construct !== null) {
    throw new HubError('XML_FORBIDDEN_CONSTRUCT', `the ${kind} holds ${construct.name}`, {
      details: { construct: construct.name, offset: construct.offset },
    });
  }
}

function forbiddenConstruct(xml: Buffer): { readonly name: string; readonly offset: number } | null {
  if (xml[0] === 0xef && xml[1] === 0xbb && xml[2] === 0xbf) return { name: 'a byte order mark', offset: 0 };
  const declaration = xml.indexOf('<!');
  if (declaration !== -1) {
    return { name: 'a DOCTYPE, entity, comment or CDATA section', offset: declaration };
  }
  const instruction = xml.indexOf('<?');
  return instruction === -1
    ? null
    : { name: 'an XML declaration or processing instruction', offset: instruction };
}
