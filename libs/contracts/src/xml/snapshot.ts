/** The registry's snapshot on the wire (`contracts/xsd/snapshot-1.xsd`). */
import type { RegistrySnapshot } from '../decision.ts';
import { readRegistryVersion, writeRegistryVersion } from './fragments.ts';
import { all, bytes, moment, one, required, version } from './read.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document, element, text } from './write.ts';

/** The snapshot's unsigned bytes: UTF-8, its own exclusive canonical form, ready to be signed. */
export function serializeSnapshot(snapshot: RegistrySnapshot): Buffer {
  return document(
    'snapshot',
    attribute('time', snapshot.time) + attribute('version', snapshot.version),
    writeRegistryVersion('Head', snapshot.head) +
      snapshot.entries.map((entry) => element('Entry', '', text(entry.toString('base64')))).join(''),
  );
}

/**
 * Reads a snapshot, signed or not, without its XSD (see `parseValidated`). The entries stay bytes.
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`, `ID_MALFORMED`
 */
export function parseSnapshot(xml: Buffer): RegistrySnapshot {
  return readSnapshot(readTree('snapshot', xml));
}

export function readSnapshot(tree: XmlTree): RegistrySnapshot {
  return {
    version: version(required(tree, 'version')),
    time: moment(required(tree, 'time')),
    head: readRegistryVersion(one(tree, 'Head')),
    entries: all(tree, 'Entry').map((entry) => bytes(entry.text)),
  };
}
