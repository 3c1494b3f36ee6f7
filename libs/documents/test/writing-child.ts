/** A process to be killed while it writes: one document by `put`, one that is arriving. Runs when WRITING_ROOT is set. */
import { FileDocumentStore, saltedDigest } from '#documents';
import { parseDocumentId } from '#contracts';

import { generated, KEY, keysIn } from './contents.ts';

const SALT = Buffer.alloc(32, 5);
export const ARRIVING = { size: 1_000_000, salt: SALT };

async function* endless(): AsyncGenerator<Buffer> {
  yield* generated(300_000);
  process.stdout.write('writing\n');
  await new Promise(() => setInterval(() => undefined, 1_000));
}

async function main(root: string): Promise<void> {
  const store = new FileDocumentStore({ root, keys: await keysIn(process.env['WRITING_KEYS'] ?? root) });
  const whole = Buffer.alloc(ARRIVING.size, 'arriving');
  const expected = { size: ARRIVING.size, saltedDigest: saltedDigest(SALT, whole) };
  const partial = await store.resume(KEY, expected);
  await partial.begin(SALT, null);
  await partial.append(whole.subarray(0, 300_000));
  const key = { ...KEY, document: parseDocumentId('0197f3a2-0000-7000-8000-000000000002') };
  await store.put(key, endless(), { maxBytes: 1_000_000 });
}

const root = process.env['WRITING_ROOT'];
if (root !== undefined) await main(root);
