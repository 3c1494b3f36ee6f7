import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyProof,
  cosigner,
  decideSubmission,
  emptyRoot,
  formatAddCheckpoint,
  formatForkEvidence,
  forkInTiles,
  hashesOf,
  leafHash,
  noteSigner,
  openCheckpoint,
  parseAddCheckpoint,
  parseForkEvidence,
  parseNote,
  parseSize,
  readSubmission,
  rootAt,
  signCheckpoint,
  signNote,
  TileEdge,
  tilePath,
  verifyFork,
  VerifiedTiles,
  type AddCheckpointRequest,
  type ForkEvidence,
  type HashAt,
  type KnownLog,
  type WitnessDecision,
  type WitnessState,
} from './index.ts';
import { HASH_AT } from './reference-vectors.fixture.ts';

const ORIGIN = 'log.reset-hub.example/cremona';
const KEY = noteSigner(ORIGIN, Buffer.alloc(32, 1));
const LOG: KnownLog = { origin: ORIGIN, keys: [KEY.verifier] };
const WITNESS = cosigner('witness.example', Buffer.alloc(32, 2));
const NOW = 1_700_000_000;

/** The same log up to 300 entries, another one after that: what a rewrite looks like. */
const FORKED_LEAVES = Array.from({ length: 1000 }, (_, i) =>
  leafHash(Buffer.from(i < 300 ? `entry ${i}` : `forged ${i}`)),
);
const FORKED_AT = hashesOf(FORKED_LEAVES);

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

function checkpoint(size: number, hashAt: HashAt = HASH_AT): Buffer {
  return signCheckpoint({ origin: ORIGIN, size, root: rootAt(size, hashAt) }, KEY);
}

function request(oldSize: number, size: number, hashAt: HashAt = HASH_AT): AddCheckpointRequest {
  const proof = oldSize <= size ? consistencyProof(oldSize, size, hashAt) : [];
  return { oldSize, proof, checkpoint: checkpoint(size, hashAt) };
}

function decide(asked: AddCheckpointRequest, last: WitnessState | null, now = NOW): WitnessDecision {
  return decideSubmission(readSubmission(formatAddCheckpoint(asked), logOf), last, WITNESS, now);
}

function logOf(origin: string): KnownLog | undefined {
  return origin === ORIGIN ? LOG : undefined;
}

/** What the witness remembers after it has cosigned the true log at this size. */
function stateAt(size: number): WitnessState {
  const decision = decide(request(0, size), null);
  if (decision.outcome !== 'cosigned') throw new Error(decision.outcome);
  return decision.state;
}

function refusal(decision: WitnessDecision): Extract<WitnessDecision, { outcome: 'refused' }> {
  if (decision.outcome !== 'refused') throw new Error(decision.outcome);
  return decision;
}

describe('add-checkpoint requests', () => {
  it('are written as the specification shows them, and read back', () => {
    const asked = request(100, 257);
    const bytes = formatAddCheckpoint(asked);
    const [old, first] = bytes.toString().split('\n');
    expect(old).toBe('old 100');
    expect(first).toBe(asked.proof[0]?.toString('base64'));
    expect(bytes.toString()).toContain(`\n\n${ORIGIN}\n257\n`);
    expect(parseAddCheckpoint(bytes)).toEqual(asked);
    expect(formatAddCheckpoint(request(0, 1)).toString()).toMatch(/^old 0\n\nlog\.reset-hub/);
  });

  const hash = Buffer.alloc(32).toString('base64');
  const note = checkpoint(1).toString();
  it.each([
    ['nothing', ''],
    ['no empty line', 'old 0\n'],
    ['no old size', `\n\n${note}`],
    ['another word', `new 0\n\n${note}`],
    ['two spaces', `old  0\n\n${note}`],
    ['a size with a leading zero', `old 00\n\n${note}`],
    ['a negative size', `old -1\n\n${note}`],
    ['a size beyond 2^53', `old 9007199254740993\n\n${note}`],
    ['a carriage return', `old 0\r\n\n${note}`],
    ['a short hash', `old 1\nAAAA\n\n${note}`],
    ['a hash that is not strict base64', `old 1\n${hash.replace('A=', 'B=')}\n\n${note}`],
    ['64 hashes', `old 1\n${`${hash}\n`.repeat(64)}\n${note}`],
    ['no checkpoint', 'old 0\n\n'],
    ['a checkpoint without signatures', `old 0\n\n${ORIGIN}\n1\n${hash}\n`],
    ['a large checkpoint', `old 0\n\n${'a'.repeat(200_000)}`],
  ])('with %s are answered 400', (_, body) => {
    expect(() => readSubmission(Buffer.from(body), logOf)).toThrow(coded('WITNESS_REQUEST_MALFORMED'));
  });

  it('with 63 hashes are read', () => {
    expect(parseAddCheckpoint(Buffer.from(`old 1\n${`${hash}\n`.repeat(63)}\n${note}`)).proof).toHaveLength(
      63,
    );
  });

  it('of a log that the witness does not follow are answered 404', () => {
    const bytes = formatAddCheckpoint(request(0, 1));
    expect(() => readSubmission(bytes, () => undefined)).toThrow(coded('WITNESS_LOG_UNKNOWN'));
  });

  it('signed by nobody trusted, or with a wrong signature of a trusted key, are answered 403', () => {
    const stranger = noteSigner(ORIGIN, Buffer.alloc(32, 9));
    const { text } = parseNote(checkpoint(1));
    const refused = coded('WITNESS_SIGNATURE_REFUSED');
    const submit = (bytes: Buffer): unknown =>
      readSubmission(formatAddCheckpoint({ ...request(0, 1), checkpoint: bytes }), logOf);
    expect(() => submit(signNote(text, [stranger]))).toThrow(refused);
    expect(() => submit(Buffer.from(checkpoint(1).toString().replace('\n1\n', '\n2\n')))).toThrow(refused);
    expect(submit(signNote(text, [stranger, KEY]))).toMatchObject({ checkpoint: { size: 1 } });
  });

  it('with a signed text that is no checkpoint are answered 400', () => {
    const bytes = formatAddCheckpoint({ ...request(0, 1), checkpoint: signNote(`${ORIGIN}\n01\n`, [KEY]) });
    expect(() => readSubmission(bytes, logOf)).toThrow(coded('WITNESS_REQUEST_MALFORMED'));
  });

  it('of any bytes get a typed answer', () => {
    const valid = formatAddCheckpoint(request(100, 257));
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.uint8Array({ maxLength: 8 }), (at, junk) => {
        const bytes = Buffer.concat([valid.subarray(0, at), junk, valid.subarray(at + junk.length)]);
        try {
          decideSubmission(readSubmission(bytes, logOf), stateAt(100), WITNESS, NOW);
        } catch (error) {
          expect(error).toMatchObject({ name: 'HubError' });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a witness', () => {
  it('cosigns the first checkpoint that it sees, of any size, and what extends the last one', () => {
    let last: WitnessState | null = null;
    for (const size of [0, 1, 255, 256, 257, 65_535, 65_536, 65_537]) {
      const decision = decide(request(last?.size ?? 0, size), last);
      if (decision.outcome !== 'cosigned') throw decision.error;
      expect(decision.replaces).toBe(last?.size ?? null);
      const opened = openCheckpoint(decision.state.note, LOG, [WITNESS.verifier]);
      expect(opened).toMatchObject({ size, cosignatures: [{ time: NOW }] });
      expect(decision.state).toMatchObject({ origin: ORIGIN, size, root: opened.root, time: NOW });
      expect(decision.answer.status).toBe(200);
      expect(decision.state.note.toString().endsWith(`\n${decision.answer.body.toString()}`)).toBe(true);
      last = decision.state;
    }
    expect(decide(request(0, 65_537), null).outcome).toBe('cosigned');
  });

  it('cosigns the same tree again, at its new time, and keeps the signatures of strangers out', () => {
    const { text } = parseNote(checkpoint(257));
    const stranger = noteSigner('stranger.example', Buffer.alloc(32, 9));
    const asked = { oldSize: 257, proof: [], checkpoint: signNote(text, [stranger, KEY]) };
    const decision = decide(asked, stateAt(257), NOW + 60);
    expect(decision).toMatchObject({ outcome: 'cosigned', replaces: 257, state: { time: NOW + 60 } });
    const names =
      decision.outcome === 'cosigned' && parseNote(decision.state.note).signatures.map((s) => s.name);
    expect(names).toEqual([ORIGIN, 'witness.example']);
  });

  it('never says that it saw a larger tree earlier than a smaller one, though its clock goes back', () => {
    const decision = decide(request(100, 257), stateAt(100), NOW - 3600);
    expect(decision).toMatchObject({ outcome: 'cosigned', state: { time: NOW } });
  });

  it.each([
    ['whose log forgot how far it was', 0, 257, 300],
    ['of a log restored from a backup', 257, 257, 300],
    ['that names a size never cosigned', 299, 301, 300],
    ['from a size, where nothing was cosigned yet', 100, 257, null],
  ])('answers 409 with the size it knows to a request %s', (_, oldSize, size, known) => {
    const decision = decide(request(oldSize, size), known === null ? null : stateAt(known));
    expect(decision).toMatchObject({
      outcome: 'conflict',
      error: { code: 'WITNESS_SIZE_CONFLICT' },
      answer: { status: 409, contentType: 'text/x.tlog.size' },
      evidence: null,
    });
    const body = decision.outcome === 'conflict' ? decision.answer.body : Buffer.alloc(0);
    expect(body.toString()).toBe(`${known ?? 0}\n`);
    expect(parseSize(body)).toBe(known ?? 0);
  });

  it('answers 400 to an old size above the checkpoint’s, before it compares with what it knows', () => {
    expect(refusal(decide(request(301, 257), stateAt(300))).error).toMatchObject({
      code: 'WITNESS_REQUEST_MALFORMED',
    });
  });

  it('answers 422 to a proof where none is needed, to a wrong one and to none', () => {
    const { proof } = request(100, 257);
    const cases: [AddCheckpointRequest, WitnessState | null][] = [
      [{ ...request(0, 257), proof }, null],
      [{ ...request(257, 257), proof }, stateAt(257)],
      [{ ...request(100, 257), proof: [] }, stateAt(100)],
      [{ ...request(100, 257), proof: proof.toReversed() }, stateAt(100)],
      [{ ...request(100, 257), proof: [...proof, emptyRoot()] }, stateAt(100)],
    ];
    for (const [asked, last] of cases) {
      const { error, evidence } = refusal(decide(asked, last));
      expect(error).toMatchObject({ code: 'LOG_CONSISTENCY_INVALID' });
      expect(evidence).toBeNull();
    }
  });

  it('does not take a wrong proof for evidence: anyone can send one. It keeps the question', () => {
    const asked = { ...request(100, 257), proof: [] };
    expect(refusal(decide(asked, stateAt(100))).unexplained).toEqual({
      earlier: stateAt(100).note,
      later: asked.checkpoint,
      proof: [],
    });
    const same = { ...request(257, 257), proof: [emptyRoot()] };
    expect(refusal(decide(same, stateAt(257))).unexplained).toBeNull();
  });

  it('reads back only a size that is one', () => {
    for (const body of ['', '1', '01\n', '-1\n', '1\n\n', ' 1\n', 'x\n']) {
      expect(parseSize(Buffer.from(body))).toBeUndefined();
    }
  });
});

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
  const forkedTiles = (size: number): Promise<VerifiedTiles> => {
    const files = new Map(
      TileEdge.empty()
        .grow(FORKED_LEAVES.slice(0, size))
        .map(({ tile, bytes }) => [tilePath(tile), bytes]),
    );
    const head = { size, root: rootAt(size, FORKED_AT) };
    return VerifiedTiles.open(head, (path) => Promise.resolve(files.get(path)));
  };

  it('is convicted by its tiles where its proof names no earlier root', async () => {
    // 512 is a power of two: a proof from there begins with the root that the verifier already has.
    const { evidence, unexplained } = refusal(decide(request(512, 777, FORKED_AT), stateAt(512)));
    expect(evidence).toBeNull();
    const answer = await forkInTiles(unexplained!, await forkedTiles(777));
    expect(verifyFork(keptAndRead(answer), LOG).earlier.size).toBe(512);
  });

  it('is not convicted where it only grew', async () => {
    const tiles = await forkedTiles(777);
    const later = checkpoint(777, FORKED_AT);
    expect(await forkInTiles({ earlier: checkpoint(300), later }, tiles)).toBeNull();
    expect(await forkInTiles({ earlier: checkpoint(0), later }, tiles)).toBeNull();
    expect(await forkInTiles({ earlier: later, later }, tiles)).toBeNull();
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
