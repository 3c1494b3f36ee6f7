import type { Tx } from '#persistence';

/** Where signed bytes are, and whose leaf they are. */
export interface FoundSigned {
  /** Lower hex. */
  readonly sha256: string;
  /** Index of the pack that has them; null while they are a row. */
  readonly pack: number | null;
  /** Of their leaf in the log; null while it waits for it. */
  readonly index: number | null;
  /** Null of bytes that no entry names. */
  readonly leaf: {
    readonly kind: string;
    readonly author: string;
    readonly owner: string | null;
    readonly uuid: string | null;
  } | null;
}

/** First eight bytes of a SHA-256 in hex as PostgreSQL's signed number of 64 bits, as text. */
export function headOf(sha256: string): string {
  return BigInt.asIntN(64, BigInt(`0x${sha256.slice(0, 16)}`)).toString();
}

/**
 * Finds what the archive has of these digests, in rows and in packs. Nothing is unpacked for it: a pack is found by the
 * digests' first bytes, the item in it by its entry.
 * @param digests SHA-256, lower hex
 */
export async function findSigned(tx: Tx, digests: readonly string[]): Promise<readonly FoundSigned[]> {
  if (digests.length === 0) return [];
  const rows = await tx.prepared<FoundRow>(
    `with wanted as (select decode(d, 'hex') as sha256 from unnest($1::text[]) as d)
     select encode(a.sha256, 'hex') as sha256, null::bigint as pack, l.index, e.kind, e.author, e.owner, e.uuid
     from wanted join archive a using (sha256) left join log_entry e on e.id = a.entry
       left join log_leaf l on l.entry = e.id
     union all
     select encode(e.sha256, 'hex'), p.index, l.index, e.kind, e.author, e.owner, e.uuid
     from archive_pack p join log_leaf l on l.index >= p.index * 256 and l.index < p.index * 256 + 256
       join log_entry e on e.id = l.entry
     where p.heads && $2::bigint[] and e.sha256 in (select sha256 from wanted)`,
    [digests, digests.map(headOf)],
  );
  return rows.map(({ sha256, pack, index, kind, author, owner, uuid }) => ({
    sha256,
    pack: pack === null ? null : Number(pack),
    index: index === null ? null : Number(index),
    leaf: author === null || kind === null ? null : { kind, author, owner, uuid },
  }));
}

interface FoundRow {
  readonly sha256: string;
  /** 64-bit numbers as text. */
  readonly pack: string | null;
  readonly index: string | null;
  readonly kind: string | null;
  readonly author: string | null;
  readonly owner: string | null;
  readonly uuid: string | null;
}
