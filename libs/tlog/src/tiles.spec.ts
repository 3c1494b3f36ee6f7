import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  bundlesOfGrowth,
  consistencyProof,
  consistencyTiles,
  entriesPath,
  formatBundle,
  formatHashTile,
  inclusionProof,
  inclusionTiles,
  recomputeLog,
  rootAt,
  rootTiles,
  TileEdge,
  tilePath,
  tilesOfTree,
  VerifiedTiles,
  verifyConsistency,
  verifyInclusion,
  type ReadLogFile,
} from './index.ts';
import { flipBit, LogDirectory, sha256 } from './log-directory.fixture.ts';
import { ENTRIES, GOLDEN_SIZES, HASH_AT, LEAVES, VECTORS } from './reference-vectors.fixture.ts';

function coded(...codes: string[]): Error {
  return expect.objectContaining({ code: expect.toBeOneOf(codes) as string }) as Error;
}

function digest(proof: readonly Buffer[]): string {
  return sha256(...proof).slice(0, 16);
}

/** A reader that notes what it was asked for. */
function recording(read: ReadLogFile): { read: ReadLogFile; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    read: (path) => {
      asked.push(path);
      return read(path);
    },
  };
}

/** The largest golden log, and every smaller tree's root. */
let log: LogDirectory;
const rootOf = (size: number): Buffer => rootAt(size, HASH_AT);
const openAt = (size: number, read: ReadLogFile = log.read): Promise<VerifiedTiles> =>
  VerifiedTiles.open({ size, root: rootOf(size) }, read);

beforeAll(() => {
  log = LogDirectory.of(65_537, ...GOLDEN_SIZES.filter((size) => size < 65_537));
});

describe('the tree of the reference implementation', () => {
  it.each(VECTORS.trees)('of $size leaves has the same root, tiles and bundles', (vector) => {
    const { size } = vector;
    const grown = LogDirectory.of(size);
    expect(grown.root.toString('hex')).toBe(vector.root);
    const tiles = tilesOfTree(size).map(tilePath);
    expect(tiles).toHaveLength(vector.tiles);
    expect(sha256(...tiles.map((path) => `${path} ${sha256(grown.files.get(path)!)}\n`))).toBe(
      vector.tilesDigest,
    );
    const bundles = bundlesOfGrowth(0, size).map((bundle) => grown.files.get(entriesPath(bundle))!);
    expect(sha256(...bundles)).toBe(vector.bundlesDigest);
    expect(grown.files.size).toBe(tiles.length + bundles.length);
  });

  it('has the same proofs, from its hashes and from its tiles', async () => {
    for (const [size, index, length, expected] of VECTORS.inclusion) {
      const proof = await (await openAt(size)).inclusionProof(index);
      expect([size, index, proof.length, digest(proof)]).toEqual([size, index, length, expected]);
      expect(digest(inclusionProof(index, size, HASH_AT))).toBe(expected);
    }
    for (const [first, second, length, expected] of VECTORS.consistency) {
      const proof = await (await openAt(second)).consistencyProof(first);
      expect([first, second, proof.length, digest(proof)]).toEqual([first, second, length, expected]);
      expect(digest(consistencyProof(first, second, HASH_AT))).toBe(expected);
    }
  });
});

describe('a tree that grows', () => {
  it('has the same tiles whatever the steps, and whether or not it was resumed in between', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { minLength: 1, maxLength: 6 }), (numbers) => {
        const files = new Map<string, Buffer>();
        let edge = TileEdge.empty();
        for (const size of numbers.toSorted((a, b) => a - b)) {
          for (const { tile, bytes } of edge.grow(LEAVES.slice(edge.size, size))) {
            files.set(tilePath(tile), bytes);
          }
          expect(edge.root().equals(rootOf(size))).toBe(true);
          for (const tile of tilesOfTree(size)) {
            expect(files.get(tilePath(tile))?.equals(formatHashTile(tile, HASH_AT))).toBe(true);
          }
          edge = TileEdge.from(size, (tile) => files.get(tilePath(tile))!);
          expect(edge.size).toBe(size);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('names the hash that a store lacks', () => {
    expect(() => formatHashTile({ level: 0, index: 0, width: 2 }, () => undefined)).toThrow(
      coded('LOG_NODE_MISSING'),
    );
  });

  it('refuses a hash that is not 32 bytes and a partial tile of another width, and stays as it was', () => {
    const edge = TileEdge.empty();
    edge.grow(LEAVES.slice(0, 3));
    expect(() => edge.grow([LEAVES[3]!, Buffer.alloc(31)])).toThrow(coded('LOG_PROOF_MALFORMED'));
    expect(edge.root().equals(rootOf(3))).toBe(true);
    expect(() => TileEdge.from(3, () => Buffer.alloc(64))).toThrow(coded('LOG_TILE_MALFORMED'));
  });
});

describe('proofs from tiles', () => {
  const sizes = fc.oneof(fc.constantFrom(...GOLDEN_SIZES.slice(1)), fc.integer({ min: 1, max: 65_537 }));

  it('equal the proofs from the tree, for any leaf and any two sizes', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (size, a, b) => {
        const whole = await openAt(65_537);
        const index = a % size;
        const proof = await whole.inclusionProof(index, size);
        expect(proof).toEqual(inclusionProof(index, size, HASH_AT));
        verifyInclusion(LEAVES[index]!, index, size, proof, rootOf(size));
        const firstSize = b % (size + 1);
        const consistency = await whole.consistencyProof(firstSize, size);
        expect(consistency).toEqual(consistencyProof(firstSize, size, HASH_AT));
        verifyConsistency(
          { firstSize, firstRoot: rootOf(firstSize), secondSize: size, secondRoot: rootOf(size) },
          consistency,
        );
        expect(await whole.rootAt(firstSize)).toEqual(rootOf(firstSize));
      }),
      { numRuns: 60 },
    );
  });

  it('read the partial tiles, the tiles named beforehand and those above them, and none of them twice', async () => {
    const { read, asked } = recording(log.read);
    const tiles = await openAt(65_537, read);
    expect(asked.toSorted()).toEqual(rootTiles(65_537).map(tilePath).toSorted());
    await tiles.inclusionProof(300);
    await tiles.inclusionProof(301);
    await tiles.consistencyProof(65_536);
    const named = [...inclusionTiles(300, 65_537), ...consistencyTiles(65_536, 65_537)].map(tilePath);
    expect(new Set(asked)).toEqual(new Set([...rootTiles(65_537).map(tilePath), ...named]));
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('give the entries, compared with their leaf hashes', async () => {
    const tiles = await openAt(65_537);
    expect(await tiles.entries(255)).toEqual(ENTRIES.slice(65_280, 65_536));
    expect(await tiles.entries(256)).toEqual(ENTRIES.slice(65_536));
    await expect(tiles.entries(257)).rejects.toThrow(coded('LOG_NODE_MISSING'));
  });

  it('read the full tile where the partial one was deleted', async () => {
    const read: ReadLogFile = (path) => log.read(/^tile\/(0|entries)\/000\.p/.test(path) ? 'gone' : path);
    const tiles = await openAt(255, read);
    expect(await tiles.inclusionProof(17)).toEqual(inclusionProof(17, 255, HASH_AT));
    expect(await tiles.entries(0)).toEqual(ENTRIES.slice(0, 255));
  });

  it('are not made of sizes that the tree does not have', async () => {
    const tiles = await openAt(257);
    await expect(tiles.inclusionProof(257)).rejects.toThrow(coded('LOG_PROOF_MALFORMED'));
    await expect(tiles.inclusionProof(0, 258)).rejects.toThrow(coded('LOG_NODE_MISSING'));
    await expect(tiles.consistencyProof(258)).rejects.toThrow(coded('LOG_PROOF_MALFORMED'));
    await expect(VerifiedTiles.open({ size: -1, root: rootOf(0) }, log.read)).rejects.toThrow(
      coded('LOG_PROOF_MALFORMED'),
    );
  });
});

describe('tiles that were altered', () => {
  const altered = (path: string, change: (bytes: Buffer) => Buffer): ReadLogFile => {
    return async (asked) => {
      const bytes = await log.read(asked);
      return asked === path && bytes !== undefined ? change(bytes) : bytes;
    };
  };

  it('are refused for any bit of any tile that a proof reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(65_536), fc.nat(), fc.nat(), async (index, which, bit) => {
        const read = [...rootTiles(65_537), ...inclusionTiles(index, 65_537)].map(tilePath);
        const bad = altered(read[which % read.length]!, (bytes) => flipBit(bytes, bit));
        await expect(openAt(65_537, bad).then((tiles) => tiles.inclusionProof(index))).rejects.toThrow(
          coded('LOG_TILE_INVALID'),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('are refused when two of them have changed places, one is cut, padded, or missing', async () => {
    const refused = async (read: ReadLogFile, code: string): Promise<void> => {
      await expect(openAt(65_537, read).then((tiles) => tiles.inclusionProof(3))).rejects.toThrow(
        coded(code),
      );
    };
    await refused((path) => log.read(path === 'tile/0/000' ? 'tile/0/001' : path), 'LOG_TILE_INVALID');
    await refused(
      altered('tile/0/000', (bytes) => bytes.subarray(32)),
      'LOG_TILE_MALFORMED',
    );
    await refused(
      altered('tile/1/000', (bytes) => Buffer.concat([bytes, Buffer.alloc(32)])),
      'LOG_TILE_MALFORMED',
    );
    await refused((path) => log.read(path === 'tile/0/000' ? 'gone' : path), 'LOG_TILE_MISSING');
  });

  it('are refused whole: a tile of another tree does not pass because the proof did not touch the change', async () => {
    const read = altered('tile/0/000', (bytes) => flipBit(bytes, 255 * 32 * 8));
    const tiles = await openAt(65_537, read);
    await expect(tiles.inclusionProof(0)).rejects.toThrow(coded('LOG_TILE_INVALID'));
  });

  it('are asked for again after an error, in case the connection was at fault', async () => {
    let down = true;
    const tiles = await openAt(65_537, (path) =>
      path === 'tile/0/000' && down ? Promise.reject(new Error('down')) : log.read(path),
    );
    await expect(tiles.inclusionProof(0)).rejects.toThrow('down');
    down = false;
    expect(await tiles.inclusionProof(0)).toEqual(inclusionProof(0, 65_537, HASH_AT));
  });

  it('do not let an entry pass that was not logged', async () => {
    const forged = [Buffer.from('forged'), ...ENTRIES.slice(1, 256)];
    const tiles = await openAt(
      65_537,
      altered('tile/entries/000', () => formatBundle(forged)),
    );
    await expect(tiles.entries(0)).rejects.toThrow(coded('LOG_TILE_INVALID'));
  });
});

describe('a log that is read from its entries up', () => {
  async function read(size: number, from: ReadLogFile, edge?: TileEdge): Promise<number> {
    let count = 0;
    for await (const { entries } of recomputeLog({ size, root: rootOf(size) }, from, edge)) {
      count += entries.length;
    }
    return count;
  }

  it('gives every entry of each size, from the first on and going on from the size before', async () => {
    const edge = TileEdge.empty();
    for (const size of GOLDEN_SIZES) {
      const before = edge.size;
      expect(await read(size, log.read, edge)).toBe(size - before);
      expect(edge.size).toBe(size);
      // The largest are two more and one more than what was read just now.
      if (size <= 257 || size === Math.max(...GOLDEN_SIZES)) expect(await read(size, log.read)).toBe(size);
    }
  });

  it('refuses any file that has a bit changed, at the latest at its end', async () => {
    const files = LogDirectory.of(600).files;
    const size = 600;
    const needed = [
      ...tilesOfTree(size).map(tilePath),
      ...bundlesOfGrowth(0, size).map((bundle) => entriesPath(bundle)),
    ];
    expect([...files.keys()].toSorted()).toEqual(needed.toSorted());
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...needed), fc.nat(), async (path, bit) => {
        const bad: ReadLogFile = (asked) => {
          const bytes = files.get(asked);
          return Promise.resolve(asked === path && bytes !== undefined ? flipBit(bytes, bit) : bytes);
        };
        await expect(read(size, bad)).rejects.toThrow(coded('LOG_TILE_INVALID', 'LOG_TILE_MALFORMED'));
      }),
      { numRuns: 100 },
    );
  });

  it('refuses a log that is shorter than what was seen, or whose root is another', async () => {
    const edge = TileEdge.empty();
    edge.grow(LEAVES.slice(0, 300));
    await expect(read(257, log.read, edge)).rejects.toThrow(coded('LOG_TILE_INVALID'));
    const wrong = recomputeLog({ size: 257, root: rootOf(256) }, log.read);
    await expect(wrong.next()).resolves.toMatchObject({ done: false });
    await expect(wrong.next().then(() => wrong.next())).rejects.toThrow(coded('LOG_TILE_INVALID'));
  });
});
