import type { X509Certificate } from 'node:crypto';
import { parseIpaCode, parseSha256, type Decision, type IpaCode } from '#contracts';
import type { DocumentKey } from '#documents';
import { HubError } from '#errors';
import { verifyDecision } from '#evidence';
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
  const fingerprint = parseSha256(certificate.fingerprint256.replaceAll(':', '').toLowerCase());
  const listed = parts.registry.certificate(fingerprint);
  const now = parts.clock.now().getTime();
  const current =
    listed?.role === 'authority' &&
    listed.purpose === 'transport' &&
    (listed.revokedFrom === null || Date.parse(listed.revokedFrom) > now) &&
    certificate.validFromDate.getTime() <= now &&
    now <= certificate.validToDate.getTime();
  if (current) return parseIpaCode(listed.holder);
  throw new HubError(
    'PEER_NOT_RECOGNISED',
    `the registry lists no current transport certificate ${fingerprint}`,
  );
}

/**
 * A node may fetch a document if a router's decision on the event that names it has this node among its participants.
 * @throws HubError `PEER_NOT_RECOGNISED`, `NOT_A_PARTICIPANT`, and the codes of `verifyDecision`
 */
export function authorizeNode(
  parts: NodeParts,
  certificate: X509Certificate,
  key: DocumentKey,
  presented: Buffer,
): AuthorizedNode {
  const holder = callingMember(parts, certificate);
  const { decision } = verifyDecision(presented, parts.registry, parts.clock.now());
  const about = decision.practice.owner === key.owner && decision.practice.uuid === key.practice;
  if (about && decision.participants.some(({ ipa, joined }) => joined && ipa === holder))
    return { holder, decision };
  throw new HubError(
    'NOT_A_PARTICIPANT',
    `the decision gives ${holder} no part in ${key.owner}/${key.practice}`,
  );
}
