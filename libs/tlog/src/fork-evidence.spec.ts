import { describe, expect, it } from 'vitest';
import {
  consistencyProof,
  formatForkEvidence,
  forkInTiles,
  noteSigner,
  parseForkEvidence,
  parseNote,
  rootAt,
  signCheckpoint,
  signNote,
  TileEdge,
  tilePath,
  verifyFork,
  type ReadLogFile,
  type ForkEvidence,
} from './index.ts';
import { HASH_AT } from './reference-vectors.fixture.ts';
import {
  ORIGIN,
  KEY,
  LOG,
  FORKED_LEAVES,
  FORKED_AT,
  checkpoint,
  request,
  decide,
  stateAt,
  refusal,
} from './witness.fixture.ts';

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

describe('a log that contradicts itself', () => {
  const keptAndRead = (evidence: ForkEvidence | null | undefined): ForkEvidence => {
    if (!evidence) throw new Error('no evidence');
    const bytes = formatForkEvidence(evidence);
    expect(parseForkEvidence(bytes)).toEqual(evidence);
    return parseForkEvidence(bytes);
  };

  it('with two roots of one size is answered 422, and convicts itself', () => {
    const { error, evidence } = refusal(decide(request(500, 500, FORKED_AT), stateAt(500)));
    expect(error.code).toBe('LOG_CONSISTENCY_INVALID');
    const fork = verifyFork(keptAndRead(evidence), LOG);
    expect([fork.earlier.size, fork.later.size]).toEqual([500, 500]);
    expect(fork.earlier.root.equals(fork.later.root)).toBe(false);
  });

  it('with two roots of one size is convicted behind a 409, too', () => {
    const decision = decide(request(0, 500, FORKED_AT), stateAt(500));
    expect(decision.outcome).toBe('conflict');
    if (decision.outcome === 'conflict') verifyFork(keptAndRead(decision.evidence), LOG);
  });

  it('that proves its rewritten tree honestly convicts itself by the proof', () => {
    const { evidence, unexplained } = refusal(decide(request(500, 777, FORKED_AT), stateAt(500)));
    expect(unexplained).toBeNull();
    const fork = verifyFork(keptAndRead(evidence), LOG);
    expect([fork.earlier.size, fork.later.size]).toEqual([500, 777]);
  });

  it('with a root of its own for the empty tree is answered 422, and convicts itself', () => {
    const odd = signCheckpoint({ origin: ORIGIN, size: 0, root: Buffer.alloc(32) }, KEY);
    const { error, evidence } = refusal(decide({ oldSize: 0, proof: [], checkpoint: odd }, null));
    expect(error.code).toBe('LOG_CONSISTENCY_INVALID');
    expect(verifyFork(keptAndRead(evidence), LOG).earlier.size).toBe(0);
  });

  /** Tiles of the forked log. */
  const files = new Map(
    TileEdge.empty()
      .grow(FORKED_LEAVES.slice(0, 777))
      .map(({ tile, bytes }) => [tilePath(tile), bytes]),
  );
  const read: ReadLogFile = (path) => Promise.resolve(files.get(path));

  it('is convicted by its tiles where its proof names no earlier root', async () => {
    // 512 is a power of two: a proof from there begins with the root that the verifier already has.
    const { evidence, unexplained } = refusal(decide(request(512, 777, FORKED_AT), stateAt(512)));
    expect(evidence).toBeNull();
    const answer = await forkInTiles(unexplained!, read);
    expect(verifyFork(keptAndRead(answer), LOG).earlier.size).toBe(512);
  });

  it('has not answered while it does not serve the tiles of what it signed', async () => {
    const growth = { earlier: checkpoint(512), later: checkpoint(777) };
    await expect(forkInTiles(growth, () => Promise.resolve(undefined))).rejects.toThrow(
      coded('LOG_TILE_MISSING'),
    );
    // These are the tiles of the forked tree, not of this checkpoint.
    await expect(forkInTiles(growth, read)).rejects.toThrow(coded('LOG_TILE_INVALID'));
  });

  it('is not convicted where it only grew', async () => {
    const later = checkpoint(777, FORKED_AT);
    expect(await forkInTiles({ earlier: checkpoint(300), later }, read)).toBeNull();
    expect(await forkInTiles({ earlier: checkpoint(0), later }, read)).toBeNull();
    expect(await forkInTiles({ earlier: later, later }, read)).toBeNull();
  });
});

describe('evidence of a fork', () => {
  const shown = coded('LOG_FORK_NOT_SHOWN');
  const check = (evidence: ForkEvidence) => (): unknown => verifyFork(evidence, LOG);
  const rewritten = {
    kind: 'rewritten',
    earlier: checkpoint(500),
    later: checkpoint(777, FORKED_AT),
    root: rootAt(500, FORKED_AT),
    proof: consistencyProof(500, 777, FORKED_AT),
  } as const;

  it('is none if the checkpoints agree, the proof is wrong, or the sizes do not rise', () => {
    check(rewritten)();
    expect(check({ ...rewritten, root: rootAt(500, HASH_AT) })).toThrow(shown);
    const grown = { earlier: checkpoint(300), root: rootAt(300, HASH_AT) };
    const honest = { ...rewritten, ...grown, proof: consistencyProof(300, 777, FORKED_AT) };
    expect(check(honest)).toThrow(shown);
    expect(check({ ...rewritten, proof: rewritten.proof.slice(1) })).toThrow(shown);
    expect(check({ ...rewritten, root: rootAt(499, FORKED_AT) })).toThrow(shown);
    expect(check({ ...rewritten, later: rewritten.earlier })).toThrow(shown);
    expect(check({ ...rewritten, earlier: checkpoint(0) })).toThrow(shown);
    expect(check({ kind: 'two-roots', first: checkpoint(5), second: checkpoint(5) })).toThrow(shown);
    expect(check({ kind: 'two-roots', first: checkpoint(5), second: checkpoint(6) })).toThrow(shown);
    expect(check({ kind: 'not-empty', checkpoint: checkpoint(0) })).toThrow(shown);
    expect(check({ kind: 'not-empty', checkpoint: checkpoint(1) })).toThrow(shown);
  });

  it('is none without the log’s signature under each checkpoint', () => {
    const { text } = parseNote(checkpoint(500, FORKED_AT));
    const forged = signNote(text, [noteSigner(ORIGIN, Buffer.alloc(32, 9))]);
    expect(check({ kind: 'two-roots', first: checkpoint(500), second: forged })).toThrow(
      coded('LOG_KEY_UNKNOWN'),
    );
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['another format', '{"format":"reset-hub/fork-evidence@v2","kind":"not-empty","checkpoints":["a"]}'],
    ['no checkpoints', '{"format":"reset-hub/fork-evidence@v1","kind":"not-empty","checkpoints":[]}'],
    ['three', '{"format":"reset-hub/fork-evidence@v1","kind":"two-roots","checkpoints":["a","b","c"]}'],
    ['another kind', '{"format":"reset-hub/fork-evidence@v1","kind":"x","checkpoints":["a","b"]}'],
    [
      'no root',
      '{"format":"reset-hub/fork-evidence@v1","kind":"rewritten","checkpoints":["a","b"],"proof":[]}',
    ],
  ])('is not read from %s', (_, text) => {
    expect(() => parseForkEvidence(Buffer.from(text))).toThrow(shown);
  });
});
