/** What a filing with its decision and three receipts takes on the disk: the log, and the archive before and after packing. */
import type { UnitOfWork } from '#persistence';

/** Bytes by what they are for. */
export interface Stored {
  readonly log: number;
  readonly archive: number;
}

const LOG = ['log_entry', 'log_leaf', 'log_waiting', 'node_hash', 'checkpoint'];
const ARCHIVE = ['archive', 'archive_batch', 'archive_pack'];

/** Tables with their indexes, as they are on the disk once what was deleted is given back. */
export async function storedBytes(work: UnitOfWork): Promise<Stored> {
  for (const table of [...LOG, ...ARCHIVE]) await work.source.query(`vacuum full ${table}`);
  const sizeOf = async (tables: readonly string[]): Promise<number> => {
    const [row] = await work.run((tx) =>
      tx.query<{ bytes: string }>(
        'select sum(pg_total_relation_size(t::regclass)) as bytes from unnest($1::text[]) as t',
        [tables],
      ),
    );
    return Number(row?.bytes ?? 0);
  };
  return { log: await sizeOf(LOG), archive: await sizeOf(ARCHIVE) };
}
