import { bigintArray, intArray, type Tx } from '#persistence';
import { HASH_BYTES, type HashAt, type NodeAddress, type StoredNode } from '#tlog';

/**
 * Loads the hashes of complete subtrees with one query. Those that are not stored are undefined. Those of leaves lie with
 * them. Each is looked up by its key: a join of tables that grow would be planned once, while they are small, as a scan.
 */
export async function loadHashes(tx: Tx, addresses: readonly NodeAddress[]): Promise<HashAt> {
  const rows =
    addresses.length === 0
      ? []
      : await tx.prepared<{ hash: Buffer | null }>(
          `select case when level = 0 then (select hash from log_leaf l where l.index = wanted.index)
             else (select hash from node_hash n where n.level = wanted.level::smallint and n.index = wanted.index)
           end as hash
           from unnest($1::int[], $2::bigint[]) with ordinality as wanted(level, index, nth) order by nth`,
          [intArray(addresses.map(({ level }) => level)), bigintArray(addresses.map(({ index }) => index))],
        );
  const hashes = new Map(
    addresses.map(({ level, index }, nth) => [`${level}/${index}`, rows[nth]?.hash ?? undefined]),
  );
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
     from unnest($1::int[], $2::bigint[]) with ordinality as n(level, index, nth)`,
    [
      intArray(nodes.map(({ level }) => level)),
      bigintArray(nodes.map(({ index }) => index)),
      Buffer.concat(nodes.map(({ hash }) => hash)),
    ],
  );
}
