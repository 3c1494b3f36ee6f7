/** What a witness has that this log's key has signed, and this database does not have: nothing may be added to it then. */
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { z } from 'zod';
import type { PublishedCheckpoint } from '../log/checkpoints.ts';

/** The log stands at an earlier point than one that it has shown, or is another one than it was. */
export type ContradictionCode = 'LOG_ROLLED_BACK' | 'LOG_FORKED';

export interface Contradiction {
  readonly holder: string;
  readonly code: ContradictionCode;
  readonly theirs: PublishedCheckpoint;
  readonly ours: PublishedCheckpoint;
}

export const contradictionShape = z.object({
  id: z.uuid(),
  witness: z.string(),
  code: z
    .enum(['LOG_ROLLED_BACK', 'LOG_FORKED'])
    .describe(
      'LOG_ROLLED_BACK: this database is an older copy. LOG_FORKED: it has gone another way than it has shown',
    ),
  theirs: z
    .string()
    .describe('The checkpoint that the witness has cosigned, with this log’s signature, verbatim'),
  theirsSize: z.number().int(),
  ours: z.string().describe('The newest checkpoint of this database when that was found'),
  oursSize: z.number().int(),
  foundAt: z.date(),
  action: z.uuid().nullable().describe('The signed action that says so'),
});
export type ContradictionView = z.output<typeof contradictionShape>;

/** @returns whether it is news */
export async function keepContradiction(
  tx: Tx,
  { holder, code, theirs, ours }: Contradiction,
  { id, now }: { readonly id: string; readonly now: Date },
): Promise<boolean> {
  const kept = await tx.query(
    `insert into log_contradiction (id, holder, code, theirs, theirs_size, theirs_root, ours, ours_size, found_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning id`,
    [id, holder, code, theirs.note, theirs.size, theirs.root, ours.note, ours.size, now],
  );
  return kept.length > 0;
}

interface Row {
  readonly id: string;
  readonly witness: string;
  readonly code: ContradictionCode;
  readonly theirs: Buffer;
  readonly theirsSize: string;
  readonly ours: Buffer;
  readonly oursSize: string;
  readonly foundAt: Date;
  readonly action: string | null;
}

const COLUMNS = `id, holder as witness, code, theirs, theirs_size as "theirsSize", ours, ours_size as "oursSize",
  found_at as "foundAt", action`;

/** The newest first. */
export async function listContradictions(tx: Tx, limit: number): Promise<ContradictionView[]> {
  const rows = await tx.query<Row>(
    `select ${COLUMNS} from log_contradiction order by found_at desc, id desc limit $1`,
    [limit],
  );
  return rows.map(viewOf);
}

/** Those of which no action tells yet. */
export async function unsaidContradictions(tx: Tx, limit: number): Promise<ContradictionView[]> {
  const rows = await tx.query<Row>(
    `select ${COLUMNS} from log_contradiction where action is null order by id limit $1 for update skip locked`,
    [limit],
  );
  return rows.map(viewOf);
}

/**
 * Asked before every batch: a log that contradicts itself grows no more, whichever instance would write.
 * @throws HubError `LOG_ROLLED_BACK`, `LOG_FORKED`
 */
export async function requireUncontradicted(tx: Tx): Promise<void> {
  const [row] = await tx.prepared<{ code: ContradictionCode; holder: string; theirs: string; ours: string }>(
    'select code, holder, theirs_size as theirs, ours_size as ours from log_contradiction order by found_at, id limit 1',
    [],
  );
  if (row === undefined) return;
  throw new HubError(
    row.code,
    `${row.holder} has a checkpoint of size ${row.theirs} under this log's signature; this database stood at ${row.ours}`,
    { details: { witness: row.holder, theirs: Number(row.theirs), ours: Number(row.ours) } },
  );
}

function viewOf({ theirs, ours, theirsSize, oursSize, ...row }: Row): ContradictionView {
  return {
    ...row,
    theirs: theirs.toString('utf8'),
    theirsSize: Number(theirsSize),
    ours: ours.toString('utf8'),
    oursSize: Number(oursSize),
  };
}
