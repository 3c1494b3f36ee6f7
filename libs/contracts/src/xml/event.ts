/** The event on the wire (`contracts/xsd/event-1.xsd`). */
import { HubError } from '#errors';
import { DOCUMENT_ROLES, EVENT_TYPES, type HubEvent } from '../event.ts';
import { parseEventId, parseIpaCode, parseIstatCode, parseSha256 } from '../ids.ts';
import { readBody, writeBody } from './body.ts';
import {
  readDocumentRef,
  readFact,
  readPractice,
  readProcedureVersion,
  readRegistryVersion,
  writeDocumentRef,
  writeFact,
  writePractice,
  writeProcedureVersion,
  writeRegistryVersion,
} from './fragments.ts';
import { MAX_DOCUMENTS, MAX_FACTS } from './limits.ts';
import { all, maybe, moment, one, only, optional, required, version, whole, word } from './read.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document, element } from './write.ts';

/**
 * The event's unsigned bytes: UTF-8, its own exclusive canonical form, ready to be signed.
 * @throws HubError `EVENT_OVER_BOUNDS` for more documents or facts than an event may carry, `XML_UNEXPECTED` if type and body disagree
 */
export function serializeEvent(event: HubEvent): Buffer {
  checkBounds(event);
  return document(
    'event',
    attribute('id', event.id) +
      attribute('replaces', event.replaces) +
      attribute('time', event.time) +
      attribute('type', event.type) +
      attribute('version', event.version),
    element('Author', attribute('ipa', event.author.ipa) + attribute('office', event.author.office)) +
      writePractice(event.practice) +
      element(
        'Sequence',
        attribute('number', event.sequence.number) + attribute('previous', event.sequence.previous),
      ) +
      writeCause(event.cause) +
      writeRegistryVersion('Registry', event.registry) +
      writeProcedureVersion(event.procedure) +
      element('Territory', attribute('istat', event.territory)) +
      element('Facts', '', event.facts.map(writeFact).join('')) +
      element('Body', '', writeBody(event.body)) +
      element('Documents', '', event.documents.map(writeDocumentRef).join('')),
  );
}

/**
 * Reads an event, signed or not, without its XSD (see `parseValidated`).
 * @throws HubError `EVENT_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`, `ID_MALFORMED`, `EVENT_OVER_BOUNDS`
 */
export function parseEvent(xml: Buffer): HubEvent {
  return readEvent(readTree('event', xml));
}

export function readEvent(tree: XmlTree): HubEvent {
  const type = word(required(tree, 'type'), EVENT_TYPES);
  const author = one(tree, 'Author');
  const sequence = one(tree, 'Sequence');
  const cause = maybe(tree, 'Cause');
  const event: HubEvent = {
    id: parseEventId(required(tree, 'id')),
    replaces: optional(tree, 'replaces', parseEventId),
    type,
    version: version(required(tree, 'version')),
    time: moment(required(tree, 'time')),
    author: { ipa: parseIpaCode(required(author, 'ipa')), office: required(author, 'office') },
    practice: readPractice(one(tree, 'Practice')),
    sequence: {
      number: whole(required(sequence, 'number')),
      previous: optional(sequence, 'previous', parseSha256),
    },
    cause:
      cause === null
        ? null
        : { author: parseIpaCode(required(cause, 'author')), event: parseEventId(required(cause, 'event')) },
    registry: readRegistryVersion(one(tree, 'Registry')),
    procedure: readProcedureVersion(one(tree, 'Procedure')),
    territory: parseIstatCode(required(one(tree, 'Territory'), 'istat')),
    facts: all(one(tree, 'Facts'), 'Fact').map(readFact),
    body: readBody(type, only(one(tree, 'Body'))),
    documents: all(one(tree, 'Documents'), 'Document').map((named) => readDocumentRef(named, DOCUMENT_ROLES)),
  };
  checkBounds(event);
  return event;
}

function checkBounds(event: HubEvent): void {
  const faults = [
    ...(event.documents.length > MAX_DOCUMENTS ? [`${String(event.documents.length)} documents`] : []),
    ...(event.facts.length > MAX_FACTS ? [`${String(event.facts.length)} facts`] : []),
  ];
  if (faults.length > 0) {
    throw new HubError('EVENT_OVER_BOUNDS', `the event has ${faults.join(' and ')}`, {
      details: { maxDocuments: MAX_DOCUMENTS, maxFacts: MAX_FACTS },
    });
  }
  if (event.body.type !== event.type) {
    throw new HubError('XML_UNEXPECTED', `an event of type ${event.type} has the body of ${event.body.type}`);
  }
}

function writeCause(cause: HubEvent['cause']): string {
  if (cause === null) return '';
  return element('Cause', attribute('author', cause.author) + attribute('event', cause.event));
}
