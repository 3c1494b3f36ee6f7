import { HubError } from '#errors';
import type { TrustPolicy } from '#tlog';
import { readInput } from '../network/read-input.ts';

/** Whom to believe, as options say it. */
export interface PolicyOptions {
  readonly vkey?: string | undefined;
  readonly witness: readonly string[];
  readonly policy?: string | undefined;
  readonly quorum?: number | undefined;
}

/** @throws HubError `USAGE_INVALID` for a key or a policy that is none */
export async function policyOf({ vkey, witness, quorum, policy }: PolicyOptions): Promise<TrustPolicy> {
  const { parsePolicy, parseVkey, parseWitnessVkey, quorumPolicy } = await import('#tlog');
  const bytes = policy === undefined ? undefined : await readInput(policy);
  try {
    if (bytes !== undefined) return parsePolicy(bytes);
    const witnesses = witness.map(parseWitnessVkey);
    const majority = witnesses.length === 0 ? 0 : Math.floor(witnesses.length / 2) + 1;
    return quorumPolicy(parseVkey(vkey ?? ''), witnesses, quorum ?? majority);
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    throw new HubError('USAGE_INVALID', `${cause.code}: ${cause.message}`, { cause });
  }
}
