import type { Tx } from '#persistence';
import { HASH_BYTES, type HashAt, type NodeAddress, type StoredNode } from '#tlog';

/** Loads the hashes of complete subtrees with one query. Those that are not stored are undefined. Those of leaves lie with them. */
export async function loadHashes(tx: Tx, addresses: readonly NodeAddress[]): Promise<HashAt> {
  const rows =
    addresses.length === 0
      ? []
      : await tx.query<{ level: number; index: string; hash: Buffer }>(
          `select level, index, hash
           from (select distinct * from unnest($1::smallint[], $2::bigint[]) as a(level, index)) as wanted
             join node_hash using (level, index)
           union all
           select 0, index, hash
           from (select distinct index from unnest($1::smallint[], $2::bigint[]) as a(level, index) where level = 0) as wanted
             join log_leaf using (index)`,
          [addresses.map(({ level }) => level), addresses.map(({ index }) => index)],
        );
  const hashes = new Map(rows.map(({ level, index, hash }) => [`${level}/${index}`, hash]));
  return (level, index) => hashes.get(`${level}/${index}`);
}

/**
 * Stores hashes above the leaves that have become final. One that is there already is an error: nothing is ever written
 * twice. Those of leaves are stored with the leaves.
 */
export function storeHashes(tx: Tx, final: readonly StoredNode[]): void {
  const nodes = final.filter(({ level }) => level > 0);
  if (nodes.length === 0) return;
  tx.write(
    `insert into node_hash (level, index, hash)
     select n.level, n.index, substring($3::bytea from (n.nth::int - 1) * ${HASH_BYTES} + 1 for ${HASH_BYTES})
     from unnest($1::smallint[], $2::bigint[]) with ordinality as n(level, index, nth)`,
    [
      nodes.map(({ level }) => level),
      nodes.map(({ index }) => index),
      Buffer.concat(nodes.map(({ hash }) => hash)),
    ],
  );
}
