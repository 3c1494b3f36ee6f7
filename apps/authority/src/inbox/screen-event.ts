/** What a node checks of a received event before it looks at the practice: the decision, the event, and that they belong together. */
import { checkHeaders, type Decision, type HubEvent, type Sha256 } from '#contracts';
import { HubError } from '#errors';
import type { IncomingRecord } from '#messaging';
import { requireVersion } from '#registry-view';
import type { NodeParts } from '../node-parts.ts';
import type { CheckedEvent } from './check-signatures.ts';

/** A received event with the decision that places it, both verified. */
export interface Received {
  readonly event: HubEvent;
  /** The event's signed bytes, as they came. */
  readonly bytes: Buffer;
  readonly digest: Sha256;
  readonly signedInfoDigest: Sha256;
  readonly decision: Decision;
  /** The signed decision, as it came (a SignedItem). */
  readonly decisionBytes: Buffer;
}

/**
 * @param checked the signatures of decision and event; undefined if the record carries no decision
 * @param now when it arrived here: by then the router's certificate must not have been revoked
 * @throws HubError: its disposition says whether the record is parked or tried again
 */
export function screenEvent(
  record: IncomingRecord,
  checked: CheckedEvent | undefined,
  { ipa, registry }: Pick<NodeParts, 'ipa' | 'registry'>,
  now: Date,
): Received {
  if (!checked) throw new HubError('DECISION_MISSING', 'the record carries no signed decision');
  const { decision } = checked.decision.judge(registry, now);
  requireVersion(registry, decision.registry);
  // The decision is the first proof that the event existed: its author's certificate is judged at that moment.
  const verified = checked.event.judge(registry, new Date(decision.time));
  checkHeaders(record.headers, verified.event);
  if (decision.event.digest !== verified.digest || decision.event.id !== verified.event.id) {
    throw new HubError('DECISION_MISMATCH', `the decision is about another event than ${verified.event.id}`);
  }
  if (!decision.participants.some((participant) => participant.joined && participant.ipa === ipa)) {
    throw new HubError('NOT_ADDRESSED', `the decision does not name ${ipa} among the participants`);
  }
  return {
    event: verified.event,
    bytes: verified.bytes,
    digest: verified.digest,
    signedInfoDigest: verified.signedInfoDigest,
    decision,
    decisionBytes: checked.decisionBytes,
  };
}
