import { HubError } from '#errors';
import type { Tx, UnitOfWork } from '#persistence';
import { hashesOf, inclusionProof, leafHash, rootAt } from '#tlog';
import { z } from 'zod';
import { ACCESS_COLUMNS, ACCESS_TABLES, accessView, viewOf, type AccessRow } from './access-view.ts';

const hash = z.string().describe('SHA-256, 32 bytes in base64');

export const accessProof = accessView.extend({
  entry: z
    .string()
    .describe('The exact bytes whose leaf hash is in the anchor’s tree, base64: RFC 8785 JSON'),
  purposeSalt: z.string().nullable().describe('With the purpose it gives the digest in the entry; base64'),
  index: z.number().int().describe('Its place in the anchor’s tree, from 0'),
  hashes: z.array(hash).describe('Inclusion proof, from the leaf’s sibling to the root’s child'),
  root: hash,
  size: z.number().int().describe('Accesses under the anchor'),
  from: z.date(),
  to: z.date(),
  node: z.string().describe('The author of the leaf in the log'),
  item: z.string().describe('The signed action that anchors it, base64: it verifies alone'),
});
export type AccessProof = z.output<typeof accessProof>;

interface Anchor {
  readonly root: Buffer;
  readonly size: number;
  readonly from: Date;
  readonly to: Date;
  readonly item: Buffer;
}

/** Proves that an access is under the anchor that the log has. */
export class ProveAccess {
  readonly #work: UnitOfWork;
  readonly #node: string;

  constructor(work: UnitOfWork, node: string) {
    this.#work = work;
    this.#node = node;
  }

  /**
   * @throws HubError `ACCESS_NOT_FOUND`, `ACCESS_NOT_ANCHORED`; `ACCESS_ANCHOR_DAMAGED` if what is kept does not give the
   *   root that was signed
   */
  run(id: string): Promise<AccessProof> {
    return this.#work.read(async (tx) => {
      const [row] = await tx.query<AccessRow>(
        `select ${ACCESS_COLUMNS} from ${ACCESS_TABLES} where r.id = $1`,
        [id],
      );
      if (row === undefined) throw new HubError('ACCESS_NOT_FOUND', `no access ${id}`);
      if (row.anchor === null || row.place === null)
        throw new HubError(
          'ACCESS_NOT_ANCHORED',
          `access ${id} of ${row.at.toISOString()} has no anchor yet`,
        );
      const { item, root, ...anchor } = await anchorOf(tx, row.anchor);
      const hashes = await hashesUnder(tx, row.anchor, { root, size: anchor.size }, row.place);
      return {
        ...viewOf(row),
        ...anchor,
        entry: row.entry.toString('base64'),
        purposeSalt: row.salt?.toString('base64') ?? null,
        index: row.place,
        hashes: hashes.map((one) => one.toString('base64')),
        root: root.toString('base64'),
        node: this.#node,
        item: item.toString('base64'),
      };
    });
  }
}

async function anchorOf(tx: Tx, id: string): Promise<Anchor> {
  const [anchor] = await tx.query<Anchor>(
    `select a.root, a.size, a.first_at as "from", a.last_at as "to", o.item
     from access_anchor a join operator_action o on o.id = a.id where a.id = $1`,
    [id],
  );
  if (anchor !== undefined) return anchor;
  throw new HubError('ACCESS_ANCHOR_DAMAGED', `the action ${id} is not here`);
}

async function hashesUnder(
  tx: Tx,
  anchor: string,
  { root, size }: Pick<Anchor, 'root' | 'size'>,
  place: number,
): Promise<Buffer[]> {
  const rows = await tx.query<{ entry: Buffer }>(
    'select entry from access_record where anchor = $1 order by place',
    [anchor],
  );
  const hashAt = hashesOf(rows.map(({ entry }) => leafHash(entry)));
  if (rows.length === size && rootAt(size, hashAt).equals(root)) return inclusionProof(place, size, hashAt);
  throw new HubError(
    'ACCESS_ANCHOR_DAMAGED',
    `the ${rows.length} accesses under ${anchor} do not give the root of its ${size}`,
  );
}
