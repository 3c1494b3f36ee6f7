/** The registry's heartbeat on the wire (`contracts/xsd/heartbeat-1.xsd`). */
import type { RegistryHeartbeat } from '../decision.ts';
import { readRegistryVersion, writeRegistryVersion } from './fragments.ts';
import { moment, one, required, version } from './read.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document } from './write.ts';

/** The heartbeat's unsigned bytes: UTF-8, its own exclusive canonical form, ready to be signed. */
export function serializeHeartbeat(heartbeat: RegistryHeartbeat): Buffer {
  return document(
    'heartbeat',
    attribute('time', heartbeat.time) + attribute('version', heartbeat.version),
    writeRegistryVersion('Head', heartbeat.head),
  );
}

/**
 * Reads a heartbeat, signed or not, without its XSD (see `parseValidated`).
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`, `ID_MALFORMED`
 */
export function parseHeartbeat(xml: Buffer): RegistryHeartbeat {
  return readHeartbeat(readTree('heartbeat', xml));
}

export function readHeartbeat(tree: XmlTree): RegistryHeartbeat {
  return {
    version: version(required(tree, 'version')),
    time: moment(required(tree, 'time')),
    head: readRegistryVersion(one(tree, 'Head')),
  };
}
