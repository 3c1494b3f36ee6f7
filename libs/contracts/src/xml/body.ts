/** The type-specific part of an event (`contracts/xsd/body-1.xsd`): an element per event type. */
import {
  CONCLUSION_OUTCOMES,
  PROCEEDING_OUTCOMES,
  VOID_REASONS,
  type EventBody,
  type EventType,
} from '../event.ts';
import { parseDocumentId, parseEventId, parseIpaCode, parseSha256 } from '../ids.ts';
import { readTerm, writeTerm } from './fragments.ts';
import { BODY_NAMESPACE } from './kinds.ts';
import { moment, one, required, unexpected, whole, word } from './read.ts';
import type { XmlTree } from './tree.ts';
import { attribute, element } from './write.ts';

/** Local name of a type's body element: `practice.filed` → `PracticeFiled`. */
export function bodyElement(type: EventType): string {
  return type.replace(/(?:^|\.)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function writeBody(body: EventBody): string {
  const { attributes, content } = parts(body);
  return element(bodyElement(body.type), ` xmlns="${BODY_NAMESPACE}"${attributes}`, content);
}

/** The body as a document of its own: the same bytes as inside the event, UTF-8, its own exclusive canonical form. */
export function serializeBody(body: EventBody): Buffer {
  return Buffer.from(writeBody(body), 'utf8');
}

function parts(body: EventBody): { readonly attributes: string; readonly content: string } {
  switch (body.type) {
    case 'practice.filed':
      return {
        attributes:
          attribute('document', body.form.document) +
          attribute('namespace', body.form.namespace) +
          attribute('root', body.form.root) +
          attribute('version', body.form.version),
        content: '',
      };
    case 'correction.requested':
    case 'integration.requested':
      return { attributes: '', content: writeTerm(body.term) };
    case 'conclusion.issued':
    case 'proceeding.ended':
      return { attributes: attribute('outcome', body.outcome), content: '' };
    case 'external.notified':
      return {
        attributes:
          attribute('at', body.at) +
          attribute('channel', body.channel) +
          attribute('recipient', body.recipient),
        content: '',
      };
    case 'event.voided':
      return {
        attributes:
          attribute('digest', body.digest) +
          attribute('event', body.event) +
          attribute('number', body.number) +
          attribute('reason', body.reason),
        content: '',
      };
    case 'correction.provided':
    case 'integration.provided':
    case 'filing.withdrawn':
      return { attributes: '', content: '' };
  }
}

/** Reads the body of an event of that type. @throws HubError `XML_UNEXPECTED` if the element is another type's */
export function readBody(type: EventType, tree: XmlTree): EventBody {
  if (tree.namespace !== BODY_NAMESPACE || tree.name !== bodyElement(type)) {
    unexpected(`the body of ${type} must be ${bodyElement(type)} of ${BODY_NAMESPACE}`);
  }
  switch (type) {
    case 'practice.filed':
      return { type, form: readFiledForm(tree) };
    case 'correction.requested':
    case 'integration.requested':
      return { type, term: readTerm(one(tree, 'Term')) };
    case 'conclusion.issued':
      return { type, outcome: word(required(tree, 'outcome'), CONCLUSION_OUTCOMES) };
    case 'proceeding.ended':
      return { type, outcome: word(required(tree, 'outcome'), PROCEEDING_OUTCOMES) };
    case 'external.notified':
      return {
        type,
        recipient: parseIpaCode(required(tree, 'recipient')),
        channel: word(required(tree, 'channel'), ['pec']),
        at: moment(required(tree, 'at')),
      };
    case 'event.voided':
      return {
        type,
        event: parseEventId(required(tree, 'event')),
        number: whole(required(tree, 'number')),
        digest: parseSha256(required(tree, 'digest')),
        reason: word(required(tree, 'reason'), VOID_REASONS),
      };
    case 'correction.provided':
    case 'integration.provided':
    case 'filing.withdrawn':
      return { type };
  }
}

function readFiledForm(tree: XmlTree): Extract<EventBody, { type: 'practice.filed' }>['form'] {
  return {
    namespace: required(tree, 'namespace'),
    root: required(tree, 'root'),
    version: required(tree, 'version'),
    document: parseDocumentId(required(tree, 'document')),
  };
}
