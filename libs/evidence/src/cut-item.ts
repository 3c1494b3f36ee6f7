/** Reading a `SignedItem` without parsing it: it has one spelling, and what has another is left to the parser. */
import { DOCUMENT_VERSION, MAX_BYTES, serializeSignedItem, type SignedItem } from '#contracts';

const HEAD = new RegExp(
  '^<SignedItem [^<>]*? index="([0-9]{1,10})" size="([0-9]{1,10})" version="[^"<>]*">' +
    '((?:<Path>[A-Za-z0-9+/]{43}=</Path>)*)$',
);
const ITEM = '<Item>';
const BATCH = '</Item><Batch>';
const END = '</Batch></SignedItem>';

/**
 * The item, if the bytes are what our serializer writes for it. Its output is well-formed and valid and means one thing
 * only, so the parser would read the same: that the bytes are equal to it is the whole proof, the searches only find
 * what to compare them with.
 * @returns undefined for whatever is not so plain: the parser has the answer then
 */
export function cutItem(bytes: Buffer): SignedItem | undefined {
  if (bytes.length > MAX_BYTES['signed-item']) return undefined;
  const text = bytes.toString('latin1');
  const [item, batch] = [text.indexOf(ITEM), text.indexOf(BATCH)];
  const [, index, size, paths = ''] = HEAD.exec(text.slice(0, Math.max(0, item))) ?? [];
  // A batch has no item of that number: the parser says so.
  if (index === undefined || !(Number(index) < Number(size))) return undefined;
  const cut: SignedItem = {
    version: DOCUMENT_VERSION,
    index: Number(index),
    size: Number(size),
    path: [...paths.matchAll(/(?<=<Path>)[^<]*/g)].map(([hash]) => Buffer.from(hash, 'base64')),
    item: Buffer.from(text.slice(item + ITEM.length, batch), 'base64'),
    batch: Buffer.from(text.slice(batch + BATCH.length, -END.length), 'base64'),
  };
  return serializeSignedItem(cut).equals(bytes) ? cut : undefined;
}
