/** The new root's half of a rotation on the wire (`contracts/xsd/root-acceptance-1.xsd`). */
import type { RootAcceptance } from '../decision.ts';
import { parseSha256 } from '../ids.ts';
import { moment, required, version, whole } from './read.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document } from './write.ts';

/** The acceptance's unsigned bytes: UTF-8, its own exclusive canonical form, ready to be signed. */
export function serializeRootAcceptance(acceptance: RootAcceptance): Buffer {
  return document(
    'root-acceptance',
    attribute('network', acceptance.network) +
      attribute('newRoot', acceptance.newRoot) +
      attribute('number', acceptance.number) +
      attribute('oldRoot', acceptance.oldRoot) +
      attribute('previous', acceptance.previous) +
      attribute('time', acceptance.time) +
      attribute('version', acceptance.version),
    '',
  );
}

/**
 * Reads an acceptance, signed or not, without its XSD (see `parseValidated`).
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`, `ID_MALFORMED`
 */
export function parseRootAcceptance(xml: Buffer): RootAcceptance {
  return readRootAcceptance(readTree('root-acceptance', xml));
}

export function readRootAcceptance(tree: XmlTree): RootAcceptance {
  return {
    version: version(required(tree, 'version')),
    network: required(tree, 'network'),
    number: whole(required(tree, 'number')),
    previous: parseSha256(required(tree, 'previous')),
    oldRoot: parseSha256(required(tree, 'oldRoot')),
    newRoot: parseSha256(required(tree, 'newRoot')),
    time: moment(required(tree, 'time')),
  };
}
