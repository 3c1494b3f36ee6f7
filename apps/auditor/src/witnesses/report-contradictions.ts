import type { ActionLog } from '#actions';
import type { Tx } from '#persistence';
import { unsaidContradictions } from './contradictions.ts';

const AT_ONCE = 20;

/**
 * Signs an action of this node for each contradiction that has none. The log itself stands still: the action waits for
 * its leaf, and everyone who reads actions has it.
 * @throws HubError `SIGNING_KEY_UNAVAILABLE` and the like
 */
export async function reportContradictions(tx: Tx, actions: ActionLog): Promise<void> {
  const found = await unsaidContradictions(tx, AT_ONCE);
  if (found.length === 0) return;
  const ids = await actions.append(
    tx,
    found.map(({ id, code, witness, theirsSize, oursSize }) => ({
      kind: 'log.witness-refused' as const,
      outcome: code === 'LOG_ROLLED_BACK' ? 'rolled-back' : 'forked',
      subject: `log-contradiction/${id}`,
      tokenId: null,
      details: [
        { name: 'witness', value: witness },
        { name: 'witness-size', value: String(theirsSize) },
        { name: 'own-size', value: String(oursSize) },
      ],
    })),
  );
  await tx.query(
    `update log_contradiction c set action = said.action
     from unnest($1::uuid[], $2::uuid[]) as said(id, action) where c.id = said.id`,
    [found.map(({ id }) => id), ids],
  );
}
