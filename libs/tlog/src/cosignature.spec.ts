import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addCosignatures,
  cosigner,
  cosignatureVerifier,
  formatPolicy,
  formatProof,
  formatWitnessSkey,
  inclusionProof,
  judgeCheckpoint,
  noteSigner,
  openCheckpoint,
  parseNote,
  parsePolicy,
  parseVkey,
  parseWitnessSkey,
  parseWitnessVkey,
  quorumPolicy,
  requireWitnessed,
  signCheckpoint,
  verifyCheckpoint,
  verifyReceipt,
  type Cosigner,
} from './index.ts';
import { formatNote } from './note.ts';
import { flipBit } from './log-directory.fixture.ts';
import { ENTRIES, HASH_AT, LEAVES, VECTORS } from './reference-vectors.fixture.ts';

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

function seed(phrase: string): Buffer {
  return createHash('sha256').update(phrase).digest();
}

const { notes } = VECTORS;
const CHECKPOINT = Buffer.from(notes.checkpoint);
const COSIGNED = Buffer.from(notes.cosigned);
const LOG = parseVkey(notes.logVkey);
const KNOWN = { origin: LOG.name, keys: [LOG] };
const TEXT = parseNote(CHECKPOINT).text;
const [FIRST, SECOND] = [1, 2].map((n) =>
  cosigner(`witness.example/${n}`, seed(`witness ${n} of the vectors`)),
) as [Cosigner, Cosigner];
const THIRD = cosigner('witness.example/3', seed('witness 3'));
const WITNESSES = [FIRST, SECOND, THIRD].map(({ verifier }) => verifier);

/** The checkpoint of the vectors, cosigned by these. */
function cosignedBy(...witnesses: readonly Cosigner[]): Buffer {
  const lines = witnesses.map((witness, i) => witness.cosign(TEXT, 1_700_000_000 + i));
  return formatNote(TEXT, [...parseNote(CHECKPOINT).signatures, ...lines]);
}

describe('cosignatures', () => {
  it('are byte for byte those of the reference implementation, and so are checkpoint and keys', () => {
    const log = noteSigner(LOG.name, seed('log key of the vectors'));
    expect(log.verifier.vkey).toBe(notes.logVkey);
    expect(signCheckpoint(openCheckpoint(CHECKPOINT, KNOWN), log)).toEqual(CHECKPOINT);
    expect([FIRST.verifier.vkey, SECOND.verifier.vkey]).toEqual(notes.witnessVkeys);
    const lines = [FIRST.cosign(TEXT, notes.times[0]), SECOND.cosign(TEXT, notes.times[1])];
    expect(formatNote(TEXT, [...parseNote(CHECKPOINT).signatures, ...lines])).toEqual(COSIGNED);
  });

  it('verify by vkey, and tell who saw the tree and when', () => {
    const witnesses = notes.witnessVkeys.map(parseWitnessVkey);
    const { cosignatures, signedBy } = verifyCheckpoint(COSIGNED, LOG, witnesses);
    expect(cosignatures.map(({ witness, time }) => [witness.name, time])).toEqual([
      ['witness.example/1', notes.times[0]],
      ['witness.example/2', notes.times[1]],
    ]);
    expect(signedBy).toEqual([LOG.name, 'witness.example/1', 'witness.example/2']);
  });

  it('cover the time and every line of the checkpoint', () => {
    const text = `${TEXT}an extension\n`;
    const { signature } = FIRST.cosign(text, 1_700_000_000);
    const verify = (message: string, bytes: Buffer): boolean =>
      FIRST.verifier.verify(Buffer.from(message), bytes);
    expect(verify(text, signature)).toBe(true);
    expect(verify(TEXT, signature)).toBe(false);
    fc.assert(
      fc.property(fc.nat(72 * 8 - 1), (bit) => {
        expect(verify(text, flipBit(signature, bit))).toBe(false);
      }),
    );
    expect(verify(text, signature.subarray(8))).toBe(false);
    const endless = Buffer.concat([Buffer.alloc(8, 0xff), signature.subarray(8)]);
    expect(verify(text, endless)).toBe(false);
  });

  it('are made of checkpoints only, at a time', () => {
    expect(() => FIRST.cosign('not a checkpoint\n', 1)).toThrow(coded('LOG_CHECKPOINT_MALFORMED'));
    for (const time of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      expect(() => FIRST.cosign(TEXT, time)).toThrow(coded('LOG_NOTE_MALFORMED'));
    }
  });

  it('refuse the whole checkpoint if one of a known witness is wrong', () => {
    const wrong = { ...FIRST.cosign(TEXT, 5), signature: FIRST.cosign(`${TEXT}x\n`, 5).signature };
    const note = formatNote(TEXT, [...parseNote(CHECKPOINT).signatures, wrong]);
    expect(() => verifyCheckpoint(note, LOG, WITNESSES)).toThrow(coded('LOG_SIGNATURE_INVALID'));
    expect(verifyCheckpoint(note, LOG).signedBy).toEqual([LOG.name]);
  });

  it('do not stand for the log, not even by a witness with its name', () => {
    const namesake = cosigner(LOG.name, seed('namesake'));
    const note = formatNote(TEXT, [namesake.cosign(TEXT, 7)]);
    expect(() => verifyCheckpoint(note, LOG, [namesake.verifier])).toThrow(coded('LOG_KEY_UNKNOWN'));
  });

  it('count once for a witness that signed more than once, from the earlier time', () => {
    const note = formatNote(TEXT, [
      ...parseNote(CHECKPOINT).signatures,
      FIRST.cosign(TEXT, 30),
      FIRST.cosign(TEXT, 20),
      FIRST.cosign(TEXT, 40),
    ]);
    expect(verifyCheckpoint(note, LOG, WITNESSES).cosignatures.map(({ time }) => time)).toEqual([20]);
  });
});

describe('keys of witnesses', () => {
  it('are written and read back, and keep apart from keys of logs', () => {
    const skey = formatWitnessSkey('witness.example/1', seed('witness 1 of the vectors'));
    expect(parseWitnessSkey(skey).verifier.vkey).toBe(notes.witnessVkeys[0]);
    expect(() => parseVkey(notes.witnessVkeys[0])).toThrow(coded('LOG_KEY_MALFORMED'));
    expect(() => parseWitnessVkey(notes.logVkey)).toThrow(coded('LOG_KEY_MALFORMED'));
    expect(() => parseWitnessVkey(notes.witnessVkeys[0].replace('/1+', '/2+'))).toThrow(
      coded('LOG_KEY_MALFORMED'),
    );
    const asLog = noteSigner('witness.example/1', seed('witness 1 of the vectors')).verifier;
    expect(asLog.keyId.equals(FIRST.verifier.keyId)).toBe(false);
    expect(() => cosignatureVerifier('a b', asLog.publicKey)).toThrow(coded('LOG_KEY_MALFORMED'));
  });
});

describe('a witness’s answer under the checkpoint', () => {
  const answerOf = (note: Buffer): Buffer => {
    const lines = note.toString().split('\n\n')[1] ?? '';
    return Buffer.from(lines.split('\n').slice(1).join('\n'));
  };

  it('adds what the witness signed and nothing of strangers', () => {
    const answer = answerOf(cosignedBy(FIRST, SECOND));
    const { note, checkpoint } = addCosignatures(CHECKPOINT, answer, KNOWN, [FIRST.verifier]);
    expect(note).toEqual(cosignedBy(FIRST));
    expect(checkpoint.cosignatures).toHaveLength(1);
    const both = addCosignatures(note, answerOf(cosignedBy(FIRST, SECOND)), KNOWN, [SECOND.verifier]).note;
    expect(both).toEqual(cosignedBy(FIRST, SECOND));
  });

  it('replaces an earlier one of the same witness', () => {
    const later = formatNote(TEXT, [...parseNote(CHECKPOINT).signatures, FIRST.cosign(TEXT, 1_800_000_000)]);
    const { note } = addCosignatures(cosignedBy(FIRST), answerOf(later), KNOWN, [FIRST.verifier]);
    expect(note).toEqual(later);
  });

  it.each([
    ['of strangers', answerOf(cosignedBy(SECOND)), 'LOG_KEY_UNKNOWN'],
    ['that is an error page', Buffer.from('<html>\n'), 'LOG_NOTE_MALFORMED'],
    ['that is empty', Buffer.alloc(0), 'LOG_NOTE_MALFORMED'],
    ['that was cut', answerOf(cosignedBy(FIRST)).subarray(0, -1), 'LOG_NOTE_MALFORMED'],
    [
      'for another tree',
      answerOf(formatNote(`${TEXT}x\n`, [THIRD.cosign(TEXT, 1), FIRST.cosign(`${TEXT}x\n`, 1)])),
      'LOG_SIGNATURE_INVALID',
    ],
  ])('refuses one %s', (_, answer, code) => {
    expect(() => addCosignatures(CHECKPOINT, answer, KNOWN, [FIRST.verifier])).toThrow(coded(code));
  });
});

describe('quorum', () => {
  it('counts witnesses that are named, each once', () => {
    const policy = quorumPolicy(LOG, WITNESSES, 2);
    expect(judgeCheckpoint(cosignedBy(FIRST), policy)).toMatchObject({
      witnessed: false,
      by: [{ name: 'witness.example/1', time: 1_700_000_000 }],
    });
    expect(judgeCheckpoint(cosignedBy(FIRST, FIRST), policy).witnessed).toBe(false);
    expect(judgeCheckpoint(cosignedBy(THIRD, FIRST), policy)).toMatchObject({
      witnessed: true,
      by: [{ name: 'witness.example/1' }, { name: 'witness.example/3' }],
    });
    expect(() => requireWitnessed(CHECKPOINT, policy)).toThrow(coded('LOG_NOT_WITNESSED'));
    expect(judgeCheckpoint(CHECKPOINT, quorumPolicy(LOG, WITNESSES, 0)).witnessed).toBe(true);
    const stranger = noteSigner('other.example/log', seed('other'));
    expect(() => judgeCheckpoint(CHECKPOINT, quorumPolicy(stranger.verifier, [], 0))).toThrow(
      coded('LOG_KEY_UNKNOWN'),
    );
  });

  it('cannot be more than all, nor count one witness twice', () => {
    const malformed = coded('LOG_POLICY_MALFORMED');
    expect(() => quorumPolicy(LOG, WITNESSES, 4)).toThrow(malformed);
    expect(() => quorumPolicy(LOG, WITNESSES, -1)).toThrow(malformed);
    expect(() => quorumPolicy(LOG, [FIRST.verifier, FIRST.verifier], 2)).toThrow(malformed);
    const again = cosigner('another-name.example', seed('witness 1 of the vectors'));
    expect(() => quorumPolicy(LOG, [FIRST.verifier, again.verifier], 1)).toThrow(malformed);
  });
});

describe('a policy as text', () => {
  const [one, two, three] = WITNESSES.map(({ vkey }) => vkey) as [string, string, string];
  const HEAD = `log ${notes.logVkey} https://log.reset-hub.example/\n`;
  const NAMED = `witness one ${one} https://one.example/w\nwitness two ${two}\nwitness three ${three}\n`;
  const policyOf = (text: string): ReturnType<typeof parsePolicy> => parsePolicy(Buffer.from(text));

  it('reads groups of groups, comments and blanks, and judges by them', () => {
    const policy = policyOf(
      `# who is believed\n\n${HEAD}\t${NAMED}  group provinces any one two\ngroup both all provinces three\nquorum both\n`,
    );
    expect(policy.witnesses.map(({ name, url }) => [name, url])).toEqual([
      ['one', 'https://one.example/w'],
      ['two', null],
      ['three', null],
    ]);
    expect(judgeCheckpoint(cosignedBy(FIRST, SECOND), policy).witnessed).toBe(false);
    expect(judgeCheckpoint(cosignedBy(SECOND, THIRD), policy)).toMatchObject({
      witnessed: true,
      by: [{ name: 'two' }, { name: 'three' }],
    });
  });

  it('reads a threshold, one witness alone, and none', () => {
    const two = policyOf(`${HEAD}${NAMED}group g 2 one two three\nquorum g\n`);
    expect(judgeCheckpoint(cosignedBy(FIRST, THIRD), two).witnessed).toBe(true);
    expect(judgeCheckpoint(cosignedBy(THIRD), two).witnessed).toBe(false);
    expect(judgeCheckpoint(cosignedBy(THIRD), policyOf(`${HEAD}${NAMED}quorum three\n`)).witnessed).toBe(
      true,
    );
    expect(judgeCheckpoint(CHECKPOINT, policyOf(`${HEAD}quorum none\n`)).witnessed).toBe(true);
    expect(policyOf('quorum none\n').logs).toEqual([]);
  });

  it.each([
    ['no quorum', HEAD],
    ['two quorums', `${HEAD}quorum none\nquorum none\n`],
    ['a quorum of nobody known', `${HEAD}quorum one\n`],
    ['a name used before its line', `${HEAD}group g any one\n${NAMED}quorum g\n`],
    ['a group of none', `${HEAD}${NAMED}group g any none\nquorum g\n`],
    ['an empty group', `${HEAD}${NAMED}group g all\nquorum g\n`],
    ['a threshold above its members', `${HEAD}${NAMED}group g 3 one two\nquorum g\n`],
    ['threshold 0', `${HEAD}${NAMED}group g 0 one two\nquorum g\n`],
    ['a threshold with a zero in front', `${HEAD}${NAMED}group g 01 one two\nquorum g\n`],
    ['a member of two groups', `${HEAD}${NAMED}group g any one two\ngroup h any one three\nquorum g\n`],
    ['a member twice', `${HEAD}${NAMED}group g 2 one one\nquorum g\n`],
    ['a name twice', `${HEAD}witness one ${one}\nwitness one ${two}\nquorum one\n`],
    ['a witness called none', `${HEAD}witness none ${one}\nquorum none\n`],
    ['a key twice', `${HEAD}witness one ${one}\nwitness two ${one}\nquorum one\n`],
    ['a log twice', `${HEAD}${HEAD}quorum none\n`],
    ["a log's key for a witness", `${HEAD}witness one ${notes.logVkey}\nquorum one\n`],
    ["a witness's key for a log", `log ${one}\nquorum none\n`],
    ['a word too many', `${HEAD}quorum none today\n`],
    ['an unknown line', `${HEAD}witnesses 3\nquorum none\n`],
    ['a carriage return', `${HEAD}quorum none\r\n`],
    ['an unfinished line', `${HEAD}quorum none`],
  ])('refuses %s, and names the line', (_, text) => {
    expect(() => policyOf(text)).toThrow(coded('LOG_POLICY_MALFORMED'));
  });

  it('is written so that it is read back as it was', () => {
    const policy = policyOf(
      `${HEAD}${NAMED}group provinces any one two\ngroup both all provinces three\nquorum both\n`,
    );
    const written = formatPolicy(policy);
    expect(written.toString().split('\n').slice(-4)).toEqual([
      'group provinces 1 one two',
      'group both 2 provinces three',
      'quorum both',
      '',
    ]);
    expect(formatPolicy(parsePolicy(written))).toEqual(written);
    const simple = parsePolicy(formatPolicy(quorumPolicy(LOG, WITNESSES, 2)));
    expect(judgeCheckpoint(cosignedBy(FIRST, THIRD), simple).witnessed).toBe(true);
    expect(formatPolicy(quorumPolicy(LOG, [], 0)).toString()).toBe(`log ${notes.logVkey}\nquorum none\n`);
    const clash = cosigner('quorum', seed('clash'));
    expect(() => formatPolicy(quorumPolicy(LOG, [clash.verifier], 1))).toThrow(coded('LOG_POLICY_MALFORMED'));
  });

  it('names the line that is wrong', () => {
    expect(() => policyOf(`${HEAD}${NAMED}quorum four\n`)).toThrow(/line 5: .*four/);
  });
});

describe('a receipt', () => {
  const index = 200;
  const receipt = (checkpoint: Buffer): Buffer =>
    formatProof({ extra: null, index, hashes: inclusionProof(index, 257, HASH_AT), checkpoint });

  it('is byte for byte the one that the reference implementation writes, and it believes it by a policy that we have written', () => {
    const { policy, index: at, text, textWithExtra } = VECTORS.receipts;
    const hashes = inclusionProof(at, 257, HASH_AT);
    const plain = { index: at, hashes, extra: null, checkpoint: COSIGNED };
    expect(formatProof(plain).toString()).toBe(text);
    expect(formatProof({ ...plain, extra: ENTRIES[at]! }).toString()).toBe(textWithExtra);
    expect(formatPolicy(quorumPolicy(LOG, notes.witnessVkeys.map(parseWitnessVkey), 2)).toString()).toBe(
      policy,
    );
    for (const receipt of [text, textWithExtra])
      expect(
        verifyReceipt(Buffer.from(receipt), LEAVES[at]!, parsePolicy(Buffer.from(policy))),
      ).toMatchObject({
        index: at,
        witnessed: true,
      });
  });

  it('carries the cosignatures and verifies with a policy alone', () => {
    const policy = quorumPolicy(LOG, WITNESSES, 2);
    const verified = verifyReceipt(receipt(cosignedBy(FIRST, THIRD)), LEAVES[index]!, policy);
    expect(verified).toMatchObject({ index, witnessed: true, checkpoint: { size: 257 } });
    expect(verified.by.map(({ name }) => name)).toEqual(['witness.example/1', 'witness.example/3']);
  });

  it('is refused without the quorum, with a wrong cosignature, or for another leaf', () => {
    const policy = quorumPolicy(LOG, WITNESSES, 2);
    const bytes = receipt(cosignedBy(FIRST, THIRD));
    expect(() => verifyReceipt(receipt(cosignedBy(FIRST)), LEAVES[index]!, policy)).toThrow(
      coded('LOG_NOT_WITNESSED'),
    );
    expect(() => verifyReceipt(bytes, LEAVES[index - 1]!, policy)).toThrow(coded('LOG_INCLUSION_INVALID'));
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        expect(() => verifyReceipt(flipBit(bytes, bit), LEAVES[index]!, policy)).toThrow(
          expect.objectContaining({ name: 'HubError' }),
        );
      }),
      { numRuns: 500 },
    );
  });
});
