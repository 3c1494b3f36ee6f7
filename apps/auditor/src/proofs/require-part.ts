import { HubError } from '#errors';
import type { Tx } from '#persistence';

/** A practice as the leaves name it. */
export interface LoggedPractice {
  readonly owner: string;
  readonly uuid: string;
}

/**
 * Only who takes part in a practice is told of it: its owner, and whom a decision in the log names as joined.
 * @param member IPA code of the member that asks
 * @param practice null: what is about none is its author's alone
 * @throws HubError `NOT_A_PARTICIPANT`
 */
export async function requirePart(tx: Tx, member: string, practice: LoggedPractice | null): Promise<void> {
  if (practice !== null && (await takesPart(tx, member, practice))) return;
  const what = practice === null ? 'what was asked for' : `${practice.owner}/${practice.uuid}`;
  throw new HubError('NOT_A_PARTICIPANT', `${member} has no part in ${what}`);
}

async function takesPart(tx: Tx, member: string, { owner, uuid }: LoggedPractice): Promise<boolean> {
  if (owner.toLowerCase() === member.toLowerCase()) return true;
  const rows = await tx.prepared(
    `select 1 from log_entry e,
       jsonb_to_recordset(convert_from(e.entry, 'UTF8')::jsonb -> 'recipients') as r(ipa text, joined boolean)
     where e.uuid = $1 and lower(e.owner) = lower($2) and e.kind = 'decision' and r.joined and lower(r.ipa) = lower($3)
     limit 1`,
    [uuid, owner, member],
  );
  return rows.length > 0;
}
