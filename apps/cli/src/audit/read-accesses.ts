import { z } from 'zod';
import { HubError } from '#errors';
import type { BodyNode } from '../network/nodes-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';

const page = z.object({
  accesses: z.array(
    z.object({
      id: z.string(),
      at: z.string(),
      what: z.object({ kind: z.string(), id: z.string().nullable() }),
      by: z.object({
        tokenId: z.string(),
        label: z.string().nullable(),
        operator: z.string().nullable(),
      }),
      purpose: z.string().nullable(),
    }),
  ),
  next: z.string().nullable(),
});

export type Opening = z.output<typeof page>['accesses'][number];

/** What a node says of who has read a practice there; or why it says nothing. */
export interface Openings {
  readonly node: string;
  readonly accesses: readonly Opening[];
  readonly unknown: { readonly code: string; readonly message: string } | null;
}

/** Accesses of one practice at one node that are read. */
export const MOST = 500;

/**
 * Who has opened a practice, as far as its participants' nodes tell: what names a person never leaves a node but for its own
 * operators, the log has counts and roots.
 */
export async function readAccesses(
  members: readonly BodyNode[],
  participants: readonly string[],
  practice: string,
): Promise<Openings[]> {
  return await Promise.all(participants.map((ipa) => askNode(members, ipa, practice)));
}

async function askNode(members: readonly BodyNode[], ipa: string, practice: string): Promise<Openings> {
  const [owner, uuid] = practice.split('/');
  try {
    const node = clientOf(memberAt({ members }, ipa));
    const { accesses } = await node.get('/v1/accesses', page, { practice: uuid, owner, limit: MOST });
    return { node: ipa, accesses, unknown: null };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return { node: ipa, accesses: [], unknown: { code: error.code, message: error.message } };
  }
}
