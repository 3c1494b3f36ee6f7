/** Which logs and witnesses are believed, and how many of them it takes: c2sp.org/tlog-policy. */
import { HubError } from '#errors';
import { openCheckpoint, type KnownLog, type VerifiedCheckpoint } from './checkpoint.ts';
import type { Cosignature } from './cosignature.ts';
import type { NoteVerifier } from './note-key.ts';
import { parseNote } from './note.ts';

/** A witness under the name that a policy gives it. */
export interface PolicyWitness {
  readonly kind: 'witness';
  readonly name: string;
  readonly verifier: NoteVerifier;
  /** Where it takes requests (c2sp.org/tlog-witness, submission prefix), if the policy says so. */
  readonly url: string | null;
}

/** Has witnessed a checkpoint when `threshold` of its members have. */
export interface PolicyGroup {
  readonly kind: 'group';
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly (PolicyWitness | PolicyGroup)[];
}

export interface TrustPolicy {
  readonly logs: readonly KnownLog[];
  /** All that are named, whether or not the quorum counts them. */
  readonly witnesses: readonly PolicyWitness[];
  /** Null: no cosignature is needed. */
  readonly quorum: PolicyWitness | PolicyGroup | null;
}

/** A checkpoint of a known log, and whether it counts as witnessed. */
export interface JudgedCheckpoint {
  readonly checkpoint: VerifiedCheckpoint;
  readonly witnessed: boolean;
  /** The policy's names of the witnesses that cosigned, in the policy's order, with their times. */
  readonly by: readonly { readonly name: string; readonly time: number }[];
}

/**
 * The policy of one log and `required` of some witnesses, each under its key's name. Zero: none is needed.
 * @throws HubError `LOG_POLICY_MALFORMED` if `required` is not from 0 to their number, or two have one key or name
 */
export function quorumPolicy(
  log: NoteVerifier,
  witnesses: readonly NoteVerifier[],
  required: number,
): TrustPolicy {
  if (!Number.isInteger(required) || required < 0 || required > witnesses.length) {
    throw policyError(`${required} of ${witnesses.length} witnesses is no quorum`);
  }
  const members = witnesses.map((verifier): PolicyWitness => {
    return { kind: 'witness', name: verifier.name, verifier, url: null };
  });
  const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length;
  const keys = witnesses.map(({ publicKey }) => publicKey.toString('hex'));
  // Of one witness that is named twice, each cosignature would count as two.
  if (!distinct(keys) || !distinct(members.map(({ name }) => name))) {
    throw policyError('two witnesses have the same key or name');
  }
  return {
    logs: [{ origin: log.name, keys: [log] }],
    witnesses: members,
    quorum: required === 0 ? null : { kind: 'group', name: 'quorum', threshold: required, members },
  };
}

/**
 * Checks a checkpoint of one of the policy's logs, every cosignature by a witness it names, and counts them.
 * @throws HubError as `openCheckpoint`; `LOG_KEY_UNKNOWN` also if the policy does not have the log
 */
export function judgeCheckpoint(bytes: Buffer, policy: TrustPolicy): JudgedCheckpoint {
  const [origin] = parseNote(bytes).text.split('\n', 1);
  const log = policy.logs.find((known) => known.origin === origin);
  if (log === undefined) {
    throw new HubError('LOG_KEY_UNKNOWN', `the log ${origin ?? ''} is not one of the policy`);
  }
  const checkpoint = openCheckpoint(
    bytes,
    log,
    policy.witnesses.map(({ verifier }) => verifier),
  );
  const times = new Map(checkpoint.cosignatures.map(({ witness, time }) => [witness.vkey, time]));
  const by = policy.witnesses.flatMap(({ name, verifier }) => {
    const time = times.get(verifier.vkey);
    return time === undefined ? [] : [{ name, time }];
  });
  return { checkpoint, by, witnessed: meetsQuorum(policy, checkpoint.cosignatures) };
}

/**
 * A checkpoint that counts as witnessed, or an error.
 * @throws HubError as `judgeCheckpoint`, `LOG_NOT_WITNESSED`
 */
export function requireWitnessed(bytes: Buffer, policy: TrustPolicy): JudgedCheckpoint {
  const judged = judgeCheckpoint(bytes, policy);
  if (judged.witnessed) return judged;
  const names = judged.by.map(({ name }) => name).join(', ');
  throw new HubError(
    'LOG_NOT_WITNESSED',
    `the checkpoint of size ${judged.checkpoint.size} was cosigned by ${names || 'nobody'}; the policy asks for more`,
  );
}

/** True if these cosignatures are enough. */
export function meetsQuorum({ quorum }: TrustPolicy, cosignatures: readonly Cosignature[]): boolean {
  const signed = new Set(cosignatures.map(({ witness }) => witness.vkey));
  return quorum === null || hasWitnessed(quorum, signed);
}

function hasWitnessed(member: PolicyWitness | PolicyGroup, signed: ReadonlySet<string>): boolean {
  if (member.kind === 'witness') return signed.has(member.verifier.vkey);
  return member.members.filter((each) => hasWitnessed(each, signed)).length >= member.threshold;
}

/** @param reason names the line, if it was a text that was wrong */
export function policyError(reason: string, cause?: unknown): HubError {
  return new HubError('LOG_POLICY_MALFORMED', `not a witness policy: ${reason}`, { cause });
}
