import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { formatForkEvidence, hashesIn } from '#tlog';
import { z } from 'zod';
import { evidenceOf, FINDING_KINDS, type Finding, type FindingKind, type ReadFinding } from './finding.ts';

/** A log that goes on and on signing other trees fills no disk: beyond this many of one log, they are refused only. */
const MAX_FINDINGS = 1_000;

/** A finding as it is shown. */
export const findingShape = z.object({
  id: z.uuid(),
  log: z.string().describe('The log’s origin'),
  kind: z
    .enum(FINDING_KINDS)
    .describe(
      'two-roots, rewritten and not-empty convict the log; unexplained and shorter are questions to it',
    ),
  earlierSize: z.number().int().nullable().describe('Size of the checkpoint that was cosigned here'),
  laterSize: z.number().int().describe('Size of the checkpoint that was refused'),
  foundAt: z.date(),
  lastAt: z.date().describe('When the log last showed it'),
  times: z.number().int(),
  settledAt: z
    .date()
    .nullable()
    .describe('Of a shorter log: when it showed again a tree that extends the longest one'),
  acknowledgedAt: z.date().nullable(),
  action: z.uuid().nullable().describe('The signed action that says so in the log of actions'),
});
export type FindingView = z.output<typeof findingShape>;

/** With what was signed, verbatim. */
export const findingEvidence = findingShape.extend({
  earlier: z.string().nullable().describe('The checkpoint that was cosigned here'),
  later: z.string().describe('The checkpoint that was refused'),
  proof: z.array(z.string()).describe('The proof that came with it, hashes in base64'),
  evidence: z
    .string()
    .nullable()
    .describe(
      'reset-hub/fork-evidence@v1, one line: whoever has the log’s vkey can check it. null for a question',
    ),
});
export type FindingEvidence = z.output<typeof findingEvidence>;

/** SQL: what an operator has to see. */
export const OPEN_FINDING = 'acknowledged_at is null and settled_at is null';

/**
 * Keeps it, once; the same again is counted. A shorter log that comes again after it was settled is open again.
 * @returns whether it is news
 */
export async function keepFinding(
  tx: Tx,
  { origin, kind, earlier, later, earlierSize, laterSize, root, proof, digest }: ReadFinding,
  { id, now }: { readonly id: string; readonly now: Date },
): Promise<boolean> {
  const [kept] = await tx.query<{ fresh: boolean }>(
    `insert into witness_finding
       (id, origin, kind, earlier, later, earlier_size, later_size, root, proof, digest, found_at, last_at)
     select $1::uuid, $2::text, $3, $4::bytea, $5::bytea, $6::bigint, $7::bigint, $8::bytea, $9::bytea, $10::bytea,
       $11::timestamptz, $11::timestamptz
     where (select count(*) from witness_finding where origin = $2::text) < ${MAX_FINDINGS}
       or exists (select 1 from witness_finding where digest = $10)
     on conflict (digest) do update set last_at = $11, times = witness_finding.times + 1, settled_at = null,
       acknowledged_at = case when witness_finding.settled_at is null then witness_finding.acknowledged_at end
     returning xmax = 0 as fresh`,
    [
      ...[id, origin, kind, earlier, later, earlierSize, laterSize],
      ...[root, Buffer.concat(proof), digest, now],
    ],
  );
  return kept?.fresh === true;
}

/** The log has shown a tree that extends all that was cosigned of it: it has forgotten nothing. */
export function settleShorter(tx: Tx, origin: string, now: Date): void {
  tx.write(
    `update witness_finding set settled_at = $2 where origin = $1 and kind = 'shorter' and settled_at is null`,
    [origin, now],
  );
}

interface Row {
  readonly id: string;
  readonly log: string;
  readonly kind: FindingKind;
  readonly earlierSize: string | null;
  readonly laterSize: string;
  readonly foundAt: Date;
  readonly lastAt: Date;
  readonly times: number;
  readonly settledAt: Date | null;
  readonly acknowledgedAt: Date | null;
  readonly action: string | null;
}

const COLUMNS = `id, origin as log, kind, earlier_size as "earlierSize", later_size as "laterSize", found_at as "foundAt",
  last_at as "lastAt", times, settled_at as "settledAt", acknowledged_at as "acknowledgedAt", action`;

/** The newest first. */
export async function listFindings(tx: Tx, limit: number): Promise<readonly FindingView[]> {
  const rows = await tx.query<Row>(
    `select ${COLUMNS} from witness_finding order by found_at desc, id desc limit $1`,
    [limit],
  );
  return rows.map(viewOf);
}

/** Those of which no action tells yet, the oldest first. */
export async function unsaidFindings(tx: Tx, limit: number): Promise<readonly FindingEvidence[]> {
  const rows = await tx.query<KeptRow>(
    `select ${COLUMNS}, earlier, later, root, proof from witness_finding where action is null
     order by id limit $1 for update skip locked`,
    [limit],
  );
  return rows.map(withEvidence);
}

/** @throws HubError `WITNESS_FINDING_NOT_FOUND` */
export async function readKeptFinding(tx: Tx, id: string): Promise<FindingEvidence> {
  const [row] = await tx.query<KeptRow>(
    `select ${COLUMNS}, earlier, later, root, proof from witness_finding where id = $1`,
    [id],
  );
  if (row === undefined) throw notFound(id);
  return withEvidence(row);
}

/** Says that an operator has seen it: the alarm ends, the evidence stays. @throws HubError `WITNESS_FINDING_NOT_FOUND` */
export async function acknowledgeFinding(tx: Tx, id: string, now: Date): Promise<FindingView> {
  const [row] = await tx.query<Row>(
    `update witness_finding set acknowledged_at = coalesce(acknowledged_at, $2) where id = $1 returning ${COLUMNS}`,
    [id, now],
  );
  if (row === undefined) throw notFound(id);
  return viewOf(row);
}

interface KeptRow extends Row {
  readonly earlier: Buffer | null;
  readonly later: Buffer;
  readonly root: Buffer | null;
  readonly proof: Buffer;
}

function withEvidence(row: KeptRow): FindingEvidence {
  const { kind, earlier, later, root } = row;
  const proof = hashesIn(row.proof);
  const finding: Finding = { kind, earlier, later, root, proof };
  const evidence = evidenceOf(finding);
  return {
    ...viewOf(row),
    earlier: earlier?.toString('utf8') ?? null,
    later: later.toString('utf8'),
    proof: proof.map((hash) => hash.toString('base64')),
    evidence: evidence === null ? null : formatForkEvidence(evidence).toString('utf8'),
  };
}

function viewOf({ earlierSize, laterSize, ...row }: Row): FindingView {
  const { id, log, kind, foundAt, lastAt, times, settledAt, acknowledgedAt, action } = row;
  return {
    ...{ id, log, kind },
    earlierSize: earlierSize === null ? null : Number(earlierSize),
    laterSize: Number(laterSize),
    ...{ foundAt, lastAt, times, settledAt, acknowledgedAt, action },
  };
}

function notFound(id: string): HubError {
  return new HubError('WITNESS_FINDING_NOT_FOUND', `this witness has no finding ${id}`);
}
