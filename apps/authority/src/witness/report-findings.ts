import type { ActionDraft, ActionLog } from '#actions';
import { ACTION_PLACE } from '#contracts';
import type { Tx } from '#persistence';
import { originHash } from '#tlog';
import { unsaidFindings, type FindingEvidence } from './finding-store.ts';

/** In one transaction; the others follow in the next. */
const AT_ONCE = 20;

/**
 * Signs an action for each finding that has none: the refusal is on record with everyone who reads actions, also when the
 * log that was refused would rather not have it.
 * @returns how many were told
 * @throws HubError `SIGNING_KEY_UNAVAILABLE` and the like
 */
export async function reportFindings(tx: Tx, actions: ActionLog): Promise<number> {
  const findings = await unsaidFindings(tx, AT_ONCE);
  if (findings.length === 0) return 0;
  const ids = await actions.append(tx, findings.map(draftOf));
  await tx.query(
    `update witness_finding f set action = said.action
     from unnest($1::uuid[], $2::uuid[]) as said(id, action) where f.id = said.id`,
    [findings.map(({ id }) => id), ids],
  );
  return findings.length;
}

function draftOf({ id, log, kind, earlierSize, laterSize, earlier, later }: FindingEvidence): ActionDraft {
  return {
    kind: 'witness.checkpoint-refused',
    outcome: kind,
    subject: `witness-finding/${id}`,
    tokenId: null,
    details: [
      { name: 'log', value: ACTION_PLACE.test(log) ? log : originHash(log) },
      ...(earlierSize === null ? [] : [{ name: 'earlier-size', value: String(earlierSize) }]),
      ...(earlier === null ? [] : [{ name: 'earlier-root', value: rootOf(earlier) }]),
      { name: 'later-size', value: String(laterSize) },
      { name: 'later-root', value: rootOf(later) },
    ],
  };
}

/** The root that a checkpoint names, in hexadecimal digits: base64 may have an equals sign, which no detail may. */
function rootOf(note: string): string {
  return Buffer.from(note.split('\n')[2] ?? '', 'base64').toString('hex');
}
