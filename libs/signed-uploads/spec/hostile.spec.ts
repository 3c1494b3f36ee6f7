/** Whatever the bytes are: a report comes back, and it calls nothing valid that was altered. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { inspectDocument, MAX_INSPECTED_BYTES, type SignatureReport } from '#signed-uploads';
import { aCa, aCms, aPdf, aSigner, der, oid, padesBy, signedPdf, type TestCa } from '#testing';

let ada: TestCa;
let anchors: readonly TestCa['certificate'][];

beforeAll(async () => {
  const ca = await aCa();
  ada = await aSigner(ca);
  anchors = [ca.certificate];
});

const check = (bytes: Buffer): SignatureReport =>
  inspectDocument(bytes, { anchors, now: new Date('2026-06-01T00:00:00Z') });
const codes = ({ signatures }: SignatureReport) => signatures.map(({ integrity }) => integrity.code);

const SIGNED_DATA = oid('1.2.840.113549.1.7.2');
const CONTENT = Buffer.from('Io sottoscritta chiedo');

const XML_START = '<a xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:Signature >';
const PDF_START = Buffer.from('%PDF-1.7\n1 0 obj <<');
const RANGES = Buffer.from('/ByteRange [0 1 2 3] '.repeat(100));

describe('bytes from a stranger', { timeout: 30_000 }, () => {
  it('cut off anywhere give a finding', () => {
    for (const whole of [aCms(ada, { content: CONTENT }), signedPdf(aPdf(), padesBy(ada))]) {
      for (let length = 0; length < whole.length; length += 37) {
        const { signatures } = check(whole.subarray(0, length));
        expect(signatures.filter(({ integrity }) => integrity.status === 'valid')).toEqual([]);
      }
    }
  });

  it('altered anywhere in a .p7m are not valid, or say the same as before', () => {
    const whole = aCms(ada, { content: CONTENT });
    const [before] = check(whole).signatures;
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const altered = Buffer.from(whole);
        altered[at]! ^= bits;
        for (const { integrity, signer, content, signingTime } of check(altered).signatures) {
          if (integrity.status !== 'valid') continue;
          expect({ signer, content, signingTime }).toEqual({
            signer: before?.signer,
            content: before?.content,
            signingTime: before?.signingTime,
          });
        }
      }),
      { numRuns: 200 },
    );
  });

  it('altered anywhere that a PDF signature covers make it invalid', () => {
    const whole = signedPdf(aPdf(), { ...padesBy(ada), room: 2_000 });
    const gap = { start: whole.indexOf('<3082'), end: whole.indexOf('0>') + 2 };
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        fc.pre(at < gap.start || at >= gap.end);
        const altered = Buffer.from(whole);
        altered[at]! ^= bits;
        expect(check(altered).signatures.filter(({ integrity }) => integrity.status === 'valid')).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('that are noise after a magic number give a report', () => {
    const start = fc.constantFrom(
      '%PDF-1.7\n/ByteRange[0 1 2 3]',
      '3080',
      '<a>',
      'PK\u0003\u0004',
      '-----BEGIN CMS-----\n',
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), (magic, noise) => {
        const { signatures } = check(Buffer.concat([Buffer.from(magic, 'latin1'), noise]));
        expect(signatures.filter(({ integrity }) => integrity.status === 'valid')).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it.each<[string, () => Buffer]>([
    ['nested 5,000 deep', () => deep(5_000, (inner) => der(0x30, inner))],
    ['nested 5,000 deep without lengths', () => deep(5_000, open)],
    [
      'of a million elements',
      () => der(0x30, SIGNED_DATA, der(0xa0, Buffer.alloc(2_000_000, Buffer.from([5, 0])))),
    ],
    ['with a length of 2^40', () => Buffer.concat([Buffer.from('308501000000003082', 'hex'), SIGNED_DATA])],
    ['with a length of 127 bytes', () => Buffer.concat([Buffer.from('30ff', 'hex'), SIGNED_DATA])],
  ])('in ASN.1 %s are malformed or beyond the limits', (_, make) => {
    const bytes = make();
    const wrapped = bytes.subarray(0, 24).includes(SIGNED_DATA)
      ? bytes
      : der(0x30, SIGNED_DATA, der(0xa0, bytes));
    expect(codes(check(wrapped))).toEqual([
      expect.stringMatching(/^UPLOAD_(?:SIGNATURE_MALFORMED|CHECK_LIMIT)$/),
    ]);
  });

  it('with 10,000 ByteRanges end with a limit', () => {
    const report = check(
      Buffer.from(`%PDF-1.7\n${'1 0 obj << /ByteRange [0 1 2 3] /Contents <30> '.repeat(10_000)}`),
    );
    expect(report.signatures.length).toBeLessThan(100);
    expect(codes(report).at(-1)).toBe('UPLOAD_CHECK_LIMIT');
  });

  it.each<[string, () => Buffer]>([
    ['begins of XML signatures', () => Buffer.from(`${XML_START}${'<SignatureMethod '.repeat(400_000)}`)],
    ['space in a dictionary', () => Buffer.concat([PDF_START, Buffer.alloc(30_000_000, ' '), RANGES])],
    [
      'begins of objects',
      () => Buffer.concat([PDF_START, Buffer.from('1 0 obj ( aa [['.repeat(500_000)), RANGES]),
    ],
  ])('made of %s do not keep the search busy', (_, make) => {
    const { signatures } = check(make());
    expect(signatures.length).toBeGreaterThan(0);
    expect(signatures.filter(({ integrity }) => integrity.status === 'valid')).toEqual([]);
  });

  it('in envelopes in envelopes end with a limit', () => {
    let bytes: Buffer = CONTENT;
    for (let i = 0; i < 9; i += 1) bytes = aCms(ada, { content: bytes });
    const report = check(bytes);
    expect(report.signatures).toHaveLength(6);
    expect(report.incomplete?.code).toBe('UPLOAD_CHECK_LIMIT');
  });

  it('beyond the size that is looked into are reported as such', () => {
    const report = check(Buffer.alloc(MAX_INSPECTED_BYTES + 1));
    expect(report).toMatchObject({ signatures: [], incomplete: { code: 'UPLOAD_CHECK_LIMIT' } });
  });

  it('that are no signature at all hold none', () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('testo'),
      Buffer.from('MIIabc'),
      Buffer.from('{"a":1}'),
    ]) {
      expect(check(bytes)).toMatchObject({ signatures: [], incomplete: null });
    }
    expect(
      codes(check(Buffer.from('PK\u0003\u0004....mimetypeapplication/vnd.etsi.asic-e+zip', 'latin1'))),
    ).toEqual(['UPLOAD_FORMAT_NOT_CHECKED']);
  });
});

function deep(levels: number, wrap: (inner: Buffer) => Buffer): Buffer {
  let bytes: Buffer = Buffer.alloc(0);
  for (let i = 0; i < levels; i += 1) bytes = wrap(bytes);
  return bytes;
}

function open(inner: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x30, 0x80]), inner, Buffer.from([0, 0])]);
}
