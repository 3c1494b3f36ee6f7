import { z } from 'zod';
import type { Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';

const keyStanding = z.object({
  holder: z.string(),
  role: z.enum(['authority', 'router', 'registry', 'auditor']),
  purpose: z.enum(['signing', 'transport']),
  generation: z.int(),
  fingerprint: z.string(),
  notBefore: z.string(),
  notAfter: z.string(),
  daysLeft: z.int(),
  state: z.enum(['announced', 'active', 'retired', 'revoked', 'expired']),
  revokedFrom: z.string().nullable(),
  reason: z.string().nullable(),
  warning: z.int().nullable(),
});
export type KeyStanding = z.output<typeof keyStanding>;

const board = z.object({ keys: z.array(keyStanding) });

/** Every certificate that the registry lists. */
export async function keyBoard(network: Network): Promise<readonly KeyStanding[]> {
  return (await clientOf(network.registry).get('/v1/certificates', board)).keys;
}

/** An entry of the registry, published just now. */
export const publishedEntry = z.object({ number: z.int(), digest: z.string() });

export const coveredPage = z.object({
  holder: z.string(),
  role: z.string(),
  revokedFrom: z.string().nullable(),
  reason: z.string().nullable(),
  from: z.string(),
  events: z.array(
    z.object({
      author: z.string(),
      eventId: z.string(),
      type: z.string(),
      owner: z.string(),
      practiceId: z.string(),
      cui: z.string(),
      position: z.int(),
      decidedAt: z.string(),
      digest: z.string(),
    }),
  ),
  next: z.string().nullable(),
});
export type CoveredEvent = z.output<typeof coveredPage>['events'][number];
