/** What can be said of a checkpoint before any leaf is read: who has signed it, and what it continues. */
import { HubError } from '#errors';
import {
  judgeCheckpoint,
  openCheckpoint,
  type JudgedCheckpoint,
  type KnownLog,
  type TreeHead,
  type TrustPolicy,
  type VerifiedTiles,
} from '#tlog';
import type { Findings } from './findings.ts';

/** A checkpoint of the same log that somebody has kept. */
export interface EarlierCheckpoint {
  /** Where it comes from, in words of whoever gave it: a file, an earlier run. */
  readonly from: string;
  readonly note: Buffer;
}

/**
 * The copy's checkpoint, judged.
 * @returns null if a known key's signature on it is wrong: then nothing else can be said
 * @throws HubError `LOG_KEY_UNKNOWN`, `LOG_NOTE_MALFORMED`, `LOG_CHECKPOINT_MALFORMED`, `BASE64_NOT_STRICT`: no checkpoint of
 *   this log, so that there is nothing to judge
 */
export function judgeHead(note: Buffer, policy: TrustPolicy, findings: Findings): JudgedCheckpoint | null {
  let judged: JudgedCheckpoint;
  try {
    judged = judgeCheckpoint(note, policy);
  } catch (error) {
    if (!(error instanceof HubError) || error.code !== 'LOG_SIGNATURE_INVALID') throw error;
    findings.caught('checkpoint', error, null);
    return null;
  }
  if (policy.quorum === null) findings.note('no-witness-asked');
  else if (!judged.witnessed) {
    const names = judged.by.map(({ name }) => name).join(', ');
    findings.add(
      'witnesses',
      'LOG_NOT_WITNESSED',
      null,
      `cosigned by ${names || 'nobody'}; more are asked for`,
    );
  }
  return judged;
}

/**
 * Whether the log continues checkpoints that were seen before.
 * @returns those that it continues
 * @throws HubError of `openCheckpoint` if one of them is none of this log; of `VerifiedTiles` if a tile that the proof
 *   needs is missing or wrong
 */
export async function judgeConsistency(
  earlier: readonly EarlierCheckpoint[],
  log: KnownLog,
  { head, tiles }: { readonly head: TreeHead; readonly tiles: VerifiedTiles },
  findings: Findings,
): Promise<readonly { readonly from: string; readonly size: number }[]> {
  const continued: { readonly from: string; readonly size: number }[] = [];
  for (const { from, note } of earlier) {
    const { size, root } = openCheckpoint(note, log);
    const both = `the copy has ${head.size} leaves, ${from} has ${size}`;
    if (size > head.size) {
      findings.add('consistency', 'AUDIT_LOG_SHORTER', null, both);
    } else if (size === head.size && !root.equals(head.root)) {
      findings.add('consistency', 'AUDIT_LOG_FORKED', null, `two roots of ${size} leaves: ${both}`);
    } else if (!(await tiles.rootAt(size)).equals(root)) {
      findings.add('consistency', 'LOG_CONSISTENCY_INVALID', null, `no beginning of this log: ${both}`);
    } else {
      continued.push({ from, size });
    }
  }
  return continued;
}
