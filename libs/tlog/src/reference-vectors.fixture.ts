/** Vectors that Go's implementations computed, and the trees they are about. */
import { readFileSync } from 'node:fs';
import { hashesOf, leafHash } from './index.ts';

interface Vectors {
  /** Level (-1: entries), index, width, path. */
  readonly paths: readonly (readonly [number, number, number, string])[];
  readonly trees: readonly {
    readonly size: number;
    readonly root: string;
    readonly tiles: number;
    /** Over the lines `<path> <SHA-256 of the tile>`. */
    readonly tilesDigest: string;
    /** Over all bundles, one after the other. */
    readonly bundlesDigest: string;
  }[];
  readonly growth: readonly {
    readonly from: number;
    readonly to: number;
    readonly tiles: readonly string[];
  }[];
  /** Size, index, number of hashes, digest. */
  readonly inclusion: readonly (readonly [number, number, number, string])[];
  /** Smaller size, larger size, number of hashes, digest. */
  readonly consistency: readonly (readonly [number, number, number, string])[];
  readonly notes: {
    readonly logVkey: string;
    readonly witnessVkeys: readonly [string, string];
    readonly checkpoint: string;
    readonly cosigned: string;
    readonly times: readonly [number, number];
  };
  /** Of one leaf of 257, under the cosigned checkpoint, as c2sp.org/tlog-proof has it; with the entry as extra data, too. */
  readonly receipts: {
    readonly policy: string;
    readonly index: number;
    readonly text: string;
    readonly textWithExtra: string;
  };
}

export const VECTORS = JSON.parse(
  readFileSync(new URL('reference-vectors.json', import.meta.url), 'utf8'),
) as Vectors;

/** Sizes at which something about tiles changes. */
export const GOLDEN_SIZES = VECTORS.trees.map(({ size }) => size);

/** Entries of the largest golden tree. */
export const ENTRIES = Array.from({ length: 65_537 }, (_, i) => Buffer.from(`entry ${i}`));
export const LEAVES = ENTRIES.map((entry) => leafHash(entry));
export const HASH_AT = hashesOf(LEAVES);
