import { readPack, writePack } from '#audit';
import { sha256Hex } from '#evidence';
import type { Tx, UnitOfWork } from '#persistence';
import { TILE_WIDTH } from '#tlog';
import { latestCheckpoint } from '../log/checkpoints.ts';
import { MAX_LEAVES } from '../log/integrate.ts';
import { damaged } from './archived-leaf.ts';
import { headOf } from './find-signed.ts';
import { loadSignedBytes } from './load-signed-bytes.ts';

export interface PackArchiveParts {
  readonly work: UnitOfWork;
  /** Makes a transaction conditional on the log's lease. @throws HubError `LEASE_LOST` */
  readonly fenced: (tx: Tx) => Promise<void>;
  /** For specs: how a pack is written. */
  readonly write?: (items: readonly Buffer[]) => Promise<Buffer>;
}

/** `packed`: look again at once. `busy`: entries wait for the log, which goes first. `done`: nothing is left to pack. */
export type PackStep = 'packed' | 'busy' | 'done';

/**
 * Compresses the archive, a bundle at a time: the signed bytes of 256 published entries become one pack, in one transaction
 * with the end of their rows. So each of them is in its row or in the pack, wherever a process dies; and whoever has lost
 * the log's lease changes neither.
 */
export class PackArchive {
  readonly #parts: PackArchiveParts;

  constructor(parts: PackArchiveParts) {
    this.#parts = parts;
  }

  /**
   * Packs the next full bundle of published size. What is compressed is unpacked and compared before its rows go.
   * @throws HubError `LOG_STATE_DAMAGED` if bytes have gone or are not what was logged: nothing is changed then, and what
   *   comes behind them waits; `LEASE_LOST`, and those of the database
   */
  async step(): Promise<PackStep> {
    const { work, write = writePack } = this.#parts;
    const next = await work.read(loadNext);
    if (typeof next === 'string') return next;
    const { index, items } = next;
    const pack = await write(items);
    await requireEqual(index, items, pack);
    await work.run((tx) => this.#commit(tx, index, { pack, digests: items.map(sha256Hex) }));
    return 'packed';
  }

  async #commit(
    tx: Tx,
    index: number,
    { pack, digests }: { readonly pack: Buffer; readonly digests: readonly string[] },
  ): Promise<void> {
    await this.#parts.fenced(tx);
    tx.write('insert into archive_pack (index, heads, bytes) values ($1, $2, $3)', [
      index,
      digests.map(headOf),
      pack,
    ]);
    const gone = await tx.prepared<{ batch: Buffer | null }>(
      `with gone as (
         delete from archive where sha256 in (select decode(d, 'hex') from unnest($1::text[]) as d) returning batch
       ) select distinct batch from gone where batch is not null`,
      [digests],
    );
    await dropBatches(
      tx,
      gone.flatMap(({ batch }) => batch ?? []),
    );
  }
}

/** How many bundles are packed: all from the first on. */
export async function packedBundles(tx: Tx): Promise<number> {
  const [last] = await tx.prepared<{ index: string }>(
    'select index from archive_pack order by index desc limit 1',
    [],
  );
  return last === undefined ? 0 : Number(last.index) + 1;
}

async function loadNext(
  tx: Tx,
): Promise<'busy' | 'done' | { readonly index: number; readonly items: readonly Buffer[] }> {
  const index = await packedBundles(tx);
  const published = await latestCheckpoint(tx);
  if (published === null || published.size < (index + 1) * TILE_WIDTH) return 'done';
  const behind = await tx.prepared('select 1 from log_waiting offset $1 limit 1', [MAX_LEAVES]);
  if (behind.length > 0) return 'busy';
  return { index, items: await loadSignedBytes(tx, { index, width: TILE_WIDTH }) };
}

async function requireEqual(index: number, items: readonly Buffer[], pack: Buffer): Promise<void> {
  const unpacked = await readPack(pack, items.length);
  if (items.every((item, place) => unpacked[place]?.equals(item) === true)) return;
  throw damaged(`pack ${index} of the archive does not unfold to what was packed`);
}

/**
 * Ends the signed batches that no row needs any more. Whoever admits another item of one at this moment has its row locked
 * (`admitLeaves`): it is waited for and seen here, or waits and finds the batch gone, and writes it again.
 */
async function dropBatches(tx: Tx, batches: readonly Buffer[]): Promise<void> {
  if (batches.length === 0) return;
  const digests = batches.map((digest) => digest.toString('hex'));
  const ofThese = `digest in (select decode(d, 'hex') from unnest($1::text[]) as d)`;
  tx.write(`select 1 from archive_batch where ${ofThese} order by digest for update`, [digests]);
  // A statement of its own: it sees what was committed while the locks were waited for.
  tx.write(
    `delete from archive_batch b where ${ofThese} and not exists (select from archive a where a.batch = b.digest)`,
    [digests],
  );
}
