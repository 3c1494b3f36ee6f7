import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideSubmission,
  emptyRoot,
  formatAddCheckpoint,
  noteSigner,
  originHash,
  openCheckpoint,
  parseAddCheckpoint,
  parseNote,
  parseSize,
  readSubmission,
  signNote,
  type AddCheckpointRequest,
  type WitnessState,
} from './index.ts';
import {
  ORIGIN,
  KEY,
  LOG,
  WITNESS,
  NOW,
  checkpoint,
  request,
  decide,
  logOf,
  stateAt,
  refusal,
} from './witness.fixture.ts';

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
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

  it('keeps one line of the log, however often somebody has repeated it', () => {
    const [line = ''] = checkpoint(257).toString().split('\n').slice(-2);
    const repeated = Buffer.from(`${checkpoint(257).toString()}${`${line}\n`.repeat(63)}`);
    const decision = decide({ ...request(0, 257), checkpoint: repeated }, null);
    const note = decision.outcome === 'cosigned' ? decision.state.note : Buffer.alloc(0);
    expect(parseNote(note).signatures).toHaveLength(2);
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

  it('serves what it cosigned under the hash of the origin', () => {
    expect(originHash(ORIGIN)).toBe('3a305a4dc267ebae85b635b3026fb8935c058d7d95022199d7242a2ad10cd8ca');
  });

  it('reads back only a size that is one', () => {
    for (const body of ['', '1', '01\n', '-1\n', '1\n\n', ' 1\n', 'x\n']) {
      expect(parseSize(Buffer.from(body))).toBeUndefined();
    }
  });
});
