import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bundlesOfGrowth,
  consistencyTiles,
  entriesPath,
  formatBundle,
  inclusionTiles,
  parseBundle,
  parseHashTile,
  parseTilePath,
  resourcePath,
  rootTiles,
  tilePath,
  tilesOfGrowth,
  tilesOfTree,
  type TileResource,
} from './index.ts';
import { VECTORS } from './reference-vectors.fixture.ts';

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

describe('paths of tiles', () => {
  it.each(VECTORS.paths)('level %i, index %i, width %i is %s, both ways', (level, index, width, path) => {
    const resource: TileResource =
      level < 0 ? { kind: 'entries', index, width } : { kind: 'hashes', level, index, width };
    expect(resourcePath(resource)).toBe(path);
    expect(parseTilePath(path)).toEqual(resource);
  });

  it('writes any tile in one way and reads it back', () => {
    const index = fc.oneof(fc.nat(2000), fc.nat(), fc.maxSafeInteger().map(Math.abs));
    fc.assert(
      fc.property(fc.nat(63), index, fc.integer({ min: 1, max: 256 }), (level, at, width) => {
        const tile = { level, index: at, width };
        expect(parseTilePath(tilePath(tile))).toEqual({ kind: 'hashes', ...tile });
        expect(parseTilePath(entriesPath(tile))).toEqual({ kind: 'entries', index: at, width });
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['no index', 'tile/0'],
    ['an index of one digit', 'tile/0/0'],
    ['an index of two digits', 'tile/0/00'],
    ['an index of four digits', 'tile/0/0000'],
    ['a level with a leading zero', 'tile/00/000'],
    ['a level with a sign', 'tile/-1/000'],
    ['a level above 63', 'tile/64/000'],
    ['a level of three digits', 'tile/100/000'],
    ['a first element of zeroes', 'tile/0/x000/000'],
    ['nothing after an x element', 'tile/0/x001'],
    ['a first element without x', 'tile/0/001/234'],
    ['a last element with x', 'tile/0/x001/x234'],
    ['a capital X', 'tile/0/X001/234'],
    ['a short element', 'tile/0/x1/234'],
    ['no width', 'tile/0/000.p'],
    ['an empty width', 'tile/0/000.p/'],
    ['width 0', 'tile/0/000.p/0'],
    ['width 00', 'tile/0/000.p/00'],
    ['a width with a leading zero', 'tile/0/000.p/01'],
    ['width 256', 'tile/0/000.p/256'],
    ['width 257', 'tile/0/000.p/257'],
    ['width 1000', 'tile/0/000.p/1000'],
    ['a negative width', 'tile/0/000.p/-1'],
    ['a slash behind', 'tile/0/000/'],
    ['a slash before', '/tile/0/000'],
    ['two slashes', 'tile//0/000'],
    ['a space', 'tile/0/000 '],
    ['a newline', 'tile/0/000\n'],
    ['digits that are not ASCII', 'tile/0/٠٠٠'],
    ['the path of another scheme', 'tile/data/000'],
    ['bundles with a level', 'tile/8/entries/000'],
    ['a full bundle called partial', 'tile/entries/000.p/256'],
    ['an index beyond 2^53', 'tile/0/x009/x007/x199/x254/x740/992'],
    ['an endless index', `tile/0/${'x999/'.repeat(20)}999`],
    ['another file', 'checkpoint'],
  ])('refuses %s', (_, path) => {
    expect(() => parseTilePath(path)).toThrow(coded('LOG_TILE_MALFORMED'));
  });

  it('refuses to name what is no tile', () => {
    const malformed = coded('LOG_TILE_MALFORMED');
    expect(() => tilePath({ level: 64, index: 0, width: 1 })).toThrow(malformed);
    expect(() => tilePath({ level: 0, index: 0, width: 0 })).toThrow(malformed);
    expect(() => entriesPath({ index: 0, width: 257 })).toThrow(malformed);
    expect(() => entriesPath({ index: -1, width: 1 })).toThrow(coded('LOG_PROOF_MALFORMED'));
  });
});

describe('which tiles', () => {
  it.each(VECTORS.growth)(
    'growth from $from to $to writes what the reference writes',
    ({ from, to, tiles }) => {
      expect(tilesOfGrowth(from, to).map(tilePath)).toEqual(tiles);
    },
  );

  it('has the tiles of the example in the specification', () => {
    const count = (level: number, full: boolean): number =>
      tilesOfTree(70_000).filter((tile) => tile.level === level && (tile.width === 256) === full).length;
    expect([count(0, true), count(1, true), count(2, true)]).toEqual([273, 1, 0]);
    expect(rootTiles(70_000).map(tilePath).toSorted()).toEqual([
      'tile/0/273.p/112',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
    ]);
    expect(tilesOfTree(256).map(tilePath)).toEqual(['tile/0/000', 'tile/1/000.p/1']);
    expect(tilesOfTree(0)).toEqual([]);
  });

  it('writes every tile of a tree once it is complete, however the tree grew', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(70_000), { minLength: 1, maxLength: 8 }), (numbers) => {
        const sizes = numbers.toSorted((a, b) => a - b);
        const written = new Set<string>();
        sizes.forEach((to, i) => {
          tilesOfGrowth(sizes[i - 1] ?? 0, to).forEach((tile) => written.add(tilePath(tile)));
        });
        const needed = sizes.flatMap((size) => tilesOfTree(size).map(tilePath));
        expect([...written].toSorted()).toEqual([...new Set(needed)].toSorted());
      }),
      { numRuns: 30 },
    );
  });

  it('has bundles where it has leaf hashes', () => {
    expect(bundlesOfGrowth(255, 513)).toEqual([
      { index: 0, width: 256 },
      { index: 1, width: 256 },
      { index: 2, width: 1 },
    ]);
    expect(() => bundlesOfGrowth(2, 1)).toThrow(coded('LOG_PROOF_MALFORMED'));
  });

  it('names the few tiles of a proof in a tree of a billion leaves', () => {
    expect(inclusionTiles(123_456_789, 1_000_000_000).map(tilePath)).toEqual([
      'tile/0/x482/253',
      'tile/1/x001/883',
      'tile/2/007',
      'tile/3/000.p/59',
      'tile/2/059.p/154',
      'tile/1/x015/258.p/202',
    ]);
    expect(consistencyTiles(65_536, 65_537).map(tilePath)).toEqual(['tile/0/256.p/1']);
    expect(consistencyTiles(5, 5)).toEqual([]);
  });
});

describe('contents of tiles and bundles', () => {
  it('reads any bundle back as it was written', () => {
    const entries = fc.array(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      { minLength: 1, maxLength: 256 },
    );
    fc.assert(
      fc.property(entries, (list) => {
        expect(parseBundle(formatBundle(list), list.length)).toEqual(list);
      }),
      { numRuns: 30 },
    );
  });

  it('holds an empty entry and one of 65,535 bytes, and no larger one', () => {
    const list = [Buffer.alloc(0), Buffer.alloc(65_535, 7)];
    const bundle = formatBundle(list);
    expect(bundle.subarray(0, 4).toString('hex')).toBe('0000ffff');
    expect(parseBundle(bundle, 2).map(({ length }) => length)).toEqual([0, 65_535]);
    expect(() => formatBundle([Buffer.alloc(65_536)])).toThrow(coded('LOG_ENTRY_TOO_LARGE'));
    expect(() => formatBundle([])).toThrow(coded('LOG_TILE_MALFORMED'));
    expect(() => formatBundle(Array.from({ length: 257 }, () => Buffer.alloc(1)))).toThrow(
      coded('LOG_TILE_MALFORMED'),
    );
  });

  it.each([
    ['one entry too few', '000141', 2],
    ['one entry too many', '000141000142', 1],
    ['half a length', '00014100', 2],
    ['half an entry', '0001410002', 2],
    ['nothing', '', 1],
  ])('refuses a bundle with %s', (_, hex, width) => {
    expect(() => parseBundle(Buffer.from(hex, 'hex'), width)).toThrow(coded('LOG_TILE_MALFORMED'));
  });

  it('refuses a tile that does not hold its number of hashes', () => {
    expect(parseHashTile(Buffer.alloc(64), 2)).toHaveLength(2);
    expect(() => parseHashTile(Buffer.alloc(63), 2)).toThrow(coded('LOG_TILE_MALFORMED'));
    expect(() => parseHashTile(Buffer.alloc(96), 2)).toThrow(coded('LOG_TILE_MALFORMED'));
  });
});
