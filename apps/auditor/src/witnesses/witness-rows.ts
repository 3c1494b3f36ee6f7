import type { Tx } from '#persistence';
import type { NoteVerifier } from '#tlog';

/** What is known of a member as a witness. */
export interface WitnessRow {
  readonly holder: string;
  /** Null while it has not shown a key of its own. */
  readonly vkey: string | null;
  /** Of the checkpoint that it has cosigned last, as far as this log knows. */
  readonly cosignedSize: number | null;
  readonly cosignedAt: Date | null;
  readonly failures: number;
  /** Since when nothing has come of asking it; null while it answers. */
  readonly failingSince: Date | null;
  /** Why nothing came of it last. */
  readonly code: string | null;
  /** It is not asked before. */
  readonly nextAt: Date | null;
}

export async function readWitnessRows(tx: Tx): Promise<ReadonlyMap<string, WitnessRow>> {
  const rows = await tx.query<Omit<WitnessRow, 'cosignedSize'> & { readonly cosignedSize: string | null }>(
    `select holder, vkey, cosigned_size as "cosignedSize", cosigned_at as "cosignedAt", failures,
       failing_since as "failingSince", code, next_at as "nextAt"
     from log_witness`,
  );
  return new Map(
    rows.map(({ cosignedSize, ...row }) => [
      row.holder,
      { ...row, cosignedSize: cosignedSize === null ? null : Number(cosignedSize) },
    ]),
  );
}

/**
 * Keeps whose key it is. A key that another member has shown as its own is not taken: its cosignatures would count twice.
 * @returns false if another one has it
 */
export async function keepWitnessKey(
  tx: Tx,
  holder: string,
  {
    verifier,
    statement,
    now,
  }: { readonly verifier: NoteVerifier; readonly statement: Buffer; readonly now: Date },
): Promise<boolean> {
  const [taken] = await tx.query('select holder from log_witness where public_key = $1 and holder <> $2', [
    verifier.publicKey,
    holder,
  ]);
  if (taken !== undefined) return false;
  await tx.query(
    `insert into log_witness (holder, vkey, public_key, statement, stated_at) values ($1, $2, $3, $4, $5)
     on conflict (holder) do update set vkey = $2, public_key = $3, statement = $4, stated_at = $5`,
    [holder, verifier.vkey, verifier.publicKey, statement, now],
  );
  return true;
}

/** Where a witness says that it stands: what it is asked to go on from. */
export async function noteWitnessSize(tx: Tx, holder: string, size: number): Promise<void> {
  await tx.query('update log_witness set cosigned_size = $2 where holder = $1', [holder, size]);
}

/** @param nextAt when it is asked again */
export async function noteFailure(
  tx: Tx,
  holder: string,
  { code, now, nextAt }: { readonly code: string; readonly now: Date; readonly nextAt: Date },
): Promise<void> {
  await tx.query(
    `insert into log_witness (holder, failures, failing_since, code, next_at) values ($1, 1, $3, $2, $4)
     on conflict (holder) do update set failures = log_witness.failures + 1,
       failing_since = coalesce(log_witness.failing_since, $3), code = $2, next_at = $4`,
    [holder, code, now, nextAt],
  );
}

/** A cosignature that was verified. */
export interface KeptCosignature {
  readonly holder: string;
  readonly vkey: string;
  readonly size: number;
  /** POSIX seconds. */
  readonly time: number;
  readonly line: Buffer;
}

/**
 * Keeps a cosignature, in place of an earlier one of the same checkpoint, and notes the checkpoint as witnessed once it has
 * enough of them.
 * @param counted holders whose cosignatures count: the members
 */
export async function keepCosignature(
  tx: Tx,
  { holder, vkey, size, time, line }: KeptCosignature,
  {
    counted,
    enough,
    now,
  }: { readonly counted: readonly string[]; readonly enough: number; readonly now: Date },
): Promise<void> {
  tx.write(
    `insert into cosignature (size, holder, vkey, time, line) values ($1, $2, $3, $4, $5)
     on conflict (size, holder) do update set vkey = $3, time = $4, line = $5`,
    [size, holder, vkey, time, line],
  );
  tx.write(
    `update log_witness set cosigned_size = $2, cosigned_at = $3, failures = 0, failing_since = null, code = null,
       next_at = null
     where holder = $1`,
    [holder, size, now],
  );
  // Several come at one moment: without the lock each would count before the others have committed.
  tx.write('select 1 from checkpoint where size = $1 for no key update', [size]);
  await tx.query(
    `insert into witnessed_checkpoint (size, witnessed_at)
     select $1::bigint, $2::timestamptz
     where (select count(*) from cosignature where size = $1::bigint and holder = any($3::text[])) >= $4::int
     on conflict do nothing`,
    [size, now, counted, enough],
  );
}
