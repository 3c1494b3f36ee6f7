import type { HubEvent } from '#contracts';
import type { Tx } from '#persistence';
import type { EarlierMessage } from '#protocollo';
import type { NodeParts } from '../node-parts.ts';
import { entryOf, registrationIn } from './protocol-rows.ts';

/**
 * The message that an act answers (Riferimenti), as this node registered it: by its sender's registration, if it came
 * from another body. Null if this node never registered it.
 */
export async function earlierMessage(
  tx: Tx,
  { ipa }: Pick<NodeParts, 'ipa'>,
  { author, event }: NonNullable<HubEvent['cause']>,
): Promise<EarlierMessage | null> {
  const entry = await entryOf(tx, author, event);
  if (entry === undefined) return null;
  const { sent, subject, classification } = entry;
  return { id: sent ?? { body: ipa, ...registrationIn(entry) }, subject, classification };
}
