import { practiceKey } from './cloud-events.ts';
import type { HubEvent } from './event.ts';
import type { Sha256 } from './ids.ts';

export const EQUIVOCATION_KINDS = ['same-id', 'same-number'] as const;
export type EquivocationKind = (typeof EQUIVOCATION_KINDS)[number];

/** What is compared of an event: what it says, and the digest of its canonical SignedInfo. */
export interface Signed {
  readonly event: HubEvent;
  readonly signedInfoDigest: Sha256;
}

/**
 * How two events of one author contradict each other (architecture, rule 6); null if they do not. Two copies of one
 * signing are the same event; an event that says that it replaces the other makes no secret of it. Both must have
 * been verified: bytes that do not verify prove nothing against anyone.
 */
export function equivocationOf(first: Signed, second: Signed): EquivocationKind | null {
  const [one, other] = [first.event, second.event];
  if (one.author.ipa !== other.author.ipa || first.signedInfoDigest === second.signedInfoDigest) return null;
  if (one.id === other.id) return 'same-id';
  const isSamePlace =
    practiceKey(one.practice) === practiceKey(other.practice) &&
    one.sequence.number === other.sequence.number;
  return isSamePlace && one.replaces !== other.id && other.replaces !== one.id ? 'same-number' : null;
}
