import { sameIpa, type IpaCode } from '#contracts';
import { HubError } from '#errors';
import {
  bucketDigest,
  bucketOf,
  countOf,
  keyOf,
  leafOf,
  LEVEL,
  parentDigest,
  ROOT,
  type RangeItem,
  type RangeTree,
  type TreeNode,
  type TreeRoot,
} from './range-tree.ts';

/** What one comparison found. */
export interface Differences {
  /** Held there, not here. */
  readonly missingHere: readonly RangeItem[];
  /** Held here, not there. */
  readonly missingThere: readonly RangeItem[];
  /** Held on both sides, but not the same. */
  readonly different: readonly { readonly here: RangeItem; readonly there: RangeItem }[];
  /** False if the comparison stopped at its limit: there may be more. */
  readonly complete: boolean;
}

export interface Compared {
  readonly local: RangeTree;
  readonly remote: RangeTree;
  /** Whose events the trees hold. */
  readonly author: IpaCode;
  /** What the remote side signed. */
  readonly claimed: TreeRoot;
  /** Stop after so many differences: the rest is for the next comparison. */
  readonly limit: number;
}

/** Nodes asked for with one question. */
export const NODES_AT_ONCE = 32;

/**
 * The exact differences between two trees. It descends only where digests differ: at most one question for each level and
 * `NODES_AT_ONCE` nodes, and never more nodes than differences. Every answer must lead to the digest that the level
 * above it gave, and the first to the root that was signed.
 * @throws HubError `RECONCILIATION_ANSWER_INVALID` if the remote side's answers do not add up
 */
export async function compareTrees(compared: Compared): Promise<Differences> {
  const found = new Found(compared.limit);
  const { local, remote, claimed } = compared;
  const theirs = childrenOf(await remote.children([ROOT]), ROOT);
  requireSum(theirs, ROOT, { count: claimed.count, digest: claimed.root });
  const ours = childrenOf(await local.children([ROOT]), ROOT);
  for (const branches of chunked(differing(ours, theirs))) {
    if (found.isFull) break;
    await compareBranches(compared, branches, theirs, found);
  }
  return found.result();
}

async function compareBranches(
  { local, remote, author }: Compared,
  branches: readonly string[],
  claims: readonly TreeNode[],
  found: Found,
): Promise<void> {
  const claim = byPrefix(claims);
  const asked = branches.filter((prefix) => claim.has(prefix));
  const answer = asked.length === 0 ? new Map<string, never>() : await remote.children(asked);
  const theirs = asked.flatMap((prefix) => {
    const children = childrenOf(answer, prefix);
    requireSum(children, prefix, claim.get(prefix));
    return children;
  });
  const ours = [...(await local.children(branches)).values()].flat();
  for (const buckets of chunked(differing(ours, theirs))) {
    if (found.isFull) return;
    await compareBuckets({ local, remote, author }, buckets, byPrefix(theirs), found);
  }
}

async function compareBuckets(
  { local, remote, author }: Pick<Compared, 'local' | 'remote' | 'author'>,
  buckets: readonly string[],
  claim: ReadonlyMap<string, TreeNode>,
  found: Found,
): Promise<void> {
  const asked = buckets.filter((prefix) => claim.has(prefix));
  const [ours, theirs] = await Promise.all([
    local.items(buckets),
    asked.length === 0 ? new Map<string, never>() : remote.items(asked),
  ]);
  for (const prefix of buckets) {
    const there = theirs.get(prefix) ?? [];
    if (claim.has(prefix)) requireItems(there, prefix, author, claim.get(prefix));
    found.compare(ours.get(prefix) ?? [], there);
  }
}

/** Differences as they are found. */
class Found {
  readonly #missingHere: RangeItem[] = [];
  readonly #missingThere: RangeItem[] = [];
  readonly #different: { readonly here: RangeItem; readonly there: RangeItem }[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#missingHere.length + this.#missingThere.length + this.#different.length >= this.#limit;
  }

  compare(ours: readonly RangeItem[], theirs: readonly RangeItem[]): void {
    const here = new Map(ours.map((item) => [nameOf(item), item]));
    for (const there of theirs) {
      const own = here.get(nameOf(there));
      here.delete(nameOf(there));
      if (own === undefined) this.#missingHere.push(there);
      else if (!leafOf(own).equals(leafOf(there))) this.#different.push({ here: own, there });
    }
    this.#missingThere.push(...here.values());
  }

  result(): Differences {
    return {
      missingHere: this.#missingHere,
      missingThere: this.#missingThere,
      different: this.#different,
      complete: !this.isFull,
    };
  }
}

function nameOf(item: RangeItem): string {
  return keyOf(item).toString('hex');
}

/** The prefixes at which the two sides do not have the same node. */
function differing(ours: readonly TreeNode[], theirs: readonly TreeNode[]): string[] {
  const here = byPrefix(ours);
  const there = byPrefix(theirs);
  return [...new Set([...here.keys(), ...there.keys()])].filter((prefix) => {
    const one = here.get(prefix);
    const other = there.get(prefix);
    return one === undefined || other === undefined || !isSame(one, other);
  });
}

function isSame(one: TreeNode, other: TreeNode): boolean {
  return one.count === other.count && one.digest.equals(other.digest);
}

function byPrefix(nodes: readonly TreeNode[]): Map<string, TreeNode> {
  return new Map(nodes.map((node) => [node.prefix, node]));
}

function childrenOf(answer: ReadonlyMap<string, readonly TreeNode[]>, prefix: string): readonly TreeNode[] {
  return answer.get(prefix) ?? [];
}

/** The children are below their parent, in order, each once, and lead to its digest. */
function requireSum(
  children: readonly TreeNode[],
  parent: string,
  claim: Pick<TreeNode, 'count' | 'digest'> | undefined,
): void {
  const level = parent === ROOT ? LEVEL.root : LEVEL.branch;
  const inPlace = children.every(
    ({ prefix, count }, index) =>
      prefix.length === parent.length + 2 &&
      prefix.startsWith(parent) &&
      count > 0 &&
      (index === 0 || (children[index - 1]?.prefix ?? '') < prefix),
  );
  if (inPlace && countOf(children) === claim?.count && parentDigest(level, children).equals(claim.digest))
    return;
  throw new HubError(
    'RECONCILIATION_ANSWER_INVALID',
    `what is below node "${parent}" does not lead to the digest given for it`,
  );
}

/** The items belong into their bucket, are this author's, each once, and lead to its digest. */
function requireItems(
  items: readonly RangeItem[],
  bucket: string,
  author: IpaCode,
  claim: TreeNode | undefined,
): void {
  const inPlace = items.every((item) => sameIpa(item.author, author) && bucketOf(item) === bucket);
  const isDistinct = new Set(items.map(nameOf)).size === items.length;
  if (inPlace && isDistinct && items.length === claim?.count && bucketDigest(items).equals(claim.digest))
    return;
  throw new HubError(
    'RECONCILIATION_ANSWER_INVALID',
    `the events of bucket ${bucket} are not those of ${author} that lead to the digest given for it`,
  );
}

function chunked(prefixes: readonly string[]): string[][] {
  const chunks: string[][] = [];
  for (let from = 0; from < prefixes.length; from += NODES_AT_ONCE)
    chunks.push(prefixes.slice(from, from + NODES_AT_ONCE));
  return chunks;
}
