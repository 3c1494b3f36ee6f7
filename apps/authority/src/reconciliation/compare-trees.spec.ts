import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEventId, parseIpaCode, parsePracticeId, parseSha256 } from '#contracts';
import { compareTrees, NODES_AT_ONCE, type Differences } from './compare-trees.ts';
import { MemoryTree, type RangeItem, type RangeTree, type TreeNode } from './range-tree.ts';

const author = parseIpaCode('c_d150');
const PRACTICE = parsePracticeId('3f2504e0-4f89-41d3-9a0c-0305e82c3301');

/** Event `n` of the author; `copy` tells its bytes from those of another copy. */
function anItem(n: number, copy = 0): RangeItem {
  const tail = n.toString(16).padStart(12, '0');
  return {
    author,
    eventId: parseEventId(`01890a5d-ac96-774b-bcce-${tail}`),
    owner: author,
    uuid: PRACTICE,
    position: n + 1,
    digest: parseSha256((n * 2 + copy).toString(16).padStart(64, '0')),
    decisionDigest: parseSha256('ab'.repeat(32)),
  };
}

/** A tree that counts what it is asked. */
class Counted implements RangeTree {
  questions = 0;
  nodes = 0;

  constructor(private readonly tree: RangeTree) {}

  children(prefixes: readonly string[]) {
    this.#note(prefixes);
    return this.tree.children(prefixes);
  }

  items(buckets: readonly string[]) {
    this.#note(buckets);
    return this.tree.items(buckets);
  }

  #note(prefixes: readonly string[]): void {
    this.questions += 1;
    this.nodes += prefixes.length;
    expect(prefixes.length).toBeLessThanOrEqual(NODES_AT_ONCE);
  }
}

async function compared(ours: readonly RangeItem[], theirs: readonly RangeItem[], limit = Infinity) {
  const there = new MemoryTree(theirs);
  const remote = new Counted(there);
  const found = await compareTrees({
    local: new MemoryTree(ours),
    remote,
    author,
    claimed: there.root,
    limit,
  });
  return { found, remote };
}

const numbers = (items: readonly RangeItem[]): number[] =>
  items.map(({ position }) => position - 1).toSorted((a, b) => a - b);
const sizeOf = ({ missingHere, missingThere, different }: Differences): number =>
  missingHere.length + missingThere.length + different.length;

/** For each event, who holds it: both, one side, or both in different copies. */
const standings = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.constant('both' as const) },
    { weight: 1, arbitrary: fc.constantFrom('here' as const, 'there' as const, 'different' as const) },
  ),
  { maxLength: 400 },
);

describe('two trees', () => {
  it('of any two sets give their exact differences, and no more is asked for than differs', async () => {
    await fc.assert(
      fc.asyncProperty(standings, async (standing) => {
        const numbered = [...standing.entries()];
        const of = (...kinds: string[]) =>
          numbered.filter(([, kind]) => kinds.includes(kind)).map(([n]) => n);
        const { found, remote } = await compared(
          of('both', 'here', 'different').map((n) => anItem(n)),
          [...of('both', 'there').map((n) => anItem(n)), ...of('different').map((n) => anItem(n, 1))],
        );
        expect(numbers(found.missingHere)).toEqual(of('there'));
        expect(numbers(found.missingThere)).toEqual(of('here'));
        expect(numbers(found.different.map(({ here }) => here))).toEqual(of('different'));
        expect(found.different.every(({ here, there }) => here.digest !== there.digest)).toBe(true);
        expect(found.complete).toBe(true);
        expect(remote.nodes).toBeLessThanOrEqual(1 + 2 * sizeOf(found));
        expect(remote.questions).toBeLessThanOrEqual(1 + 2 * sizeOf(found));
      }),
      { numRuns: 60 },
    );
  });

  it('have one root for one set, in whatever order its events came, and another for any other set', () => {
    const set = fc.uniqueArray(fc.nat(300), { maxLength: 60 });
    const rootOf = (members: readonly number[]) =>
      new MemoryTree(members.map((n) => anItem(n))).root.root.toString('hex');
    fc.assert(
      fc.property(set, set, (one, other) => {
        const sorted = (members: number[]) => members.toSorted((a, b) => a - b).join();
        expect(rootOf(one)).toBe(rootOf(one.toReversed()));
        expect(rootOf(one) === rootOf(other)).toBe(sorted(one) === sorted(other));
      }),
    );
  });

  it('of 4,000 events that differ in one are compared with three questions', async () => {
    const all = Array.from({ length: 4_000 }, (_, n) => anItem(n));
    const { found, remote } = await compared(all.slice(1), all);
    expect(numbers(found.missingHere)).toEqual([0]);
    expect([remote.questions, remote.nodes]).toEqual([3, 3]);
  });

  it('with more differences than one comparison may take are compared in part, and it says so', async () => {
    const all = Array.from({ length: 5_000 }, (_, n) => anItem(n));
    const { found } = await compared([], all, 100);
    expect(found.complete).toBe(false);
    expect(found.missingHere.length).toBeGreaterThanOrEqual(100);
    expect(found.missingHere.length).toBeLessThan(600);
  });
});

describe('a neighbour that lies', () => {
  const all = Array.from({ length: 3_000 }, (_, n) => anItem(n));
  const honest = new MemoryTree(all);
  const lying = (change: Partial<RangeTree>): RangeTree => ({
    children: (prefixes) => honest.children(prefixes),
    items: (buckets) => honest.items(buckets),
    ...change,
  });
  const ask = (remote: RangeTree, claimed = honest.root) =>
    compareTrees({ local: new MemoryTree(all.slice(5)), remote, author, claimed, limit: 1_000 });
  const altered = async <T>(answer: Promise<ReadonlyMap<string, readonly T[]>>, change: (one: T) => T) =>
    new Map([...(await answer)].map(([prefix, list]) => [prefix, list.map(change)] as const));

  it.each<[string, RangeTree]>([
    ['has nothing below the root that it signed', lying({ children: () => Promise.resolve(new Map()) })],
    [
      'gives other counts than it signed',
      lying({
        children: (prefixes) =>
          altered(honest.children(prefixes), (node: TreeNode) => ({ ...node, count: node.count + 1 })),
      }),
    ],
    [
      'gives events of another practice than it hashed',
      lying({
        items: (buckets) =>
          altered(honest.items(buckets), (item: RangeItem) => ({
            ...item,
            uuid: parsePracticeId(item.eventId),
          })),
      }),
    ],
    [
      'gives the events of another bucket',
      lying({
        items: async (buckets) =>
          new Map([...(await honest.items(buckets))].map(([p]) => [p, all.slice(0, 3)])),
      }),
    ],
    [
      'leads in a circle',
      lying({
        children: async (prefixes) => {
          const [branch] = (await honest.children([''])).get('') ?? [];
          return new Map(prefixes.map((prefix) => [prefix, branch === undefined ? [] : [branch]]));
        },
      }),
    ],
  ])('that %s is refused', async (_, remote) => {
    await expect(ask(remote)).rejects.toMatchObject({ code: 'RECONCILIATION_ANSWER_INVALID' });
  });

  it('that signed another root is refused at the first answer', async () => {
    const remote = new Counted(honest);
    const claimed = { count: 3_000, root: Buffer.alloc(32) };
    await expect(ask(remote, claimed)).rejects.toMatchObject({ code: 'RECONCILIATION_ANSWER_INVALID' });
    expect(remote.questions).toBe(1);
  });
});
