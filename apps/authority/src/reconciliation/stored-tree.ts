import type { IpaCode } from '#contracts';
import type { Tx, UnitOfWork } from '#persistence';
import {
  branchesOf,
  BRANCH_LENGTH,
  childrenIn,
  LEVEL,
  rootOf,
  ROOT,
  type RangeItem,
  type RangeTree,
  type TreeNode,
} from './range-tree.ts';

/** Which events are compared: those that a router placed from `from` on and before `to`, told to both bodies. */
export interface Range {
  /** UTC, `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly from: string;
  readonly to: string;
}

/** What one author sent, as far as it is held here. */
export interface Holding {
  readonly author: IpaCode;
  readonly count: number;
  readonly root: Buffer;
}

/** A range over years hashes every event of those years, milliseconds. */
const STATEMENT_TIMEOUT_MS = 300_000;

/** The events of `$4` in range. Those with a place, in their turn or waiting for it: both have the event's bytes here. */
const ITEMS = `
  select e.author, e.event_id, e.owner, e.uuid, e.position, e.bytes, e.decision,
         sha256(convert_to(e.author || '/' || e.event_id, 'UTF8')) as key
  from placement p join event e using (author, event_id)
  where p.decided_at >= $1 and p.decided_at < $2 and p.parties @> $3::text[] and lower(e.author) = lower($4)
    and e.status in ('accepted', 'waiting')`;

/** Bytes are hashed as they are stored, not as some column says that they were: what is damaged shows. */
const BUCKETS = `
  with item as (${ITEMS}),
  leaf as (
    select key, sha256('\\x0${LEVEL.leaf}'::bytea
                       || convert_to(author || '/' || event_id || '/' || owner || '/' || uuid || '/' || position, 'UTF8')
                       || sha256(bytes) || sha256(decision)) as leaf
    from item
    where $5::text[] is null or encode(substring(key for 1), 'hex') = any($5)
  )
  select encode(substring(key for 2), 'hex') as prefix, count(*)::int as count,
         sha256('\\x0${LEVEL.bucket}'::bytea || string_agg(leaf, ''::bytea order by key)) as digest
  from leaf group by 1 order by 1`;

/** The tree of one author's events, computed from the database at each question: nothing is kept between two of them. */
export class StoredTree implements RangeTree {
  readonly #work: UnitOfWork;
  readonly #params: readonly unknown[];

  /** @param bodies the two that are compared */
  constructor(work: UnitOfWork, bodies: readonly [IpaCode, IpaCode], range: Range, author: IpaCode) {
    this.#work = work;
    this.#params = paramsOf(bodies, range, author);
  }

  async children(prefixes: readonly string[]): Promise<ReadonlyMap<string, readonly TreeNode[]>> {
    const branches = prefixes.includes(ROOT) ? null : prefixes;
    const buckets = await this.#work.read((tx) => bucketsIn(tx, this.#params, branches));
    return childrenIn(buckets, prefixes);
  }

  async items(buckets: readonly string[]): Promise<ReadonlyMap<string, readonly RangeItem[]>> {
    const rows = await this.#work.read((tx) =>
      tx.query<RangeItem & { readonly bucket: string }>(
        `with item as (${ITEMS})
         select encode(substring(key for 2), 'hex') as bucket, author, event_id as "eventId", owner, uuid, position,
                encode(sha256(bytes), 'hex') as digest, encode(sha256(decision), 'hex') as "decisionDigest"
         from item
         where encode(substring(key for 1), 'hex') = any($5) and encode(substring(key for 2), 'hex') = any($6)
         order by key`,
        [...this.#params, buckets.map((bucket) => bucket.slice(0, BRANCH_LENGTH)), buckets],
      ),
    );
    return Map.groupBy(rows, ({ bucket }) => bucket);
  }
}

/** What this node holds of its exchange with another: of either body, in the order of their codes. One moment's view. */
export function holdings(
  work: UnitOfWork,
  bodies: readonly [IpaCode, IpaCode],
  range: Range,
): Promise<readonly [Holding, Holding]> {
  const [first, second] = inOrder(bodies);
  return work.read(async (tx) => {
    const of = async (author: IpaCode): Promise<Holding> => ({
      author,
      ...rootOf(branchesOf(await bucketsIn(tx, paramsOf(bodies, range, author), null))),
    });
    return [await of(first), await of(second)];
  });
}

async function bucketsIn(
  tx: Tx,
  params: readonly unknown[],
  branches: readonly string[] | null,
): Promise<readonly TreeNode[]> {
  await tx.query(`set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
  return tx.query<TreeNode>(BUCKETS, [...params, branches]);
}

function inOrder([one, other]: readonly [IpaCode, IpaCode]): readonly [IpaCode, IpaCode] {
  return one.toLowerCase() < other.toLowerCase() ? [one, other] : [other, one];
}

function paramsOf(
  bodies: readonly [IpaCode, IpaCode],
  { from, to }: Range,
  author: IpaCode,
): readonly unknown[] {
  return [from, to, bodies.map((ipa) => ipa.toLowerCase()), author];
}
