/** Attacks on items signed as a batch: on the path, the batch, and the wrapper, which is not signed itself. */
import { parseSignedItem, serializeSignedItem, type SignedItem } from '#contracts';
import type { ErrorCode } from '#errors';
import { replaced, type CaseKind, type Made } from './case.ts';

/** @param items decisions of one batch, four at least; `receipt` is an item of a batch of receipts */
export function batchAttacks(items: readonly Buffer[], receipt: Buffer): readonly Made[] {
  const [, one, two] = items;
  if (one === undefined || two === undefined) throw new Error('there are too few decisions');
  const item = parseSignedItem(one);
  const next = parseSignedItem(two);
  const change = (name: string, about: string, changed: Partial<SignedItem>): Made =>
    made(name, 'BATCH_ITEM_NOT_INCLUDED', about, serializeSignedItem({ ...item, ...changed }));
  return [
    change('item-of-another-place', 'The item is another of the same batch.', { item: next.item }),
    change('item-altered', 'The item is altered.', {
      item: replaced(item.item, 'position="2"', 'position="3"'),
    }),
    change('item-of-another-batch', 'The item is a receipt.', { item: parseSignedItem(receipt).item }),
    change('path-of-another-item', 'The path is that of another item.', { path: next.path }),
    change('path-shortened', 'The first hash of the path is missing.', { path: item.path.slice(1) }),
    change('path-lengthened', 'The path has a hash too many.', { path: [...item.path, Buffer.alloc(32)] }),
    change('path-reversed', 'The path runs from the root to the leaf.', { path: item.path.toReversed() }),
    change('node-as-item', 'The item is the two hashes of an inner node.', nodeAsItem(item)),
    change('index-of-another-item', 'The index is that of another item.', { index: next.index }),
    made(
      'index-beyond-size',
      'XML_UNEXPECTED',
      'The index is not less than the size.',
      serializeSignedItem({ ...item, index: item.size }),
    ),
    change('size-of-another-batch', 'The size is not the batch’s.', { size: item.size + 1 }),
    made(
      'root-altered',
      'REFERENCE_DIGEST_MISMATCH',
      'The root in the batch is altered.',
      serializeSignedItem({ ...item, batch: replaced(item.batch, /(?<=root=")[A-Za-z]/, '+') }),
    ),
    made(
      'white-space-in-wrapper',
      'SIGNED_ITEM_MALFORMED',
      'A line end stands between two elements of the wrapper.',
      replaced(one, '<Item>', '\n<Item>'),
    ),
    made(
      'prefix-in-wrapper',
      'SIGNED_ITEM_MALFORMED',
      'The wrapper declares a prefix.',
      replaced(one, ' xmlns="', ' xmlns:x="urn:x" xmlns="'),
    ),
    made('receipt-as-decision', 'CERTIFICATE_ROLE_WRONG', 'A receipt is sent as a decision.', receipt),
    made('decision-as-receipt', 'CERTIFICATE_ROLE_WRONG', 'A decision is sent as a receipt.', one, 'receipt'),
  ];
}

function made(
  name: string,
  code: ErrorCode,
  about: string,
  bytes: Buffer,
  kind: CaseKind = 'decision',
): Made {
  return { name: `batch/${name}`, kind, code, about, bytes };
}

/** RFC 6962 §2.1 prefixes leaves and nodes with different bytes, so that a node is no leaf. */
function nodeAsItem({ path, item, index }: SignedItem): Partial<SignedItem> {
  const [sibling = item] = path;
  return { item: Buffer.concat([sibling, sibling]), path: path.slice(1), index: index >> 1 };
}
