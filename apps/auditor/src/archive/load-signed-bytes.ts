import { readPack } from '#audit';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { TILE_WIDTH, type BundleAddress } from '#tlog';
import { damaged, requireLogged, type ArchivedLeaf } from './archived-leaf.ts';

/** A pack as it is kept; undefined while its items are rows. */
export async function loadPack(tx: Tx, index: number): Promise<Buffer | undefined> {
  const [pack] = await tx.prepared<{ bytes: Buffer }>('select bytes from archive_pack where index = $1', [
    index,
  ]);
  return pack?.bytes;
}

/**
 * The signed bytes of a bundle's entries, in their order, wherever they are. The caller has made sure that the published
 * tree has all of them, and reads one state of the database (`UnitOfWork.read`): what is packed meanwhile would be in
 * neither place.
 * @throws HubError `LOG_STATE_DAMAGED` if some have gone or are not what was logged
 */
export async function loadSignedBytes(tx: Tx, { index, width }: BundleAddress): Promise<readonly Buffer[]> {
  const from = index * TILE_WIDTH;
  const pack = await loadPack(tx, index);
  const leaves =
    pack === undefined ? await fromRows(tx, from, width) : await fromPack(tx, { pack, from, width });
  if (leaves.length !== width) throw damaged(`of the entries from ${from} on some have gone`);
  return leaves.map(requireLogged);
}

async function fromRows(tx: Tx, from: number, width: number): Promise<readonly ArchivedLeaf[]> {
  const rows = await tx.prepared<StoredLeaf & { readonly bytes: Buffer | null }>(
    `select l.index, l.hash, e.entry, a.bytes
     from log_leaf l join log_entry e on e.id = l.entry left join archived a on a.sha256 = e.sha256
     where l.index >= $1 and l.index < $2 order by l.index`,
    [from, from + width],
  );
  return rows.map((row) => ({ ...row, index: Number(row.index) }));
}

async function fromPack(
  tx: Tx,
  { pack, from, width }: { readonly pack: Buffer; readonly from: number; readonly width: number },
): Promise<readonly ArchivedLeaf[]> {
  const items = await unpack(pack, from / TILE_WIDTH);
  const rows = await tx.prepared<StoredLeaf>(
    `select l.index, l.hash, e.entry from log_leaf l join log_entry e on e.id = l.entry
     where l.index >= $1 and l.index < $2 order by l.index`,
    [from, from + width],
  );
  return rows.map((row) => {
    const index = Number(row.index);
    return { ...row, index, bytes: items[index - from] ?? null };
  });
}

/** The items of a pack that is kept here. @throws HubError `LOG_STATE_DAMAGED` if it is none any more */
export async function unpack(pack: Buffer, index: number): Promise<readonly (Buffer | null)[]> {
  try {
    return await readPack(pack, TILE_WIDTH);
  } catch (cause) {
    throw new HubError('LOG_STATE_DAMAGED', `pack ${index} of the archive was altered`, { cause });
  }
}

interface StoredLeaf {
  /** 64-bit number as text. */
  readonly index: string;
  readonly hash: Buffer;
  readonly entry: Buffer;
}
