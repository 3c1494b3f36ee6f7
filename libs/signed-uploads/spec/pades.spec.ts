import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { inspectDocument, isClean, type FoundSignature } from '#signed-uploads';
import {
  aCa,
  aCms,
  aPdf,
  aSigner,
  der,
  HAS_OPENSSL,
  oid,
  opensslCms,
  padesBy,
  signedPdf,
  type PdfSigning,
  type TestCa,
} from '#testing';

let ca: TestCa;
let ada: TestCa;
let rsa: TestCa;

beforeAll(async () => {
  ca = await aCa();
  ada = await aSigner(ca);
  rsa = await aSigner(ca, { key: 'RSA' });
});

const report = (pdf: Buffer) =>
  inspectDocument(pdf, { anchors: [ca.certificate], now: new Date('2026-06-01T00:00:00Z') });

function theOne(pdf: Buffer): FoundSignature {
  const { signatures } = report(pdf);
  expect(signatures).toHaveLength(1);
  return signatures[0]!;
}

const UPDATE = Buffer.from(
  '3 0 obj\n<< /Type /Page /Note (altro) >>\nendobj\ntrailer\n<< /Prev 0 >>\n%%EOF\n',
);

describe('a signed PDF', () => {
  it('has its signer, the claimed time of its dictionary, and covers all its bytes', () => {
    const pdf = signedPdf(aPdf(), padesBy(ada));
    expect(theOne(pdf)).toMatchObject({
      format: 'PAdES',
      level: 'B',
      depth: 0,
      signer: { name: 'Ada Prova', taxCode: 'AAAAAA00A00A000A' },
      signingTime: '2026-03-02T10:00:00.000Z',
      integrity: { status: 'valid', code: null },
      chain: { status: 'anchored' },
      coverage: { status: 'whole', bytesAfter: 0 },
    });
    expect(isClean(report(pdf))).toBe(true);
  });

  it('by several, one after the other: who signed first signed an earlier revision', () => {
    const pdf = signedPdf(signedPdf(aPdf(), padesBy(ada)), padesBy(rsa));
    expect(
      report(pdf).signatures.map(({ integrity, coverage }) => [integrity.status, coverage.status]),
    ).toEqual([
      ['valid', 'earlier-revision'],
      ['valid', 'whole'],
    ]);
    expect(isClean(report(pdf))).toBe(true);
  });

  it('with bytes after its last signature has changed since, which every signature is told', () => {
    const pdf = Buffer.concat([signedPdf(signedPdf(aPdf(), padesBy(ada)), padesBy(rsa)), UPDATE]);
    const { signatures } = report(pdf);
    expect(signatures.map(({ coverage }) => coverage.code)).toEqual([
      'UPLOAD_CHANGED_AFTER_SIGNING',
      'UPLOAD_CHANGED_AFTER_SIGNING',
    ]);
    expect(signatures[1]?.coverage.bytesAfter).toBe(UPDATE.length);
    expect(isClean(report(pdf))).toBe(false);
  });

  it('a later signature that is not valid takes up nothing', () => {
    const pdf = signedPdf(signedPdf(aPdf(), padesBy(ada)), {
      sign: () => aCms(rsa, { content: UPDATE, detached: true }),
    });
    expect(
      report(pdf).signatures.map(({ integrity, coverage }) => [integrity.code, coverage.status]),
    ).toEqual([
      [null, 'changed-after-signing'],
      ['REFERENCE_DIGEST_MISMATCH', 'unknown'],
    ]);
  });

  it.each([
    [
      'content that was replaced',
      'REFERENCE_DIGEST_MISMATCH',
      (pdf: Buffer) => replaced(pdf, 'asseverata', 'inventata!'),
    ],
    [
      'a dictionary that was altered',
      'REFERENCE_DIGEST_MISMATCH',
      (pdf: Buffer) => replaced(pdf, '20260302', '20250302'),
    ],
    [
      'a signature that was cut off',
      'UPLOAD_SIGNATURE_MALFORMED',
      (pdf: Buffer) => replaced(pdf, '<3082', '<3089'),
    ],
    [
      'other bytes in the place of the signature',
      'UPLOAD_SIGNATURE_MALFORMED',
      (pdf: Buffer) => replaced(pdf, '0000>', '00ff>'),
    ],
  ])('with %s is invalid', (_, code, spoil) => {
    expect(theOne(spoil(signedPdf(aPdf(), padesBy(ada)))).integrity).toMatchObject({
      status: 'invalid',
      code,
    });
  });

  it.each<[string, NonNullable<PdfSigning['range']>]>([
    ['negative', ([a, b, c]) => [a!, b!, c!, -5]],
    ['outside the file', ([a, b, c, d]) => [a!, b!, c!, d! + 1]],
    ['huge', ([a, b, c]) => [a!, b!, c!, '99999999999999999999']],
    ['overlapping', ([a, b, , d]) => [a!, b!, b! - 10, d!]],
    ['not from the first byte', ([, b, c, d]) => [1, b! - 1, c!, d!]],
    ['of a wider gap', ([a, b, c, d]) => [a!, b! - 20, c!, d!]],
    ['of two numbers', ([a, b]) => [a!, b!]],
    ['of no numbers', () => ['/a', '(b)', '1.5', 'null']],
    ['of fractions', ([a, b, c, d]) => [a!, `${b!}.5`, c!, d!]],
  ])('whose ByteRange is %s is invalid', (_, range) => {
    const pdf = signedPdf(aPdf(), { ...padesBy(ada), range });
    expect(theOne(pdf).integrity).toMatchObject({ status: 'invalid', code: 'UPLOAD_BYTE_RANGE_INVALID' });
  });

  it('cannot hide an unsigned object between two strings of a gap', () => {
    const pdf = signedPdf(aPdf(), padesBy(ada));
    const at = pdf.indexOf('0000>') + 2;
    const wrapped = Buffer.from(pdf);
    wrapped.write('> 7 0 obj <', at - 12);
    expect(theOne(wrapped).integrity.status).toBe('invalid');
  });

  it('of a kind that is not checked is there, and SHA-1 is invalid', () => {
    const of = (subFilter: string) => theOne(signedPdf(aPdf(), { ...padesBy(ada), subFilter })).integrity;
    expect(of('adbe.x509.rsa_sha1')).toMatchObject({
      status: 'not-checked',
      code: 'UPLOAD_FORMAT_NOT_CHECKED',
    });
    expect(of('adbe.pkcs7.sha1')).toMatchObject({ status: 'invalid', code: 'UPLOAD_ALGORITHM_WEAK' });
    expect(of('adbe.pkcs7.detached')).toMatchObject({ status: 'valid' });
  });

  it('that is encrypted says so, and its signatures are checked', () => {
    const locked = Buffer.from(
      aPdf().toString('latin1').replace('/Root 1', '/Encrypt 9 0 R /Root 1'),
      'latin1',
    );
    expect(report(signedPdf(locked, padesBy(ada)))).toMatchObject({
      encrypted: true,
      signatures: [{ integrity: { status: 'valid' } }],
    });
    expect(report(aPdf())).toMatchObject({ encrypted: false, signatures: [], incomplete: null });
  });
});

describe('a timestamp over a PDF', () => {
  const TST_INFO = '1.2.840.113549.1.9.16.1.4';
  const SHA256 = der(0x30, oid('2.16.840.1.101.3.4.2.1'));
  const stampOver = (change: (covered: Buffer) => Buffer): PdfSigning => ({
    subFilter: 'ETSI.RFC3161',
    type: 'DocTimeStamp',
    sign: (covered) =>
      aCms(rsa, {
        contentType: TST_INFO,
        content: der(
          0x30,
          der(0x02, Buffer.from([1])),
          oid('1.2.3.4'),
          der(0x30, SHA256, der(0x04, createHash('sha256').update(change(covered)).digest())),
          der(0x02, Buffer.from([7])),
          der(0x18, Buffer.from('20260302120000Z')),
        ),
      }),
  });

  it('takes up what a signature before it did not cover', () => {
    const pdf = signedPdf(
      signedPdf(aPdf(), padesBy(ada)),
      stampOver((covered) => covered),
    );
    expect(report(pdf).signatures).toMatchObject([
      { kind: 'signature', integrity: { status: 'valid' }, coverage: { status: 'earlier-revision' } },
      {
        kind: 'timestamp',
        signingTime: '2026-03-02T12:00:00.000Z',
        integrity: { status: 'valid' },
        coverage: { status: 'whole' },
      },
    ]);
  });

  it('of other bytes is invalid', () => {
    const pdf = signedPdf(
      aPdf(),
      stampOver((covered) => covered.subarray(1)),
    );
    expect(theOne(pdf)).toMatchObject({
      kind: 'timestamp',
      integrity: { status: 'invalid', code: 'REFERENCE_DIGEST_MISMATCH' },
    });
  });
});

describe.skipIf(!HAS_OPENSSL)('a PDF signed by openssl (where it is installed)', () => {
  it.each([
    ['EC', () => ada],
    ['RSA', () => rsa],
  ])('is valid: %s', (_, signer) => {
    const pdf = signedPdf(aPdf(), { sign: (covered) => opensslCms(signer(), covered, '-cades') });
    expect(theOne(pdf)).toMatchObject({ integrity: { status: 'valid' }, chain: { status: 'anchored' } });
  });
});

function replaced(bytes: Buffer, what: string, by: string): Buffer {
  const copy = Buffer.from(bytes);
  const at = bytes.indexOf(what);
  expect(at).toBeGreaterThan(0);
  copy.write(by, at, 'latin1');
  return copy;
}
