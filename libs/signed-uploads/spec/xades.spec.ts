import { sign } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCertificatePem, signXml, type Signer } from '#evidence';
import { inspectDocument } from '#signed-uploads';
import { aCa, aSigner, type TestCa } from '#testing';

const FORM = Buffer.from('<istanza xmlns="urn:prova"><testo>Chiedo il rilascio</testo></istanza>');
const AT = new Date('2026-03-02T10:00:00Z');

let ca: TestCa;
let ada: TestCa;
let signed: Buffer;

beforeAll(async () => {
  ca = await aCa();
  ada = await aSigner(ca, { usage: ['digitalSignature', 'nonRepudiation'] });
  signed = await signXml(FORM, citizen(ada), AT);
});

const encodedOf = ({ certificate }: TestCa) => certificate.raw.toString('base64');

/** `pemSigner` takes the network's certificates only. */
function citizen({ certificate, keyPem }: TestCa): Signer {
  return {
    certificate: readCertificatePem(certificate.toString()),
    holder: '',
    sign: (data) => Promise.resolve(sign('sha256', data, { key: keyPem, dsaEncoding: 'ieee-p1363' })),
  };
}

const check = (xml: Buffer | string) =>
  inspectDocument(Buffer.from(xml), { anchors: [ca.certificate], now: AT }).signatures;
const change = (what: string | RegExp, by: string) => signed.toString().replace(what, by);

describe('a signed XML document', () => {
  it('has its signer and covers the whole document', () => {
    expect(check(signed)).toMatchObject([
      {
        format: 'XAdES',
        signer: { name: 'Ada Prova', taxCode: 'AAAAAA00A00A000A' },
        signingTime: AT.toISOString(),
        integrity: { status: 'valid' },
        chain: { status: 'anchored' },
        coverage: { status: 'whole' },
      },
    ]);
  });

  it('whose content was replaced is invalid', () => {
    expect(check(change('Chiedo', 'Rifiuto'))).toMatchObject([
      { integrity: { status: 'invalid', code: 'REFERENCE_DIGEST_MISMATCH' } },
    ]);
  });

  it('with SHA-1 is invalid', () => {
    const sha1 = change(/xmldsig-more#ecdsa-sha256/, 'xmldsig-more#ecdsa-sha1');
    expect(check(sha1)).toMatchObject([{ integrity: { status: 'invalid', code: 'UPLOAD_ALGORITHM_WEAK' } }]);
  });

  it.each([
    ['detached or over a part', () => change('URI=""', 'URI="#parte"')],
    ['enveloping', () => signed.toString().replace(/^.*?(<ds:Signature.*<\/ds:Signature>).*$/s, '$1')],
    ['one of several', () => change(/(<ds:Signature .*<\/ds:Signature>)/s, '$1$1')],
    ['beside a DTD', () => `<!DOCTYPE istanza>${signed.toString()}`],
  ])('with a signature that is %s is there and not checked', (_, xml) => {
    expect(check(xml())).toMatchObject([
      { format: 'XAdES', integrity: { status: 'not-checked', code: 'UPLOAD_FORMAT_NOT_CHECKED' } },
    ]);
  });

  it('in UTF-16 is there and not checked', () => {
    expect(check(Buffer.from(`\ufeff${signed.toString()}`, 'utf16le'))).toMatchObject([
      { integrity: { status: 'not-checked' } },
    ]);
  });

  it('with an algorithm that is not known is there and not checked', () => {
    expect(check(change(/xmldsig-more#ecdsa-sha256/, 'xmldsig-more#altro'))).toMatchObject([
      { integrity: { status: 'not-checked', code: 'UPLOAD_ALGORITHM_NOT_CHECKED' } },
    ]);
  });

  it.each([
    ['a digest that is not known', () => change('xmlenc#sha256', 'xmldsig-more#sha3-256')],
    [
      'a key that is not known',
      async () => change(encodedOf(ada), encodedOf(await aSigner(ca, { key: 'RSA', bits: 4104 }))),
    ],
  ])('with %s is there and not checked', async (_, xml) => {
    expect(check(await xml())).toMatchObject([
      { integrity: { status: 'not-checked', code: 'UPLOAD_ALGORITHM_NOT_CHECKED' } },
    ]);
  });

  it('by an RSA key of 1024 bits is invalid, because it protects nothing', async () => {
    const short = await aSigner(ca, { key: 'RSA', bits: 1024 });
    expect(check(change(encodedOf(ada), encodedOf(short)))).toMatchObject([
      { integrity: { status: 'invalid', code: 'UPLOAD_ALGORITHM_WEAK' } },
    ]);
  });

  it('that only names the namespace holds none', () => {
    expect(check('<a xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>')).toEqual([]);
    expect(check(FORM)).toEqual([]);
  });
});
