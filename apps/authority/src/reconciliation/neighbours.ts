import { parseIpaCode, sameIpa, type IpaCode } from '#contracts';
import { HubError } from '#errors';
import type { Neighbour } from '#peers';
import type { NodeParts } from '../node-parts.ts';

/**
 * Another body's node, as the registry publishes it.
 * @throws HubError `RECONCILIATION_PARTNER_UNKNOWN` for this body itself, or one without a node
 */
export function neighbourOf(
  { ipa, registry }: Pick<NodeParts, 'ipa' | 'registry'>,
  partner: string,
): Neighbour {
  const body = registry.body(parseIpaCode(partner));
  if (body?.nodeUrl === undefined || sameIpa(body.ipa, ipa)) {
    throw new HubError(
      'RECONCILIATION_PARTNER_UNKNOWN',
      `the registry knows no other body ${partner} with a node`,
    );
  }
  return { holder: body.ipa, url: body.nodeUrl };
}

/** The code of a neighbour, as the registry writes it. @throws as `neighbourOf` */
export function partnerCode(parts: Pick<NodeParts, 'ipa' | 'registry'>, partner: string): IpaCode {
  return parseIpaCode(neighbourOf(parts, partner).holder);
}
