import { HUB_HEADERS } from '#contracts';
import type { SignedBytes } from '#equivocations';
import { verifyDecision, verifyEvent } from '#evidence';
import { HubError } from '#errors';
import type { IncomingRecord } from '#messaging';
import type { NodeParts } from '../node-parts.ts';

/** A notice that an author has signed two events that contradict each other. Both sides that it carries are verified. */
export interface EquivocationNotice {
  /** Null if both together were too large to travel: this node has it, or the notice proves nothing. */
  readonly first: SignedBytes | null;
  readonly second: SignedBytes;
}

/**
 * Verifies both events anew: bytes that do not verify prove nothing against anyone, whoever sends them.
 * @param now when it arrived here; the first, if a decision on it comes along, existed when that was made
 * @throws HubError of `verifyEvent` and `verifyDecision`, `EQUIVOCATION_UNPROVEN` if the decision is another's
 */
export function screenNotice(
  { value, headers }: IncomingRecord,
  { registry }: Pick<NodeParts, 'registry'>,
  now: Date,
): EquivocationNotice {
  const second = verifyEvent(value, registry, now);
  const bytes = headers[HUB_HEADERS.first];
  if (bytes === undefined) return { first: null, second };
  const decisionBytes = headers[HUB_HEADERS.decision];
  if (decisionBytes === undefined) return { first: verifyEvent(bytes, registry, now), second };
  const { decision } = verifyDecision(decisionBytes, registry, now);
  const first = verifyEvent(bytes, registry, new Date(decision.time));
  if (decision.event.digest === first.digest) return { first, second };
  throw new HubError('EQUIVOCATION_UNPROVEN', `the decision is not about event ${first.event.id}`);
}
