import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { ageSeconds } from '#platform';
import { z } from 'zod';
import { latestCheckpoint, type PublishedCheckpoint } from '../log/checkpoints.ts';
import { contradictionShape, listContradictions } from './contradictions.ts';
import type { WitnessParts } from './witness-parts.ts';
import { readWitnessRows, type WitnessRow } from './witness-rows.ts';
import { required } from './witnesses-config.ts';

const MOST_CONTRADICTIONS = 100;

const oneWitness = z.object({
  holder: z.string().describe('IPA code of the authority'),
  vkey: z.string().nullable().describe('null: it has shown no key of its own'),
  statement: z.string().nullable().describe('What its seal says of that key, a signed action, base64'),
  cosignedSize: z.number().int().nullable().describe('The checkpoint that it has cosigned last'),
  cosignedAt: z.date().nullable(),
  silentSince: z
    .date()
    .nullable()
    .describe('Since when nothing has come of asking it; null while it answers'),
  code: z.string().nullable().describe('Why nothing came of it last'),
});

export const witnessesView = z.object({
  origin: z.string(),
  size: z.number().int().describe('Of the newest checkpoint'),
  signedBy: z
    .array(z.string())
    .describe('Who has cosigned the newest checkpoint that was shown to the witnesses'),
  shownSize: z.number().int().nullable().describe('The size of that checkpoint; null before the first'),
  required: z
    .number()
    .int()
    .describe('How many cosignatures make a checkpoint count as witnessed, of `members`'),
  members: z.number().int(),
  witnessed: z
    .object({
      size: z.number().int(),
      at: z.date(),
      ageSeconds: z.number().describe('Since it was witnessed'),
    })
    .nullable()
    .describe('The newest checkpoint that counts as witnessed; null while none does'),
  unwitnessedSince: z
    .date()
    .nullable()
    .describe('When the log first grew beyond what is witnessed; null if it has not'),
  witnesses: z.array(oneWitness),
  contradictions: z
    .array(contradictionShape)
    .describe('What this log has signed and this database does not have: then the log stands still'),
});
export type WitnessesView = z.output<typeof witnessesView>;

/** How the log and its witnesses stand. */
export async function showWitnesses(
  tx: Tx,
  { registry, settings, clock, log }: Pick<WitnessParts, 'registry' | 'settings' | 'clock' | 'log'>,
): Promise<WitnessesView> {
  const holders = registry.members().map(({ ipa }) => ipa as string);
  const newest = await latestCheckpoint(tx);
  const rows = await readWitnessRows(tx);
  const [shown] = await tx.query<{ size: string; signers: string[] }>(
    `select size, array_agg(holder order by holder) as signers from cosignature
     where size = (select max(size) from cosignature) group by size`,
  );
  const [witnessed] = await tx.query<{ size: string; at: Date }>(
    'select size, witnessed_at as at from witnessed_checkpoint order by size desc limit 1',
  );
  const [beyond] = await tx.query<{ since: Date }>(
    'select published_at as since from checkpoint where size > $1 order by size limit 1',
    [witnessed?.size ?? 0],
  );
  const statements = await tx.query<{ holder: string; statement: Buffer }>(
    'select holder, statement from log_witness where statement is not null',
  );
  const stated = new Map(statements.map(({ holder, statement }) => [holder, statement.toString('base64')]));
  return {
    origin: log.origin,
    size: newest?.size ?? 0,
    signedBy: shown?.signers ?? [],
    shownSize: shown === undefined ? null : Number(shown.size),
    required: required(settings.quorum, holders.length),
    members: holders.length,
    witnessed:
      witnessed === undefined
        ? null
        : {
            size: Number(witnessed.size),
            at: witnessed.at,
            ageSeconds: ageSeconds(witnessed.at, clock.now()),
          },
    unwitnessedSince: beyond?.since ?? null,
    witnesses: holders.map((holder) => viewOf(holder, rows.get(holder), stated.get(holder) ?? null)),
    contradictions: await listContradictions(tx, MOST_CONTRADICTIONS),
  };
}

/**
 * The newest checkpoint that counts as witnessed, with the cosignatures of all who have cosigned it; null while none does. It
 * is what anyone can check with a policy, and nobody else's word.
 */
export async function newestWitnessed(tx: Tx): Promise<PublishedCheckpoint | null> {
  const [row] = await tx.prepared<{ size: string; root: Buffer; note: Buffer; lines: Buffer }>(
    `select c.size, c.root, c.note, (select string_agg(s.line, ''::bytea order by s.holder) from cosignature s where s.size = c.size) as lines
     from witnessed_checkpoint w join checkpoint c using (size) order by w.size desc limit 1`,
    [],
  );
  if (row === undefined) return null;
  const { size, root, note, lines } = row;
  return { size: Number(size), root, note: Buffer.concat([note, lines]) };
}

/** @throws HubError `LOG_NOT_READY` while no checkpoint is witnessed */
export async function witnessedNote(tx: Tx): Promise<Buffer> {
  const witnessed = await newestWitnessed(tx);
  if (witnessed !== null) return witnessed.note;
  throw new HubError('LOG_NOT_READY', 'no checkpoint has been witnessed yet');
}

function viewOf(
  holder: string,
  row: WitnessRow | undefined,
  statement: string | null,
): WitnessesView['witnesses'][number] {
  return {
    holder,
    vkey: row?.vkey ?? null,
    statement,
    cosignedSize: row?.cosignedSize ?? null,
    cosignedAt: row?.cosignedAt ?? null,
    silentSince: row?.failingSince ?? null,
    code: row?.code ?? null,
  };
}
