import { z } from 'zod';

/** What of a canonical access is shown; the rest of a row is known at this node alone. */
const shownEntry = z.object({
  by: z.object({ kind: z.string(), reference: z.string() }),
  per: z.enum(['read', 'day']),
  what: z.object({
    kind: z.string(),
    practice: z.object({ owner: z.string(), uuid: z.string() }).nullable(),
    id: z.string().nullable(),
  }),
});

export const accessView = z.object({
  id: z.uuid(),
  at: z.date(),
  what: shownEntry.shape.what.describe(
    'What was read: a practice, or something of one, or what this node parked',
  ),
  per: shownEntry.shape.per.describe('day: the first read of a partner’s own system on that day'),
  by: z
    .object({
      kind: z.string().describe('token, or operator: whom the token’s system has named'),
      tokenId: z.uuid(),
      label: z.string().nullable(),
      operator: z.string().nullable(),
      reference: z.string().describe('What the log knows: an HMAC under this node’s key'),
    })
    .describe('Who. Label and operator are known here alone'),
  purpose: z.string().nullable().describe('Why, in the reader’s words. The log has a salted digest'),
  anchor: z
    .object({ id: z.uuid(), index: z.number().int().describe('from 0') })
    .nullable()
    .describe('The action under which it stands in the log; null until the minute is over'),
});
export type AccessView = z.output<typeof accessView>;

export interface AccessRow {
  readonly id: string;
  readonly at: Date;
  readonly entry: Buffer;
  readonly tokenId: string;
  readonly label: string | null;
  readonly operator: string | null;
  readonly purpose: string | null;
  readonly salt: Buffer | null;
  readonly anchor: string | null;
  readonly place: number | null;
}

export const ACCESS_COLUMNS = `r.id, r.at, r.entry, r.token_id as "tokenId", t.label, r.operator, r.purpose,
  r.purpose_salt as salt, r.anchor, r.place`;
export const ACCESS_TABLES = 'access_record r left join access_token t on t.id = r.token_id';

export function viewOf({
  id,
  at,
  entry,
  tokenId,
  label,
  operator,
  purpose,
  anchor,
  place,
}: AccessRow): AccessView {
  const { what, per, by } = shownEntry.parse(JSON.parse(entry.toString('utf8')));
  return {
    ...{ id, at, what, per, purpose },
    by: { ...by, tokenId, label, operator },
    anchor: anchor === null || place === null ? null : { id: anchor, index: place },
  };
}
