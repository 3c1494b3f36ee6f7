import type { Tx } from '#persistence';
import { originHash, type WitnessState } from '#tlog';

interface Row {
  readonly origin: string;
  readonly size: string;
  readonly root: Buffer;
  readonly time: string;
  readonly note: Buffer;
}

const COLUMNS = 'origin, size, root, cosigned_at as time, note';

/** What was cosigned last of a log; null if nothing was. Others wait until this transaction has ended. */
export async function lockWitnessState(tx: Tx, origin: string): Promise<WitnessState | null> {
  const [row] = await tx.query<Row>(`select ${COLUMNS} from witness_state where origin = $1 for update`, [
    origin,
  ]);
  return row === undefined ? null : stateOf(row);
}

/** Of every log, by origin. */
export async function listWitnessStates(tx: Tx): Promise<readonly WitnessState[]> {
  const rows = await tx.query<Row>(`select ${COLUMNS} from witness_state order by origin`);
  return rows.map(stateOf);
}

/** What `<origin hash>/checkpoint` serves; undefined if nothing was cosigned under that hash. */
export async function cosignedNote(tx: Tx, hash: string): Promise<Buffer | undefined> {
  const states = await listWitnessStates(tx);
  return states.find(({ origin }) => originHash(origin) === hash)?.note;
}

/**
 * Puts a state in place of another, and of no other: whatever process has been quicker, one of two that started from
 * the same state changes nothing.
 * @returns false if `last` is not what is stored
 */
export async function replaceWitnessState(
  tx: Tx,
  { origin, size, root, time, note }: WitnessState,
  last: WitnessState | null,
): Promise<boolean> {
  const rows =
    last === null
      ? await tx.query(
          `insert into witness_state (origin, size, root, cosigned_at, note) values ($1, $2, $3, $4, $5)
           on conflict do nothing returning origin`,
          [origin, size, root, time, note],
        )
      : await tx.query(
          `update witness_state set size = $2, root = $3, cosigned_at = $4, note = $5
           where origin = $1 and size = $6 and root = $7 and cosigned_at = $8 returning origin`,
          [origin, size, root, time, note, last.size, last.root, last.time],
        );
  return rows.length === 1;
}

function stateOf({ origin, size, root, time, note }: Row): WitnessState {
  return { origin, size: Number(size), root, time: Number(time), note };
}
