import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDeepStrictEqual } from 'node:util';
import {
  CompactRange,
  consistencyAddresses,
  consistencyProof,
  emptyRoot,
  hashesOf,
  inclusionAddresses,
  inclusionProof,
  leafHash,
  merkleRoot,
  nodeHash,
  rootAddresses,
  rootAt,
  verifyConsistency,
  verifyInclusion,
  type HashAt,
} from './index.ts';

/** RFC 6962 test data as published with the reference implementation: eight entries and the roots of sizes 1 to 8. */
const VECTOR_ENTRIES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => Buffer.from(hex, 'hex'));
const VECTOR_ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** The definition of RFC 6962 §2.1, written as it reads: the oracle for the faster code. */
function definition(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return emptyRoot();
  if (leaves.length === 1) return only;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(definition(leaves.slice(0, k)), definition(leaves.slice(k)));
}

const LEAVES = Array.from({ length: 257 }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));
const HASH_AT = hashesOf(LEAVES);
const ROOTS = Array.from({ length: LEAVES.length + 1 }, (_, size) => rootAt(size, HASH_AT));
const GOLDEN_SIZES = [0, 1, 2, 3, 7, 8, 255, 256, 257];

function rootOf(size: number): Buffer {
  const root = ROOTS[size];
  if (root === undefined) throw new Error(`no root for size ${size}`);
  return root;
}

function flipBit(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  const at = Math.floor(bit / 8) % copy.length;
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << (bit % 8)), at);
  return copy;
}

describe('the Merkle tree', () => {
  it('gives the roots that the RFC 6962 reference implementation gives', () => {
    expect(emptyRoot().toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    const roots = VECTOR_ROOTS.map((_, i) => merkleRoot(VECTOR_ENTRIES.slice(0, i + 1)).toString('hex'));
    expect(roots).toEqual(VECTOR_ROOTS);
  });

  it.each(GOLDEN_SIZES)('computes the root of %i leaves as the definition does, in every way', (size) => {
    const leaves = LEAVES.slice(0, size);
    const expected = definition(leaves).toString('hex');
    const range = CompactRange.empty();
    leaves.forEach((leaf) => range.append(leaf));
    expect(rootOf(size).toString('hex')).toBe(expected);
    expect(range.root().toString('hex')).toBe(expected);
    expect(range.size).toBe(size);
  });

  it.each(GOLDEN_SIZES)('proves every leaf of a tree of %i', (size) => {
    for (let index = 0; index < size; index += 1) {
      verifyInclusion(LEAVES[index]!, index, size, inclusionProof(index, size, HASH_AT), rootOf(size));
    }
  });

  it('proves that every golden tree begins with every smaller one', () => {
    for (const secondSize of GOLDEN_SIZES) {
      for (let firstSize = 0; firstSize <= secondSize; firstSize += 1) {
        verifyConsistency(
          { firstSize, firstRoot: rootOf(firstSize), secondSize, secondRoot: rootOf(secondSize) },
          consistencyProof(firstSize, secondSize, HASH_AT),
        );
      }
    }
  });

  it('resumes a compact range from stored hashes, and every hash it hands out is the one a proof needs', () => {
    const stored = new Map<string, Buffer>();
    const hashAt: HashAt = (level, index) => stored.get(`${level}/${index}`);
    let range = CompactRange.empty();
    LEAVES.forEach((leaf, i) => {
      range.append(leaf).forEach(({ level, index, hash }) => stored.set(`${level}/${index}`, hash));
      const hashes = rootAddresses(i + 1).map(({ level, index }) => hashAt(level, index)!);
      range = CompactRange.from(i + 1, hashes);
      expect(range.root().equals(rootOf(i + 1))).toBe(true);
    });
    expect(stored.size).toBe(2 * LEAVES.length - range.hashes.length);
  });

  it('names beforehand exactly the hashes that it will ask for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 257 }), fc.nat(), (size, seed) => {
        const asked: { level: number; index: number }[] = [];
        const recording: HashAt = (level, index) => {
          asked.push({ level, index });
          return HASH_AT(level, index);
        };
        const index = seed % size;
        inclusionProof(index, size, recording);
        expect(isDeepStrictEqual(inclusionAddresses(index, size), asked)).toBe(true);
        asked.length = 0;
        consistencyProof(index, size, recording);
        expect(isDeepStrictEqual(consistencyAddresses(index, size), asked)).toBe(true);
      }),
    );
  });
});

describe('proofs against a hostile prover', () => {
  const sizeAndIndex = fc
    .integer({ min: 1, max: 257 })
    .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 })));

  it('refuses an inclusion proof with any bit flipped, in the leaf, the proof or the root', () => {
    fc.assert(
      fc.property(sizeAndIndex, fc.nat(), fc.nat(), ([size, index], which, bit) => {
        const parts = [LEAVES[index]!, rootOf(size), ...inclusionProof(index, size, HASH_AT)];
        const at = which % parts.length;
        const [leaf, root, ...proof] = parts.map((part, i) => (i === at ? flipBit(part, bit) : part));
        expect(() => {
          verifyInclusion(leaf!, index, size, proof, root!);
        }).toThrow(expect.objectContaining({ code: 'LOG_INCLUSION_INVALID' }));
      }),
    );
  });

  it('refuses an inclusion proof that is one hash too long or too short, or for another index', () => {
    fc.assert(
      fc.property(sizeAndIndex, ([size, index]) => {
        const proof = inclusionProof(index, size, HASH_AT);
        const leaf = LEAVES[index]!;
        expect(() => {
          verifyInclusion(leaf, index, size, [...proof, leaf], rootOf(size));
        }).toThrow(expect.objectContaining({ code: 'LOG_PROOF_MALFORMED' }));
        if (proof.length > 0) {
          expect(() => {
            verifyInclusion(leaf, index, size, proof.slice(0, -1), rootOf(size));
          }).toThrow(expect.objectContaining({ code: 'LOG_PROOF_MALFORMED' }));
        }
        const other = (index + 1) % size;
        if (other !== index) {
          expect(() => {
            verifyInclusion(leaf, other, size, proof, rootOf(size));
          }).toThrow();
        }
      }),
    );
  });

  it('refuses a consistency proof with any bit flipped, in either root or the proof', () => {
    fc.assert(
      fc.property(sizeAndIndex, fc.nat(), fc.nat(), ([secondSize, firstSize], which, bit) => {
        const parts = [
          rootOf(firstSize),
          rootOf(secondSize),
          ...consistencyProof(firstSize, secondSize, HASH_AT),
        ];
        // An empty tree says nothing about what follows: only its own root can be wrong.
        const at = firstSize === 0 ? 0 : which % parts.length;
        const [firstRoot, secondRoot, ...proof] = parts.map((part, i) =>
          i === at ? flipBit(part, bit) : part,
        );
        expect(() => {
          verifyConsistency({ firstSize, firstRoot: firstRoot!, secondSize, secondRoot: secondRoot! }, proof);
        }).toThrow(expect.objectContaining({ code: 'LOG_CONSISTENCY_INVALID' }));
      }),
    );
  });

  it('refuses a consistency proof that is too long or too short, and a log that shrank', () => {
    const claim = { firstSize: 7, firstRoot: rootOf(7), secondSize: 256, secondRoot: rootOf(256) };
    const proof = consistencyProof(7, 256, HASH_AT);
    const malformed = expect.objectContaining({ code: 'LOG_PROOF_MALFORMED' }) as unknown;
    expect(() => {
      verifyConsistency(claim, [...proof, rootOf(3)]);
    }).toThrow(malformed);
    expect(() => {
      verifyConsistency(claim, proof.slice(0, -1));
    }).toThrow(malformed);
    expect(() => {
      verifyConsistency(claim, []);
    }).toThrow(malformed);
    expect(() => {
      verifyConsistency({ ...claim, firstSize: 257 }, proof);
    }).toThrow(expect.objectContaining({ code: 'LOG_CONSISTENCY_INVALID' }));
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])(
    'refuses %d as an index or size',
    (number) => {
      const malformed = expect.objectContaining({ code: 'LOG_PROOF_MALFORMED' }) as Error;
      expect(() => {
        verifyInclusion(LEAVES[0]!, number, 8, [], rootOf(8));
      }).toThrow(malformed);
      expect(() => {
        verifyInclusion(LEAVES[0]!, 0, number, [], rootOf(8));
      }).toThrow(malformed);
      expect(() => inclusionProof(0, number, HASH_AT)).toThrow(malformed);
    },
  );

  it('refuses hashes that are not 32 bytes, and a leaf that the tree does not have', () => {
    const malformed = expect.objectContaining({ code: 'LOG_PROOF_MALFORMED' }) as Error;
    expect(() => {
      verifyInclusion(LEAVES[0]!, 0, 2, [Buffer.alloc(31)], rootOf(2));
    }).toThrow(malformed);
    expect(() => inclusionProof(8, 8, HASH_AT)).toThrow(malformed);
    expect(() => CompactRange.from(3, [rootOf(2)])).toThrow(malformed);
  });

  it('follows sizes beyond 2^32 without losing bits', () => {
    const size = 2 ** 40 + 1;
    const leaf = LEAVES[0]!;
    verifyInclusion(leaf, size - 1, size, [rootOf(8)], nodeHash(rootOf(8), leaf));
  });

  it('names the hash that a store lacks', () => {
    expect(() => rootAt(300, HASH_AT)).toThrow(expect.objectContaining({ code: 'LOG_NODE_MISSING' }));
  });
});
