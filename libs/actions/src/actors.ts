/** How actors are referred to outside their node, and how their words are. docs/adr/0021. */
import { createHash, createHmac } from 'node:crypto';
import { parseSha256, type ActionActor, type Sha256 } from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';

/** Bytes of salt over which the digest of a text is taken, as with documents. */
export const SALT_BYTES = 32;

/** The key of this node: made with its database, the same as long as that lives. */
export async function actorKey(tx: Tx): Promise<Buffer> {
  const [row] = await tx.query<{ key: Buffer }>('select key from actor_key');
  if (row) return row.key;
  throw new HubError('INTERNAL_ERROR', 'this node has no key to refer to actors by');
}

/** RFC 2104 HMAC-SHA256 over the kind of actor and its id: that of a token, or the node's name. */
export function actorOf(key: Buffer, kind: string, id: string): ActionActor {
  return { kind, reference: parseSha256(createHmac('sha256', key).update(`${kind}\n${id}`).digest('hex')) };
}

/** SHA-256 over salt and text: it says nothing of the text to who has not both. */
export function saltedDigest(salt: Buffer, text: string): Sha256 {
  return parseSha256(createHash('sha256').update(salt).update(text, 'utf8').digest('hex'));
}
