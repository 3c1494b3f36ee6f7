import type { HubError } from '#errors';
import type { IncomingRecord } from '#messaging';
import type { Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import { BatchChanges } from './batch-changes.ts';
import { noteUnfit } from './park-received.ts';
import { saveChanges } from './save-changes.ts';

/** Keeps one record that did not pass this node's checks, with the reason. Delivered again, it stays one entry. */
export async function parkLocally(
  tx: Tx,
  parts: NodeParts,
  { record, error }: { readonly record: IncomingRecord; readonly error: HubError },
): Promise<void> {
  const changes = new BatchChanges();
  noteUnfit(changes, record, error);
  await saveChanges(tx, parts, changes, parts.clock.now());
}
