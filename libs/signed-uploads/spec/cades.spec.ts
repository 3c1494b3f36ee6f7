import { beforeAll, describe, expect, it } from 'vitest';
import { inspectDocument, type FoundSignature, type SignatureReport } from '#signed-uploads';
import {
  aCa,
  aCms,
  aPdf,
  aSigner,
  HAS_OPENSSL,
  opensslAccepts,
  opensslCms,
  padesBy,
  signedPdf,
  type TestCa,
} from '#testing';

const NOW = new Date('2026-06-01T00:00:00Z');
const CONTENT = Buffer.from('Io sottoscritta chiedo…', 'utf8');
const ALONE = { anchors: [], now: NOW };

let ca: TestCa;
let ada: TestCa;
let rsa: TestCa;

beforeAll(async () => {
  ca = await aCa();
  ada = await aSigner(ca, { qualified: true });
  rsa = await aSigner(ca, { key: 'RSA' });
});

function theOne({ signatures, incomplete }: SignatureReport): FoundSignature {
  expect(incomplete).toBeNull();
  expect(signatures).toHaveLength(1);
  return signatures[0]!;
}

const check = (bytes: Buffer, anchors = ALONE.anchors as readonly TestCa['certificate'][]) =>
  inspectDocument(bytes, { anchors, now: NOW });

describe('a .p7m', () => {
  it('says who signed what, with which certificate, and when by their own word', () => {
    const found = theOne(check(aCms(ada, { content: aPdf() }), [ca.certificate]));
    expect(found).toMatchObject({
      format: 'CAdES',
      level: 'B',
      kind: 'signature',
      depth: 1,
      signer: {
        name: 'Ada Prova',
        taxCode: 'AAAAAA00A00A000A',
        identifier: 'TINIT-AAAAAA00A00A000A',
        country: 'IT',
      },
      certificate: {
        issuer: 'CN=CA di prova, O=Prova',
        keyUsage: ['nonRepudiation'],
        declaredQualified: { device: true, purpose: ['electronic signature'] },
        fingerprint: ada.certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      },
      signingTime: '2026-03-02T10:00:00.000Z',
      integrity: { status: 'valid', code: null },
      chain: { status: 'anchored', code: null },
      coverage: { status: 'whole' },
      content: { mediaType: 'application/pdf', size: aPdf().length },
    });
  });

  it('is the same in base64, in PEM, and in pieces of indefinite length', () => {
    const bytes = aCms(rsa, { content: CONTENT });
    const base64 = bytes.toString('base64').replace(/.{64}/g, '$&\r\n');
    const pem = `-----BEGIN PKCS7-----\n${base64}\n-----END PKCS7-----\n`;
    const pieces = aCms(rsa, { content: Buffer.alloc(100_000, 'x'), pieces: 1_000 });
    for (const form of [bytes, Buffer.from(base64), Buffer.from(pem), pieces]) {
      expect(theOne(check(form)).integrity).toMatchObject({ status: 'valid' });
    }
  });

  it('in a .p7m is opened, and so is the signed PDF in it', () => {
    const pdf = signedPdf(aPdf(), padesBy(ada));
    const { signatures } = check(aCms(rsa, { content: aCms(ada, { content: pdf }) }));
    expect(signatures.map(({ format, depth, integrity }) => [format, depth, integrity.status])).toEqual([
      ['CAdES', 1, 'valid'],
      ['CAdES', 2, 'valid'],
      ['PAdES', 2, 'valid'],
    ]);
    expect(signatures[0]?.content?.mediaType).toBe('application/pkcs7-mime');
  });

  it.each([
    [
      'content that was replaced',
      'REFERENCE_DIGEST_MISMATCH',
      (bytes: Buffer) => replaced(bytes, 'chiedo', 'CHIEDO'),
    ],
    ['a value that was altered', 'SIGNATURE_INVALID', (bytes: Buffer) => flipped(bytes, bytes.length - 3)],
  ])('with %s is invalid', (_, code, spoil) => {
    expect(theOne(check(spoil(aCms(rsa, { content: CONTENT })))).integrity).toMatchObject({
      status: 'invalid',
      code,
    });
  });

  it.each([
    ['no signed attributes', 'UPLOAD_SIGNED_ATTRIBUTE_MISSING', { withoutAttributes: true }],
    ['no message digest', 'UPLOAD_SIGNED_ATTRIBUTE_MISSING', { withoutMessageDigest: true }],
    [
      'another content type signed',
      'REFERENCE_DIGEST_MISMATCH',
      { signedContentType: '1.2.840.113549.1.7.5' },
    ],
  ])('with %s is invalid, though its value verifies', (_, code, request) => {
    expect(theOne(check(aCms(ada, { content: CONTENT, ...request }))).integrity).toMatchObject({
      status: 'invalid',
      code,
    });
  });

  it('that names another certificate for its key is invalid', () => {
    const found = theOne(check(aCms(ada, { content: CONTENT, named: ca.certificate })));
    expect(found.integrity).toMatchObject({ status: 'invalid', code: 'CERTIFICATE_DIGEST_MISMATCH' });
  });

  it('that names no certificate is valid, and of no level', () => {
    expect(theOne(check(aCms(ada, { content: CONTENT, named: null })))).toMatchObject({
      level: null,
      integrity: { status: 'valid' },
    });
  });

  it('with a timestamp or a countersignature says that nobody looked into them', () => {
    const unsigned = ['1.2.840.113549.1.9.16.2.14', '1.2.840.113549.1.9.6', '1.2.3.4'];
    expect(theOne(check(aCms(ada, { content: CONTENT, unsigned })))).toMatchObject({
      integrity: { status: 'valid' },
      notLookedInto: ['timestamp', 'countersignature'],
    });
  });

  it('without its certificate, or without its content, is there and not checked', () => {
    const bare = theOne(check(aCms(ada, { content: CONTENT, carried: [] })));
    expect(bare).toMatchObject({
      signer: null,
      integrity: { status: 'not-checked', code: 'UPLOAD_SIGNER_CERTIFICATE_ABSENT' },
    });
    const detached = theOne(check(aCms(ada, { content: CONTENT, detached: true })));
    expect(detached).toMatchObject({
      signer: { name: 'Ada Prova' },
      content: null,
      integrity: { status: 'not-checked', code: 'UPLOAD_SIGNED_CONTENT_ABSENT' },
    });
  });

  it('followed by other bytes says so', () => {
    const bytes = Buffer.concat([aCms(ada, { content: CONTENT }), Buffer.from('altro')]);
    expect(theOne(check(bytes)).coverage).toMatchObject({ status: 'changed-after-signing', bytesAfter: 5 });
  });
});

describe('the chain of a signer', () => {
  const chainOf = (bytes: Buffer, ...anchors: readonly TestCa[]) =>
    theOne(
      check(
        bytes,
        anchors.map(({ certificate }) => certificate),
      ),
    ).chain;

  it('is not anchored when no trust list is configured, and says so', () => {
    expect(chainOf(aCms(ada, { content: CONTENT }))).toEqual({
      status: 'not-anchored',
      code: 'UPLOAD_TRUST_LIST_ABSENT',
      why: 'no trust list configured',
    });
  });

  it('leads over a carried intermediate, and not under another root', async () => {
    const root = await aCa('Radice');
    const middle = await aCa('Intermedia', root);
    const signer = await aSigner(middle);
    const alone = aCms(signer, { content: CONTENT });
    const carried = aCms(signer, { content: CONTENT, carried: [signer.certificate, middle.certificate] });
    expect(chainOf(carried, root).status).toBe('anchored');
    expect(chainOf(alone, middle).status).toBe('anchored');
    expect(chainOf(alone, root).code).toBe('CERTIFICATE_UNTRUSTED');
    expect(chainOf(carried, ca).code).toBe('CERTIFICATE_UNTRUSTED');
  });

  it('is judged at the claimed time', () => {
    const late = aCms(ada, { content: CONTENT, signingTime: new Date('2036-01-01T00:00:00Z') });
    const early = aCms(ada, { content: CONTENT, signingTime: new Date('2024-01-01T00:00:00Z') });
    expect(chainOf(late, ca).code).toBe('CERTIFICATE_EXPIRED');
    expect(chainOf(early, ca).code).toBe('CERTIFICATE_NOT_YET_VALID');
  });

  it('of a self-made certificate with the names of a real one leads nowhere', async () => {
    const false_ = await aSigner(await aCa());
    expect(chainOf(aCms(false_, { content: CONTENT }), ca).code).toBe('CERTIFICATE_UNTRUSTED');
  });
});

describe.skipIf(!HAS_OPENSSL)('a .p7m by openssl (where it is installed)', () => {
  it.each([
    ['EC, CAdES', 'B', () => opensslCms(ada, CONTENT, '-nodetach', '-cades')],
    ['RSA PKCS#1, CAdES', 'B', () => opensslCms(rsa, CONTENT, '-nodetach', '-cades')],
    [
      'RSA-PSS, SHA-384',
      null,
      () => opensslCms(rsa, CONTENT, '-nodetach', '-md', 'sha384', '-keyopt', 'rsa_padding_mode:pss'),
    ],
    [
      'while it streams',
      'B',
      () => opensslCms(rsa, Buffer.alloc(200_000, 'x'), '-nodetach', '-cades', '-stream'),
    ],
    ['with a key identifier', 'B', () => opensslCms(ada, CONTENT, '-nodetach', '-cades', '-keyid')],
  ])('is valid: %s', (_, level, make) => {
    expect(theOne(check(make(), [ca.certificate]))).toMatchObject({
      level,
      integrity: { status: 'valid' },
      chain: { status: 'anchored' },
    });
  });

  it('with SHA-1, or an RSA key of 1024 bits, is invalid', async () => {
    const short = await aSigner(ca, { key: 'RSA', bits: 1024 });
    const weak = { status: 'invalid', code: 'UPLOAD_ALGORITHM_WEAK' };
    expect(theOne(check(opensslCms(rsa, CONTENT, '-nodetach', '-md', 'sha1'))).integrity).toMatchObject(weak);
    expect(theOne(check(opensslCms(short, CONTENT, '-nodetach'))).integrity).toMatchObject(weak);
  });

  it('by the builders of these specs is one that openssl accepts, unless it is spoilt', () => {
    const good = [aCms(ada, { content: CONTENT }), aCms(rsa, { content: CONTENT, pieces: 10 })];
    expect(good.map((bytes) => opensslAccepts(bytes, ca))).toEqual([true, true]);
    expect(opensslAccepts(replaced(good[0]!, 'chiedo', 'CHIEDO'), ca)).toBe(false);
  });

  it('of several signers tells of each', () => {
    const { signatures } = check(opensslCms([ada, rsa], CONTENT, '-nodetach', '-cades'));
    expect(signatures.map(({ integrity }) => integrity.status)).toEqual(['valid', 'valid']);
    expect(new Set(signatures.map(({ certificate }) => certificate?.fingerprint)).size).toBe(2);
  });
});

function replaced(bytes: Buffer, what: string, by: string): Buffer {
  const copy = Buffer.from(bytes);
  copy.write(by, bytes.indexOf(what));
  return copy;
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}
