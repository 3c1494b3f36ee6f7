import { HubError } from '#errors';
import {
  formatPolicy,
  parseVkey,
  parseWitnessVkey,
  quorumPolicy,
  requireWitnessed,
  type TrustPolicy,
} from '#tlog';
import type { Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';

/** What the checkpoint says that enough witnesses have cosigned, checked here. */
export interface CheckedCheckpoint {
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** Who has cosigned it, and when by its own clock, ISO 8601. */
  readonly by: readonly { readonly name: string; readonly time: string }[];
  readonly note: string;
}

/**
 * This network's log and the witnesses of `network.json`, of which so many are needed: keys that came from here, and not
 * from the log.
 * @throws HubError `LOG_POLICY_MALFORMED` if there are fewer
 */
export function policyOf({ log, members }: Pick<Network, 'log' | 'members'>, required: number): TrustPolicy {
  const witnesses = members.flatMap(({ witness }) =>
    witness === undefined ? [] : [parseWitnessVkey(witness)],
  );
  return quorumPolicy(parseVkey(log.vkey), witnesses, required);
}

/** The policy as a file that other verifiers read, too (c2sp.org/tlog-policy). */
export function policyText(policy: TrustPolicy): Buffer {
  return formatPolicy(policy);
}

/**
 * Asks the auditor for the newest witnessed checkpoint, and checks it here.
 * @returns null while none is witnessed
 * @throws HubError `LOG_NOT_WITNESSED`, `LOG_SIGNATURE_INVALID`, `LOG_KEY_UNKNOWN` and the like
 */
export async function checkWitnessed(
  { auditor }: Pick<Network, 'auditor'>,
  policy: TrustPolicy,
): Promise<CheckedCheckpoint | null> {
  let note: Buffer;
  try {
    note = await clientOf(auditor).bytes('/log/witnessed-checkpoint');
  } catch (error) {
    if (error instanceof HubError && error.code === 'LOG_NOT_READY') return null;
    throw error;
  }
  const { checkpoint, by } = requireWitnessed(note, policy);
  return {
    size: checkpoint.size,
    root: checkpoint.root.toString('base64'),
    by: by.map(({ name, time }) => ({ name, time: new Date(time * 1000).toISOString() })),
    note: note.toString('utf8'),
  };
}
