/** The receipt on the wire (`contracts/xsd/receipt-1.xsd`): an item of a batch, never signed by itself. */
import { RECEIPT_KINDS, type Receipt } from '../decision.ts';
import { parseEventId, parseIpaCode, parseSha256 } from '../ids.ts';
import {
  readCancellation,
  readPractice,
  readRegistration,
  writeCancellation,
  writePractice,
  writeRegistration,
} from './fragments.ts';
import { maybe, moment, one, optional, plain, required, unexpected, version, whole, word } from './read.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document, element } from './write.ts';

/** The receipt's bytes: UTF-8, its own exclusive canonical form. These bytes are the leaf of its batch. */
export function serializeReceipt(receipt: Receipt): Buffer {
  return document(
    'receipt',
    attribute('by', receipt.by) +
      attribute('code', receipt.code) +
      attribute('kind', receipt.kind) +
      attribute('position', receipt.position) +
      attribute('time', receipt.time) +
      attribute('version', receipt.version),
    element(
      'Event',
      attribute('author', receipt.event.author) +
        attribute('digest', receipt.event.digest) +
        attribute('id', receipt.event.id),
    ) +
      writePractice(receipt.practice) +
      writeRegistration(receipt.registration) +
      writeCancellation(receipt.cancellation),
  );
}

/**
 * Reads a receipt, without its XSD (see `parseValidated`).
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`, `ID_MALFORMED`
 */
export function parseReceipt(xml: Buffer): Receipt {
  return readReceipt(readTree('receipt', xml));
}

export function readReceipt(tree: XmlTree): Receipt {
  const event = one(tree, 'Event');
  const registration = maybe(tree, 'Registration');
  const cancellation = maybe(tree, 'Cancellation');
  const receipt: Receipt = {
    version: version(required(tree, 'version')),
    kind: word(required(tree, 'kind'), RECEIPT_KINDS),
    by: parseIpaCode(required(tree, 'by')),
    time: moment(required(tree, 'time')),
    event: {
      author: parseIpaCode(required(event, 'author')),
      id: parseEventId(required(event, 'id')),
      digest: parseSha256(required(event, 'digest')),
    },
    practice: readPractice(one(tree, 'Practice')),
    position: whole(required(tree, 'position')),
    code: optional(tree, 'code', plain),
    registration: registration && readRegistration(registration),
    cancellation: cancellation && readCancellation(cancellation),
  };
  checkParts(receipt);
  return receipt;
}

/** What an XSD 1.0 cannot say: which parts go with which kind. */
function checkParts({ kind, registration, cancellation, code }: Receipt): void {
  const isCancelled = kind === 'registration-cancelled';
  const fits =
    (registration !== null) === (kind === 'registered' || isCancelled) &&
    (cancellation !== null) === isCancelled &&
    (kind !== 'registration-refused' || code !== null);
  if (!fits) unexpected(`a receipt ${kind} lacks a part, or has one that is another kind's`);
}
