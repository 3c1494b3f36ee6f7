/** Reading a `SignedItem` without parsing it: it has one spelling, and what has another is left to the parser. */
import { DOCUMENT_VERSION, MAX_BYTES, serializeSignedItem, type SignedItem } from '#contracts';

const SHAPE = new RegExp(
  '^<SignedItem [^<>]*? index="([0-9]{1,10})" size="([0-9]{1,10})" version="[^"<>]*">' +
    '((?:<Path>[A-Za-z0-9+/]{43}=</Path>)*)' +
    '<Item>([A-Za-z0-9+/=]*)</Item><Batch>([A-Za-z0-9+/=]*)</Batch></SignedItem>$',
);

/**
 * The item, if the bytes are what our serializer writes for it. Its output is well-formed and valid and means one thing
 * only, so the parser would read the same: that the bytes are equal to it is the whole proof, the pattern only finds
 * what to compare them with.
 * @returns undefined for whatever is not so plain: the parser has the answer then
 */
export function cutItem(bytes: Buffer): SignedItem | undefined {
  if (bytes.length > MAX_BYTES['signed-item']) return undefined;
  const [, index, size, paths = '', item = '', batch = ''] = SHAPE.exec(bytes.toString('latin1')) ?? [];
  // A batch has no item of that number: the parser says so.
  if (index === undefined || !(Number(index) < Number(size))) return undefined;
  const cut: SignedItem = {
    version: DOCUMENT_VERSION,
    index: Number(index),
    size: Number(size),
    path: [...paths.matchAll(/(?<=<Path>)[^<]*/g)].map(([hash]) => Buffer.from(hash, 'base64')),
    item: Buffer.from(item, 'base64'),
    batch: Buffer.from(batch, 'base64'),
  };
  return serializeSignedItem(cut).equals(bytes) ? cut : undefined;
}
