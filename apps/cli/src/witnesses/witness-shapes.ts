import { z } from 'zod';
import { HubError } from '#errors';
import type { Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';

/** As `GET /v1/witnesses` of the auditor answers. */
export const logStanding = z.looseObject({
  origin: z.string(),
  size: z.number(),
  signedBy: z.array(z.string()),
  shownSize: z.number().nullable(),
  required: z.number(),
  members: z.number(),
  witnessed: z.looseObject({ size: z.number(), at: z.string(), ageSeconds: z.number() }).nullable(),
  unwitnessedSince: z.string().nullable(),
  witnesses: z.array(
    z.looseObject({
      holder: z.string(),
      vkey: z.string().nullable(),
      cosignedSize: z.number().nullable(),
      cosignedAt: z.string().nullable(),
      silentSince: z.string().nullable(),
      code: z.string().nullable(),
    }),
  ),
  contradictions: z.array(
    z.looseObject({
      witness: z.string(),
      code: z.string(),
      theirsSize: z.number(),
      oursSize: z.number(),
      foundAt: z.string(),
    }),
  ),
});
export type LogStanding = z.output<typeof logStanding>;

const finding = z.looseObject({
  id: z.string(),
  log: z.string(),
  kind: z.string(),
  earlierSize: z.number().nullable(),
  laterSize: z.number(),
  foundAt: z.string(),
  times: z.number(),
  settledAt: z.string().nullable(),
  acknowledgedAt: z.string().nullable(),
});
export type Finding = z.output<typeof finding>;

/** As `GET /v1/witness` of an authority answers. */
export const witnessAnswer = z.looseObject({
  vkey: z.string().nullable(),
  findings: z.array(finding),
});

/** As `GET /v1/witness/findings/{id}` answers. */
export const findingEvidence = finding.extend({
  earlier: z.string().nullable(),
  later: z.string(),
  evidence: z.string().nullable(),
});

/** Until somebody has seen it, or the log has settled it. */
export function isOpen({ settledAt, acknowledgedAt }: Finding): boolean {
  return settledAt === null && acknowledgedAt === null;
}

/** How the log and its witnesses stand; null if the auditor cannot tell. */
export async function logStandingOf({ auditor }: Pick<Network, 'auditor'>): Promise<LogStanding | null> {
  try {
    return await clientOf(auditor).get('/v1/witnesses', logStanding);
  } catch (error) {
    if (error instanceof HubError) return null;
    throw error;
  }
}

/** One line for people. */
export function standingInWords({ size, witnessed, signedBy, required, witnesses }: LogStanding): string {
  const count = witnesses.filter(({ vkey }) => vkey !== null).length;
  const newest =
    witnessed === null
      ? 'nothing witnessed yet'
      : `${witnessed.size} witnessed ${Math.round(witnessed.ageSeconds)} s ago`;
  return `log of ${size} leaves, ${newest}; ${signedBy.length} of ${count} witnesses signed the last one shown, ${required} needed`;
}
