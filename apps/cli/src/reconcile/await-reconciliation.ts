import { setTimeout as pause } from 'node:timers/promises';
import { HubError } from '#errors';
import type { RestClient } from '../rest/rest-client.ts';
import { reconciliation, type Reconciliation } from './reconciliation-shapes.ts';

const LOOK_MS = 200;

/**
 * Watches a reconciliation to its end.
 * @param report is told how far it has come
 * @throws HubError `RECONCILIATION_UNFINISHED` after `withinMs`; it goes on at the node
 */
export async function awaitReconciliation(
  client: RestClient,
  id: string,
  withinMs: number,
  report: (what: string) => void,
): Promise<Reconciliation> {
  const deadline = Date.now() + withinMs;
  let told = '';
  for (;;) {
    const found = await client.get(`/v1/reconciliations/${id}`, reconciliation);
    if (found.endedAt !== null) return found;
    if (Date.now() > deadline)
      throw new HubError(
        'RECONCILIATION_UNFINISHED',
        `${id} is ${found.status} after ${withinMs / 1000} s: ${progressOf(found)}`,
        { details: { id } },
      );
    const now = progressOf(found);
    if (now !== told) report(now);
    told = now;
    await pause(LOOK_MS);
  }
}

function progressOf({ status, found, healed }: Reconciliation): string {
  if (status === 'ordered') return 'waiting for its turn';
  return found === 0 ? 'comparing' : `${found} differences found, ${healed} healed`;
}
