import { z } from 'zod';

const access = z.object({
  id: z.string(),
  at: z.string(),
  per: z.string(),
  what: z.object({
    kind: z.string(),
    practice: z.object({ owner: z.string(), uuid: z.string() }).nullable(),
    id: z.string().nullable(),
  }),
  by: z.object({
    kind: z.string(),
    tokenId: z.string(),
    label: z.string().nullable(),
    operator: z.string().nullable(),
    reference: z.string(),
  }),
  purpose: z.string().nullable(),
  anchor: z.object({ id: z.string(), index: z.number() }).nullable(),
});
export type Access = z.output<typeof access>;

export const accessPage = z.object({ accesses: z.array(access), next: z.string().nullable() });

export const accessProof = access.extend({
  entry: z.string(),
  purposeSalt: z.string().nullable(),
  index: z.number(),
  hashes: z.array(z.string()),
  node: z.string(),
  item: z.string(),
});
export type AccessProof = z.output<typeof accessProof>;

/** Who read, as this node's operators know it. */
export function whoOf({ by: { label, tokenId, operator } }: Access): string {
  const token = label ?? tokenId;
  return operator === null ? token : `${operator}, by ${token}`;
}

/** What was read. */
export function whatOf({ what: { kind, practice, id }, per }: Access): string {
  const of = practice === null ? '' : ` ${practice.owner}/${practice.uuid}`;
  return `${kind}${of}${id === null ? '' : ` ${id}`}${per === 'day' ? ' (the day)' : ''}`;
}
