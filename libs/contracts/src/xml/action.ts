/** The action on the wire (`contracts/xsd/action-1.xsd`): an item of a batch, never signed by itself. */
import { ACTION_PLACE, type ActionRecord, type OperatorAction } from '../action.ts';
import { CERTIFICATE_ROLES } from '../decision.ts';
import { parseEventId, parseIpaCode, parsePracticeId, parseSha256 } from '../ids.ts';
import { all, bytes, maybe, moment, required, unexpected, version, whole, word } from './read.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document, element } from './write.ts';

/** The action's bytes: UTF-8, its own exclusive canonical form. These bytes are the leaf of its batch. */
export function serializeAction(action: OperatorAction): Buffer {
  return document(
    'action',
    attribute('id', action.id) +
      attribute('kind', action.kind) +
      attribute('node', action.node) +
      attribute('outcome', action.outcome) +
      attribute('role', action.role) +
      attribute('time', action.time) +
      attribute('version', action.version),
    action.actors
      .map(({ kind, reference }) =>
        element('Actor', attribute('kind', kind) + attribute('reference', reference)),
      )
      .join('') +
      (action.reason === null ? '' : element('Reason', attribute('digest', action.reason))) +
      writeRecord(action.record) +
      writeAbout(action) +
      action.details
        .map(({ name, value }) => element('Detail', attribute('name', name) + attribute('value', value)))
        .join(''),
  );
}

function writeRecord(record: ActionRecord | null): string {
  if (record === null) return '';
  const { code, digest, offset, partition, topic } = record;
  return element(
    'Record',
    attribute('code', code) +
      attribute('digest', digest) +
      attribute('offset', offset) +
      attribute('partition', partition) +
      attribute('topic', topic),
  );
}

function writeAbout({ event, practice, set }: OperatorAction): string {
  return (
    (event === null ? '' : element('Event', attribute('author', event.author) + attribute('id', event.id))) +
    (practice === null
      ? ''
      : element('Practice', attribute('owner', practice.owner) + attribute('uuid', practice.uuid))) +
    (set === null ? '' : element('Set', attribute('root', set.root) + attribute('size', set.size)))
  );
}

/**
 * Reads an action, without its XSD (see `parseValidated`). Kinds, outcomes and details that this version does not know
 * are read as they stand.
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`, `ID_MALFORMED`
 */
export function parseAction(xml: Buffer): OperatorAction {
  return readAction(readTree('action', xml));
}

export function readAction(tree: XmlTree): OperatorAction {
  const [reason, record, event, practice, set] = ['Reason', 'Record', 'Event', 'Practice', 'Set'].map(
    (name) => maybe(tree, name),
  );
  const actors = all(tree, 'Actor');
  if (actors.length === 0) unexpected('an action has somebody who acted');
  return {
    version: version(required(tree, 'version')),
    id: parseEventId(required(tree, 'id')),
    kind: shaped(required(tree, 'kind'), KIND),
    node: shaped(required(tree, 'node'), CODE),
    role: word(required(tree, 'role'), CERTIFICATE_ROLES),
    time: moment(required(tree, 'time')),
    outcome: shaped(required(tree, 'outcome'), WORD),
    actors: actors.map((actor) => ({
      kind: shaped(required(actor, 'kind'), WORD),
      reference: parseSha256(required(actor, 'reference')),
    })),
    reason: reason ? parseSha256(required(reason, 'digest')) : null,
    record: record ? readRecord(record) : null,
    event: event
      ? { author: parseIpaCode(required(event, 'author')), id: parseEventId(required(event, 'id')) }
      : null,
    practice: practice
      ? {
          owner: parseIpaCode(required(practice, 'owner')),
          uuid: parsePracticeId(required(practice, 'uuid')),
        }
      : null,
    set: set ? { size: whole(required(set, 'size')), root: root(required(set, 'root')) } : null,
    details: readDetails(tree),
  };
}

function readRecord(tree: XmlTree): ActionRecord {
  const partition = required(tree, 'partition');
  return {
    topic: shaped(required(tree, 'topic'), ACTION_PLACE),
    partition: partition === '-1' ? -1 : whole(partition, 0),
    offset: shaped(required(tree, 'offset'), ACTION_PLACE),
    digest: parseSha256(required(tree, 'digest')),
    code: shaped(required(tree, 'code'), ERROR_CODE),
  };
}

function readDetails(tree: XmlTree): OperatorAction['details'] {
  const details = all(tree, 'Detail').map((detail) => ({
    name: shaped(required(detail, 'name'), WORD),
    value: shaped(required(detail, 'value'), ACTION_PLACE),
  }));
  if (new Set(details.map(({ name }) => name)).size !== details.length) unexpected('a detail comes twice');
  return details;
}

function root(value: string): string {
  return bytes(value).length === 32 ? value : unexpected('the root of a set must be 32 bytes');
}

/** Patterns of `contracts/xsd/action-1.xsd` and `types-1.xsd`: a reader without the XSD refuses the same. */
const KIND = /^[a-z]{1,32}(-[a-z]{1,32})*(\.[a-z]{1,32}(-[a-z]{1,32})*)+$/;
const WORD = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const CODE = /^[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,127}$/;
const ERROR_CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
const MAX_WORD = 128;

function shaped(value: string, shape: RegExp): string {
  const fits = shape.test(value) && ((shape !== KIND && shape !== WORD) || value.length <= MAX_WORD);
  return fits ? value : unexpected(`${JSON.stringify(value.slice(0, 80))} is not of that shape`);
}
