/** The batch on the wire (`contracts/xsd/batch-1.xsd`): one signature over the root of many items. */
import { BATCH_KINDS, type BatchDocument } from './documents.ts';
import { moment, required, unexpected, version, whole, word, bytes } from './read.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document } from './write.ts';

/** The batch's unsigned bytes: UTF-8, its own exclusive canonical form, ready to be signed. */
export function serializeBatch(batch: BatchDocument): Buffer {
  return document(
    'batch',
    attribute('id', batch.id) +
      attribute('kind', batch.kind) +
      attribute('root', batch.root) +
      attribute('signer', batch.signer) +
      attribute('size', batch.size) +
      attribute('time', batch.time) +
      attribute('version', batch.version),
    '',
  );
}

/**
 * Reads a batch, signed or not, without its XSD (see `parseValidated`).
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`
 */
export function parseBatch(xml: Buffer): BatchDocument {
  return readBatch(readTree('batch', xml));
}

export function readBatch(tree: XmlTree): BatchDocument {
  const root = required(tree, 'root');
  if (bytes(root).length !== 32) unexpected('the root of a batch must be 32 bytes');
  return {
    version: version(required(tree, 'version')),
    id: required(tree, 'id'),
    kind: word(required(tree, 'kind'), BATCH_KINDS),
    signer: required(tree, 'signer'),
    time: moment(required(tree, 'time')),
    size: whole(required(tree, 'size')),
    root,
  };
}
