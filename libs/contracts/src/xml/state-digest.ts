/** What a node holds of a practice, as digests (`contracts/xsd/state-digest-1.xsd`): an item of a batch. */
import { parseIpaCode, parsePracticeId, parseSha256 } from '../ids.ts';
import type { StateDigest } from './documents.ts';
import { moment, required, unexpected, version, whole } from './read.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document } from './write.ts';

/** Pattern of `contracts/xsd/state-digest-1.xsd`: a reader without the XSD refuses the same. */
const FORMAT = /^reset-hub\/practice-state@v[1-9][0-9]{0,2}$/;

/** The document's bytes: UTF-8, its own exclusive canonical form. These bytes are the leaf of its batch. */
export function serializeStateDigest(held: StateDigest): Buffer {
  return document(
    'state-digest',
    attribute('by', held.by) +
      attribute('events', held.events) +
      attribute('format', held.format) +
      attribute('owner', held.practice.owner) +
      attribute('position', held.position) +
      attribute('state', held.state) +
      attribute('time', held.time) +
      attribute('uuid', held.practice.uuid) +
      attribute('version', held.version),
    '',
  );
}

/**
 * Reads the document, without its XSD (see `parseValidated`).
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`, `ID_MALFORMED`
 */
export function parseStateDigest(xml: Buffer): StateDigest {
  return readStateDigest(readTree('state-digest', xml));
}

export function readStateDigest(tree: XmlTree): StateDigest {
  const format = required(tree, 'format');
  if (!FORMAT.test(format)) unexpected('the format of a state is not one of ours');
  return {
    version: version(required(tree, 'version')),
    by: parseIpaCode(required(tree, 'by')),
    time: moment(required(tree, 'time')),
    practice: {
      owner: parseIpaCode(required(tree, 'owner')),
      uuid: parsePracticeId(required(tree, 'uuid')),
    },
    position: whole(required(tree, 'position')),
    format,
    state: parseSha256(required(tree, 'state')),
    events: parseSha256(required(tree, 'events')),
  };
}
