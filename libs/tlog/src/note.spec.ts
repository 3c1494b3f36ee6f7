import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkpointBody,
  formatProof,
  formatSkey,
  hashesOf,
  inclusionProof,
  leafHash,
  noteSigner,
  noteVerifier,
  openCheckpoint,
  parseNote,
  parseProof,
  parseSkey,
  parseVkey,
  rootAt,
  signCheckpoint,
  signNote,
  verifyCheckpoint,
  verifyNote,
  verifyProof,
} from './index.ts';

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

const ORIGIN = 'log.reset-hub.example/cremona';
const LOG = noteSigner(ORIGIN, createHash('sha256').update('log key of the tests').digest());
const WITNESS = noteSigner(
  'witness.example',
  createHash('sha256').update('witness key of the tests').digest(),
);

/** Key and note published with the Go package golang.org/x/mod/sumdb/note. */
const PETER_VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PETER_NOTE =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n" +
  '\n' +
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

describe('signed notes', () => {
  it('verifies the note that the Go package publishes, by its vkey', () => {
    const peter = parseVkey(PETER_VKEY);
    expect(peter.vkey).toBe(PETER_VKEY);
    expect(verifyNote(Buffer.from(PETER_NOTE), [peter]).signedBy).toEqual(['PeterNeumann']);
  });

  it('verifies the example of the specification, by its vkey', () => {
    const foo = parseVkey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
    const signature =
      'Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=';
    const note = `This is an example message.\n\n— example.com/foo ${signature}\n`;
    expect(verifyNote(Buffer.from(note), [foo]).signedBy).toEqual(['example.com/foo']);
  });

  it('writes keys that it reads back', () => {
    const seed = createHash('sha256').update('another key').digest();
    const skey = formatSkey('node.example', seed);
    expect(skey).toMatch(/^PRIVATE\+KEY\+node\.example\+[0-9a-f]{8}\+/);
    expect(parseSkey(skey).verifier.vkey).toBe(noteSigner('node.example', seed).verifier.vkey);
  });

  it('refuses a note with any byte changed', () => {
    const note = signNote('one\n\ntwo\n', [LOG]);
    fc.assert(
      fc.property(fc.nat({ max: note.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(note);
        changed.writeUInt8(changed.readUInt8(at) ^ mask, at);
        expect(() => verifyNote(changed, [LOG.verifier])).toThrow(
          expect.objectContaining({ name: 'HubError' }),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('ignores signatures by strangers, but needs one by a friend', () => {
    const note = signNote('text\n', [WITNESS, LOG]);
    expect(verifyNote(note, [LOG.verifier]).signedBy).toEqual([ORIGIN]);
    expect(() => verifyNote(signNote('text\n', [WITNESS]), [LOG.verifier])).toThrow(coded('LOG_KEY_UNKNOWN'));
  });

  it('refuses the whole note when one known signature is wrong', () => {
    const other = signNote('other\n', [WITNESS]).toString().split('\n').at(-2);
    const note = Buffer.from(`${signNote('text\n', [LOG]).toString()}${other ?? ''}\n`);
    expect(() => verifyNote(note, [LOG.verifier, WITNESS.verifier])).toThrow(coded('LOG_SIGNATURE_INVALID'));
  });

  it.each([
    ['no blank line', 'text\n— a AAAAAAAA\n', 'LOG_NOTE_MALFORMED'],
    ['an unfinished last line', 'text\n\n— a AAAAAAAA', 'LOG_NOTE_MALFORMED'],
    ['a carriage return', 'text\r\n\n— a AAAAAAAA\n', 'LOG_NOTE_MALFORMED'],
    ['a hyphen for the dash', 'text\n\n- a AAAAAAAA\n', 'LOG_NOTE_MALFORMED'],
    ['two spaces', 'text\n\n— a  AAAAAAAA\n', 'LOG_NOTE_MALFORMED'],
    ['base64 with spare bits', 'text\n\n— a AAAAAAB=\n', 'BASE64_NOT_STRICT'],
    ['unpadded base64', 'text\n\n— a AAAAAAA\n', 'BASE64_NOT_STRICT'],
    ['no text', '\n\n— a AAAAAAAA\n', 'LOG_NOTE_MALFORMED'],
    ['a plus in a name', 'text\n\n— a+b AAAAAAAA\n', 'LOG_KEY_MALFORMED'],
  ])('refuses a note with %s', (_, text, code) => {
    expect(() => parseNote(Buffer.from(text))).toThrow(coded(code));
  });

  it('reads a note with sixteen signatures of keys that it does not know, however large, and odd names', () => {
    const strange = Array.from({ length: 15 }, (_, i) => {
      return `— pq.example/\u{feff}\x7f${i} ${Buffer.alloc(4_636, i).toString('base64')}\n`;
    });
    const note = Buffer.from(`${signNote('text\n', [LOG]).toString()}${strange.join('')}`);
    expect(verifyNote(note, [LOG.verifier]).signedBy).toEqual([ORIGIN]);
    expect(parseNote(note).signatures).toHaveLength(16);
  });

  it.each(['\u00a0', '\u2003', '\u3000', '\u0085', '\u2028'])(
    'refuses a Unicode space (%j) in a name',
    (space) => {
      expect(() => noteSigner(`a${space}b`, Buffer.alloc(32))).toThrow(coded('LOG_KEY_MALFORMED'));
    },
  );

  it('refuses invalid UTF-8 and a huge note', () => {
    expect(() => parseNote(Buffer.from([0xff, 0x0a, 0x0a]))).toThrow(coded('LOG_NOTE_MALFORMED'));
    expect(() => parseNote(Buffer.alloc(140_000, 'a'))).toThrow(coded('LOG_NOTE_MALFORMED'));
  });

  it.each([
    ['', 'LOG_KEY_MALFORMED'],
    ['name+00000000+AAAA', 'LOG_KEY_MALFORMED'],
    [PETER_VKEY.replace('c74f20a3', 'c74f20a4'), 'LOG_KEY_MALFORMED'],
    [PETER_VKEY.replace('PeterNeumann', 'PeterNewmann'), 'LOG_KEY_MALFORMED'],
  ])('refuses %j as a vkey', (vkey, code) => {
    expect(() => parseVkey(vkey)).toThrow(coded(code));
  });
});

describe('checkpoints', () => {
  const root = rootAt(1, hashesOf([leafHash(Buffer.from('x'))]));

  it('signs what it verifies, and names the witnesses that signed too', () => {
    const bytes = signCheckpoint({ origin: ORIGIN, size: 1, root }, LOG);
    expect(verifyCheckpoint(bytes, LOG.verifier)).toEqual({
      origin: ORIGIN,
      size: 1,
      root,
      extensions: [],
      signedBy: [ORIGIN],
      cosignatures: [],
    });
    const body = parseNote(bytes).text;
    const witnessed = signNote(body, [LOG, WITNESS]);
    expect(verifyCheckpoint(witnessed, LOG.verifier, [WITNESS.verifier]).signedBy).toEqual([
      ORIGIN,
      'witness.example',
    ]);
  });

  it('reads extension lines, which others may write, and signs none', () => {
    const body = `${ORIGIN}\n1\n${root.toString('base64')}\nmore\nand more\n`;
    expect(verifyCheckpoint(signNote(body, [LOG]), LOG.verifier).extensions).toEqual(['more', 'and more']);
    expect(() => checkpointBody({ origin: `${ORIGIN}\n7`, size: 1, root })).toThrow(
      coded('LOG_CHECKPOINT_MALFORMED'),
    );
  });

  it('takes any key of a log whose key is being replaced, and none of its namesakes', () => {
    const body = parseNote(signCheckpoint({ origin: ORIGIN, size: 1, root }, LOG)).text;
    const next = noteSigner(`${ORIGIN}/2`, Buffer.alloc(32, 2));
    const known = { origin: ORIGIN, keys: [LOG.verifier, next.verifier] };
    expect(openCheckpoint(signNote(body, [next]), known).signedBy).toEqual([`${ORIGIN}/2`]);
    const namesake = noteSigner(ORIGIN, Buffer.alloc(32, 3));
    expect(() => openCheckpoint(signNote(body, [namesake]), known, [namesake.verifier])).toThrow(
      coded('LOG_KEY_UNKNOWN'),
    );
  });

  it('does not count a witness as the log', () => {
    const body = parseNote(signCheckpoint({ origin: ORIGIN, size: 1, root }, LOG)).text;
    expect(() => verifyCheckpoint(signNote(body, [WITNESS]), LOG.verifier, [WITNESS.verifier])).toThrow(
      coded('LOG_KEY_UNKNOWN'),
    );
  });

  it('refuses to sign for a log of another name', () => {
    expect(() => signCheckpoint({ origin: 'elsewhere', size: 1, root }, LOG)).toThrow(
      coded('LOG_CHECKPOINT_MALFORMED'),
    );
  });

  it.each([
    ['a leading zero', `${ORIGIN}\n01\n${root.toString('base64')}\n`],
    ['a negative size', `${ORIGIN}\n-1\n${root.toString('base64')}\n`],
    ['a size beyond 2^53', `${ORIGIN}\n9007199254740993\n${root.toString('base64')}\n`],
    ['a short root', `${ORIGIN}\n1\nAAAA\n`],
    ['another origin', `elsewhere\n1\n${root.toString('base64')}\n`],
    ['an empty extension line', `${ORIGIN}\n1\n${root.toString('base64')}\n\nmore\n`],
    ['no origin', `\n1\n${root.toString('base64')}\n`],
    ['two lines', `${ORIGIN}\n1\n`],
  ])('refuses a signed checkpoint with %s', (_, body) => {
    expect(() => verifyCheckpoint(signNote(body, [LOG]), LOG.verifier)).toThrow(
      coded('LOG_CHECKPOINT_MALFORMED'),
    );
  });
});

describe('tlog-proof', () => {
  const entries = Array.from({ length: 257 }, (_, i) => Buffer.from(`entry ${i}`));
  const leaves = entries.map((entry) => leafHash(entry));
  const hashAt = hashesOf(leaves);
  const checkpoint = signCheckpoint({ origin: ORIGIN, size: 257, root: rootAt(257, hashAt) }, LOG);
  const proofOf = (index: number, extra: Buffer | null): Buffer =>
    formatProof({ extra, index, hashes: inclusionProof(index, 257, hashAt), checkpoint });

  it('verifies offline with the vkey alone', () => {
    for (const index of [0, 1, 255, 256]) {
      const bytes = proofOf(index, entries[index]!);
      const log = parseVkey(LOG.verifier.vkey);
      expect(verifyProof(bytes, leaves[index]!, log)).toMatchObject({ index, checkpoint: { size: 257 } });
      expect(parseProof(bytes).extra).toEqual(entries[index]);
    }
  });

  it('begins as the specification says, with and without extra data', () => {
    expect(proofOf(3, null).toString().split('\n').slice(0, 2)).toEqual([
      'c2sp.org/tlog-proof@v1',
      'index 3',
    ]);
    expect(proofOf(3, Buffer.from('abc')).toString().split('\n')[1]).toBe('extra YWJj');
    expect(parseProof(proofOf(3, null)).extra).toBeNull();
  });

  it('writes back byte for byte what it reads', () => {
    const bytes = proofOf(200, Buffer.from('extra'));
    expect(formatProof(parseProof(bytes)).equals(bytes)).toBe(true);
  });

  it('refuses any changed byte outside the extra data, which is not authenticated', () => {
    const bytes = proofOf(200, null);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ mask, at);
        expect(() => verifyProof(changed, leaves[200]!, LOG.verifier)).toThrow(
          expect.objectContaining({ name: 'HubError' }),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses the proof of another leaf, and a proof cut short', () => {
    expect(() => verifyProof(proofOf(1, null), leaves[2]!, LOG.verifier)).toThrow(
      coded('LOG_INCLUSION_INVALID'),
    );
    expect(() => parseProof(proofOf(1, null).subarray(0, 40))).toThrow(coded('LOG_PROOF_MALFORMED'));
    const short = noteVerifier(ORIGIN, Buffer.alloc(32, 1));
    expect(() => verifyProof(proofOf(1, null), leaves[1]!, short)).toThrow(coded('LOG_KEY_UNKNOWN'));
  });
});
