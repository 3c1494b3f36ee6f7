import { HUB_HEADERS, route, topics, type Decision, type IpaCode, type Participant } from '#contracts';
import { sha256Hex, signDecisions, verifyEvent } from '#evidence';
import type { IncomingRecord } from '#messaging';
import type { SignedEvent } from './event.ts';
import { bufferHeaders, outboxRecord } from './records.ts';

export interface DecidedEvent {
  readonly signed: SignedEvent;
  readonly decision: Decision;
  /** The signed item, as in the header `hub_decision` and on `practice.routing`. */
  readonly item: Buffer;
}

/**
 * What the router would decide about an event, signed with its key. A filing's participants follow from the registry;
 * an act takes those of its filing.
 */
export async function aDecision(
  signed: SignedEvent,
  position: number,
  { participants, signer = 'router-1' }: { participants?: readonly Participant[]; signer?: string } = {},
): Promise<DecidedEvent> {
  const { network } = signed;
  const at = network.clock.now();
  const { event } = signed;
  const routing = participants === undefined ? route(event, network.registry) : { participants, rules: [] };
  const { digest, signedInfoDigest } = verifyEvent(signed.bytes, network.registry, at);
  const decision: Decision = {
    version: '1.0',
    router: signer,
    time: at.toISOString(),
    event: { author: event.author.ipa, id: event.id, type: event.type, digest, signedInfoDigest },
    practice: event.practice,
    position,
    registry: network.registry.current(),
    procedure: event.procedure,
    ...routing,
  };
  const { items } = await signDecisions([decision], network.signerOf(signer), at);
  const [item] = items;
  if (item === undefined) throw new Error(`no decision for ${sha256Hex(signed.bytes)}`);
  return { signed, decision, item };
}

/** A decided event as a participant reads it from its inbox. */
export function inboxRecord(
  { signed, item }: DecidedEvent,
  ipa: string,
  other: Partial<IncomingRecord> = {},
): IncomingRecord {
  const record = outboxRecord(signed);
  return {
    ...record,
    topic: topics.inbox(ipa as IpaCode),
    headers: { ...record.headers, ...bufferHeaders({ [HUB_HEADERS.decision]: item }) },
    ...other,
  };
}
