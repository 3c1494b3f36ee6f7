/**
 * The tree over the events that two authorities compare: items by the SHA-256 of (author, id), in buckets by its first two
 * bytes, buckets in branches by its first byte. Two sides descend only where they differ. Each level is hashed with a
 * prefix byte of its own (after RFC 6962 §2.1), and a node's digest follows from its children and their counts: whoever
 * claims a root can be held to it one level at a time.
 */
import { createHash } from 'node:crypto';
import type { EventId, IpaCode, PracticeId, Sha256 } from '#contracts';

/** One event in its place, as far as two sides must agree on it: all of it is signed, and the same everywhere. */
export interface RangeItem {
  readonly author: IpaCode;
  readonly eventId: EventId;
  readonly owner: IpaCode;
  readonly uuid: PracticeId;
  readonly position: number;
  /** SHA-256 of the event's signed bytes. */
  readonly digest: Sha256;
  /** SHA-256 of the signed decision. */
  readonly decisionDigest: Sha256;
}

/** A branch or a bucket that is not empty. */
export interface TreeNode {
  /** Lower-case hexadecimal of the key's first bytes: 2 characters for a branch, 4 for a bucket. */
  readonly prefix: string;
  readonly count: number;
  /** 32 bytes. */
  readonly digest: Buffer;
}

/** All events of one author in a range. */
export interface TreeRoot {
  readonly count: number;
  readonly root: Buffer;
}

/** Characters of a prefix at each level. */
export const ROOT = '';
export const BRANCH_LENGTH = 2;
export const BUCKET_LENGTH = 4;

/** Prefix bytes of what is hashed. */
export const LEVEL = { leaf: 0, bucket: 1, branch: 2, root: 3 } as const;

/** One side's tree of one author's events. A node that is empty has no entry. */
export interface RangeTree {
  /** Of each node (the root, or branches), its children by prefix. */
  children(prefixes: readonly string[]): Promise<ReadonlyMap<string, readonly TreeNode[]>>;
  /** Of each bucket, its items in the order of their keys. */
  items(buckets: readonly string[]): Promise<ReadonlyMap<string, readonly RangeItem[]>>;
}

/** Where an item stands in the tree: 32 bytes. */
export function keyOf({ author, eventId }: Pick<RangeItem, 'author' | 'eventId'>): Buffer {
  return createHash('sha256').update(`${author}/${eventId}`).digest();
}

/** The bucket that an item belongs in. */
export function bucketOf(item: Pick<RangeItem, 'author' | 'eventId'>): string {
  return keyOf(item).toString('hex').slice(0, BUCKET_LENGTH);
}

/** SHA-256(0x00 ‖ author/id/owner/uuid/position ‖ event digest ‖ decision digest). No part of the text holds a slash. */
export function leafOf(item: RangeItem): Buffer {
  return hashed(
    LEVEL.leaf,
    Buffer.from([item.author, item.eventId, item.owner, item.uuid, item.position].join('/')),
    Buffer.from(item.digest, 'hex'),
    Buffer.from(item.decisionDigest, 'hex'),
  );
}

/** SHA-256(0x01 ‖ leaves in the order of their items' keys). */
export function bucketDigest(items: readonly RangeItem[]): Buffer {
  return hashed(LEVEL.bucket, ...inOrder(items).map(leafOf));
}

/** SHA-256(level ‖ for each child in order: its byte ‖ its count in 8 bytes ‖ its digest). */
export function parentDigest(level: 2 | 3, children: readonly TreeNode[]): Buffer {
  return hashed(level, ...children.map(childBytes));
}

/** The root over its branches. */
export function rootOf(branches: readonly TreeNode[]): TreeRoot {
  return { count: countOf(branches), root: parentDigest(LEVEL.root, branches) };
}

/** The branches over all buckets, given in order. */
export function branchesOf(buckets: readonly TreeNode[]): TreeNode[] {
  const grouped = Map.groupBy(buckets, ({ prefix }) => prefix.slice(0, BRANCH_LENGTH));
  return [...grouped].map(([prefix, children]) => ({
    prefix,
    count: countOf(children),
    digest: parentDigest(LEVEL.branch, children),
  }));
}

export function countOf(nodes: readonly TreeNode[]): number {
  return nodes.reduce((sum, { count }) => sum + count, 0);
}

/** A tree of items that are in memory. */
export class MemoryTree implements RangeTree {
  readonly #buckets: ReadonlyMap<string, readonly RangeItem[]>;
  readonly #nodes: readonly TreeNode[];

  constructor(items: readonly RangeItem[]) {
    this.#buckets = Map.groupBy(inOrder(items), bucketOf);
    this.#nodes = [...this.#buckets].map(([prefix, held]) => ({
      prefix,
      count: held.length,
      digest: bucketDigest(held),
    }));
  }

  get root(): TreeRoot {
    return rootOf(branchesOf(this.#nodes));
  }

  children(prefixes: readonly string[]): Promise<ReadonlyMap<string, readonly TreeNode[]>> {
    return Promise.resolve(childrenIn(this.#nodes, prefixes));
  }

  items(buckets: readonly string[]): Promise<ReadonlyMap<string, readonly RangeItem[]>> {
    return Promise.resolve(new Map([...this.#buckets].filter(([prefix]) => buckets.includes(prefix))));
  }
}

/** The children of nodes, from the buckets below them. */
export function childrenIn(
  buckets: readonly TreeNode[],
  prefixes: readonly string[],
): ReadonlyMap<string, readonly TreeNode[]> {
  return new Map(
    prefixes.map((prefix) => {
      const below = buckets.filter((bucket) => bucket.prefix.startsWith(prefix));
      return [prefix, prefix === ROOT ? branchesOf(below) : below];
    }),
  );
}

function inOrder(items: readonly RangeItem[]): RangeItem[] {
  return items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((one, other) => Buffer.compare(one.key, other.key))
    .map(({ item }) => item);
}

function childBytes({ prefix, count, digest }: TreeNode): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt8(Number.parseInt(prefix.slice(-2), 16), 0);
  head.writeBigUInt64BE(BigInt(count), 1);
  return Buffer.concat([head, digest]);
}

function hashed(level: number, ...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256').update(Buffer.from([level]));
  for (const part of parts) hash.update(part);
  return hash.digest();
}
