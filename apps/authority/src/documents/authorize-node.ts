import type { X509Certificate } from 'node:crypto';
import { parseDecision, parseIpaCode, parseSignedItem, type Decision, type IpaCode } from '#contracts';
import type { DocumentKey } from '#documents';
import { HubError } from '#errors';
import { REFUSED_BY_TIME, verifyDecision } from '#evidence';
import { callingHolder } from '#peers';
import type { NodeParts } from '../node-parts.ts';

/** A node that may have a document, and the decision by which it may. */
export interface AuthorizedNode {
  readonly holder: IpaCode;
  readonly decision: Decision;
}

/**
 * Which node is calling: its certificate must be the current transport certificate of a member in the registry, not
 * merely one that the network's CA has signed.
 * @throws HubError `PEER_NOT_RECOGNISED`
 */
export function callingMember(parts: NodeParts, certificate: X509Certificate): IpaCode {
  return parseIpaCode(callingHolder(parts.registry, certificate, 'authority', parts.clock.now()));
}

/**
 * A node may fetch a document if a router's decision on the event that names it has this node among its participants.
 * @throws HubError `PEER_NOT_RECOGNISED`, `NOT_A_PARTICIPANT`, and the codes of `verifyDecision`
 */
export async function authorizeNode(
  parts: NodeParts,
  certificate: X509Certificate,
  key: DocumentKey,
  presented: Buffer,
): Promise<AuthorizedNode> {
  const holder = callingMember(parts, certificate);
  const decision = await provedDecision(parts, presented);
  const about = decision.practice.owner === key.owner && decision.practice.uuid === key.practice;
  if (about && decision.participants.some(({ ipa, joined }) => joined && ipa === holder))
    return { holder, decision };
  throw new HubError(
    'NOT_A_PARTICIPANT',
    `the decision gives ${holder} no part in ${key.owner}/${key.practice}`,
  );
}

/**
 * The presented decision, verified now; or, if a key of the router's was revoked since, the one by which this node has
 * accepted the event, byte for byte: it was proved then, and nobody's documents are taken away.
 */
async function provedDecision(parts: NodeParts, presented: Buffer): Promise<Decision> {
  try {
    return verifyDecision(presented, parts.registry, parts.clock.now()).decision;
  } catch (error) {
    if (!(error instanceof HubError) || !REFUSED_BY_TIME.has(error.code)) throw error;
    const decision = parseDecision(parseSignedItem(presented).item);
    if (await isHeld(parts, decision, presented)) return decision;
    throw error;
  }
}

async function isHeld({ work }: NodeParts, { event }: Decision, presented: Buffer): Promise<boolean> {
  const rows = await work.run((tx) =>
    tx.query(
      `select 1 as held from event
       where author = $1 and event_id = $2 and decision = $3 and status in ('accepted', 'waiting')`,
      [event.author, event.id, presented],
    ),
  );
  return rows.length > 0;
}
