/** A batch-signed item on the wire (`contracts/xsd/signed-item-1.xsd`): bytes, path and signed batch together. */
import type { SignedItem } from './documents.ts';
import { all, bytes, one, required, unexpected, version, whole } from './read.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document, element } from './write.ts';

/** The item as it travels: UTF-8, its own exclusive canonical form; item and batch bytes as base64. */
export function serializeSignedItem(item: SignedItem): Buffer {
  return document(
    'signed-item',
    attribute('index', item.index) + attribute('size', item.size) + attribute('version', item.version),
    item.path.map((hash) => element('Path', '', hash.toString('base64'))).join('') +
      element('Item', '', item.item.toString('base64')) +
      element('Batch', '', item.batch.toString('base64')),
  );
}

/**
 * Reads a batch-signed item, without its XSD (see `parseValidated`) and without verifying it.
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`
 */
export function parseSignedItem(xml: Buffer): SignedItem {
  return readSignedItem(readTree('signed-item', xml));
}

export function readSignedItem(tree: XmlTree): SignedItem {
  const index = whole(required(tree, 'index'), 0);
  const size = whole(required(tree, 'size'));
  if (index >= size) unexpected(`item ${String(index)} is not in a batch of ${String(size)}`);
  return {
    version: version(required(tree, 'version')),
    index,
    size,
    path: all(tree, 'Path').map(({ text }) => {
      const hash = bytes(text);
      return hash.length === 32 ? hash : unexpected('a hash of the path must be 32 bytes');
    }),
    item: bytes(one(tree, 'Item').text),
    batch: bytes(one(tree, 'Batch').text),
  };
}
