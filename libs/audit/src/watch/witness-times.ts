import { meetsQuorum, type Cosignature, type TrustPolicy } from '#tlog';

/**
 * Until when enough witnesses say that they had seen no larger tree: the latest time at or after which a quorum has cosigned.
 * @returns null if they are not enough, or the policy asks for none
 */
export function witnessedUntil(policy: TrustPolicy, cosignatures: readonly Cosignature[]): Date | null {
  if (policy.quorum === null) return null;
  const newestFirst = cosignatures.toSorted((a, b) => b.time - a.time);
  for (let count = 1; count <= newestFirst.length; count += 1) {
    const last = newestFirst[count - 1];
    if (last !== undefined && meetsQuorum(policy, newestFirst.slice(0, count)))
      return new Date(last.time * 1_000);
  }
  return null;
}
