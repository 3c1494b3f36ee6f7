import type { EquivocationKind } from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { z } from 'zod';

const side = z.object({
  eventId: z.uuid(),
  owner: z.string(),
  practiceId: z.uuid(),
  digest: z.string().describe('SHA-256 of the signed bytes'),
});

/** A finding as it is shown. */
export const equivocationShape = z.object({
  id: z.uuid(),
  kind: z.enum(['same-id', 'same-number']).describe('What the author has used twice'),
  author: z.string(),
  first: side.describe('The event that was known'),
  second: side.describe('The one that contradicts it'),
  foundAt: z.iso.datetime(),
  acknowledgedAt: z.iso.datetime().nullable(),
});
export type EquivocationView = z.output<typeof equivocationShape>;

/** With both events, signed bytes in base64. */
export const equivocationEvidence = equivocationShape.extend({
  first: side.extend({ bytes: z.base64() }),
  second: side.extend({ bytes: z.base64() }),
});
export type EquivocationEvidence = z.output<typeof equivocationEvidence>;

interface Row {
  readonly id: string;
  readonly kind: EquivocationKind;
  readonly author: string;
  readonly firstEvent: string;
  readonly firstOwner: string;
  readonly firstUuid: string;
  readonly firstDigest: string;
  readonly secondEvent: string;
  readonly secondOwner: string;
  readonly secondUuid: string;
  readonly secondDigest: string;
  readonly foundAt: Date;
  readonly acknowledgedAt: Date | null;
}

const COLUMNS = `id, kind, author, found_at as "foundAt", acknowledged_at as "acknowledgedAt",
  first_event as "firstEvent", first_owner as "firstOwner", first_uuid as "firstUuid", first_digest as "firstDigest",
  second_event as "secondEvent", second_owner as "secondOwner", second_uuid as "secondUuid",
  second_digest as "secondDigest"`;

/** Findings, the newest first: of one practice with `of`, on either side. */
export async function listEquivocations(
  tx: Tx,
  { of, limit }: { readonly of?: { readonly owner: string; readonly uuid: string }; readonly limit: number },
): Promise<readonly EquivocationView[]> {
  const rows = await tx.query<Row>(
    `select ${COLUMNS} from equivocation
     where $1::text is null or (first_owner, first_uuid) = ($1, $2::uuid) or (second_owner, second_uuid) = ($1, $2::uuid)
     order by found_at desc, id desc limit $3`,
    [of?.owner ?? null, of?.uuid ?? null, limit],
  );
  return rows.map(viewOf);
}

/** @throws HubError `EQUIVOCATION_NOT_FOUND` */
export async function readEquivocation(tx: Tx, id: string): Promise<EquivocationEvidence> {
  const [row] = await tx.query<Row & { readonly firstBytes: Buffer; readonly secondBytes: Buffer }>(
    `select ${COLUMNS}, first_bytes as "firstBytes", second_bytes as "secondBytes" from equivocation where id = $1`,
    [id],
  );
  if (!row) throw notFound(id);
  const view = viewOf(row);
  return {
    ...view,
    first: { ...view.first, bytes: row.firstBytes.toString('base64') },
    second: { ...view.second, bytes: row.secondBytes.toString('base64') },
  };
}

/** Says that an operator has seen it: the alarm ends, the evidence stays. @throws HubError `EQUIVOCATION_NOT_FOUND` */
export async function acknowledgeEquivocation(tx: Tx, id: string, now: Date): Promise<EquivocationView> {
  const [row] = await tx.query<Row>(
    `update equivocation set acknowledged_at = coalesce(acknowledged_at, $2) where id = $1 returning ${COLUMNS}`,
    [id, now],
  );
  if (row) return viewOf(row);
  throw notFound(id);
}

function notFound(id: string): HubError {
  return new HubError('EQUIVOCATION_NOT_FOUND', `this node knows no equivocation ${id}`);
}

function viewOf(row: Row): EquivocationView {
  return {
    id: row.id,
    kind: row.kind,
    author: row.author,
    first: {
      eventId: row.firstEvent,
      owner: row.firstOwner,
      practiceId: row.firstUuid,
      digest: row.firstDigest,
    },
    second: {
      eventId: row.secondEvent,
      owner: row.secondOwner,
      practiceId: row.secondUuid,
      digest: row.secondDigest,
    },
    foundAt: row.foundAt.toISOString(),
    acknowledgedAt: row.acknowledgedAt?.toISOString() ?? null,
  };
}
