/** The receipt of filing (`contracts/xsd/filing-receipt-1.xsd`; ricevuta, art. 18-bis L. 241/1990). */
import { DOCUMENT_ROLES } from '../event.ts';
import { parseDocumentId, parseEventId, parseSha256 } from '../ids.ts';
import type { FiledDocument, FilingReceipt } from './documents.ts';
import {
  readPractice,
  readProcedureVersion,
  readRegistration,
  readTerm,
  writePractice,
  writeProcedureVersion,
  writeRegistration,
  writeTerm,
} from './fragments.ts';
import { all, maybe, moment, one, required, version, whole, word } from './read.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document, element } from './write.ts';

/** The receipt's unsigned bytes: UTF-8, its own exclusive canonical form, ready to be signed by the owner. */
export function serializeFilingReceipt(receipt: FilingReceipt): Buffer {
  return document(
    'filing-receipt',
    attribute('event', receipt.event) +
      attribute('office', receipt.office) +
      attribute('time', receipt.time) +
      attribute('version', receipt.version),
    writePractice(receipt.practice) +
      writeProcedureVersion(receipt.procedure) +
      writeTerm(receipt.term) +
      writeRegistration(receipt.protocol) +
      element('Documents', '', receipt.documents.map(writeDocument).join('')),
  );
}

/**
 * Reads a receipt of filing, signed or not, without its XSD (see `parseValidated`).
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`, `ID_MALFORMED`
 */
export function parseFilingReceipt(xml: Buffer): FilingReceipt {
  return readFilingReceipt(readTree('filing-receipt', xml));
}

export function readFilingReceipt(tree: XmlTree): FilingReceipt {
  const protocol = maybe(tree, 'Registration');
  return {
    version: version(required(tree, 'version')),
    practice: readPractice(one(tree, 'Practice')),
    event: parseEventId(required(tree, 'event')),
    time: moment(required(tree, 'time')),
    office: required(tree, 'office'),
    procedure: readProcedureVersion(one(tree, 'Procedure')),
    term: readTerm(one(tree, 'Term')),
    protocol: protocol && readRegistration(protocol),
    documents: all(one(tree, 'Documents'), 'Document').map(readDocument),
  };
}

function writeDocument(filed: FiledDocument): string {
  return element(
    'Document',
    attribute('id', filed.id) +
      attribute('mediaType', filed.mediaType) +
      attribute('role', filed.role) +
      attribute('saltedDigest', filed.saltedDigest) +
      attribute('sha256', filed.sha256) +
      attribute('size', filed.size),
  );
}

function readDocument(tree: XmlTree): FiledDocument {
  return {
    id: parseDocumentId(required(tree, 'id')),
    role: word(required(tree, 'role'), DOCUMENT_ROLES),
    mediaType: required(tree, 'mediaType'),
    size: whole(required(tree, 'size'), 0),
    sha256: parseSha256(required(tree, 'sha256')),
    saltedDigest: parseSha256(required(tree, 'saltedDigest')),
  };
}
