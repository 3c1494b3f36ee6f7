import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { HubError } from '#errors';
import { NOW, replaced, TestAuthority, type Identity } from '../test-support.ts';
import { signXml, verifyGeneral } from '../src/index.ts';

const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const INCLUSIVE = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const FORM =
  '<?xml version="1.0" encoding="UTF-8"?>\n<m:Modulo xmlns:m="urn:m" xmlns:n="urn:n">\n  <m:Campo a=\'1\'>è &amp; \u2028</m:Campo>\n</m:Modulo>\n';

let signer: Identity;
let form: Buffer;

/** Signed as another tool would: RSA, white space, no XAdES. */
function signedForm(canonicalization = EXCLUSIVE, xml = FORM): Buffer {
  const signed = new SignedXml({
    privateKey: signer.keyPem,
    publicCert: signer.certificatePem,
    signatureAlgorithm: RSA_SHA256,
    canonicalizationAlgorithm: canonicalization,
  });
  signed.addReference({
    xpath: '/*',
    isEmptyUri: true,
    transforms: [ENVELOPED, canonicalization],
    digestAlgorithm: SHA256,
  });
  // xmldom reads U+2028 as a line end: what it signs must not depend on that.
  signed.computeSignature(xml.replaceAll('\u2028', '&#8232;'), { prefix: 'ds' });
  return Buffer.from(signed.getSignedXml());
}

beforeAll(async () => {
  signer = await (await TestAuthority.create()).issue('c_d150', { key: 'RSA 2048' });
  form = signedForm();
});

function codeOf(bytes: Buffer): string | null {
  try {
    verifyGeneral(bytes, 100_000);
    return null;
  } catch (error) {
    if (error instanceof HubError) return error.code;
    throw error;
  }
}

describe('a document that someone else signed', () => {
  it.each([EXCLUSIVE, INCLUSIVE])('verifies, with %s, and gives what was signed', (canonicalization) => {
    const checked = verifyGeneral(signedForm(canonicalization), 100_000);
    expect(checked).toMatchObject({ format: 'xmldsig', signingTime: null });
    expect(checked.certificate.fingerprint).toBe(signer.signer.certificate.fingerprint);
    expect(checked.content.toString()).toContain('<m:Campo a="1">è &amp; \u2028</m:Campo>');
    expect(checked.content.includes('Signature')).toBe(false);
  });

  it('verifies as XAdES when it is ours, with its time', async () => {
    const key: KeyObject = createPrivateKey(signer.keyPem);
    const ours = await signXml(
      Buffer.from('<a xmlns="urn:x"></a>'),
      { ...signer.signer, sign: (data) => Promise.resolve(sign('sha256', data, key)) },
      NOW,
    );
    expect(verifyGeneral(ours, 100_000)).toMatchObject({ format: 'xades', signingTime: NOW });
  });

  it.each<[string, string, (good: Buffer) => Buffer]>([
    ['changed text', 'REFERENCE_DIGEST_MISMATCH', (good) => replaced(good, 'è', 'e')],
    [
      'a line separator in place of a line end',
      'REFERENCE_DIGEST_MISMATCH',
      (good) => replaced(good, '\n  <m:Campo', '\u2028  <m:Campo'),
    ],
    [
      'a processing instruction in place of text',
      'PROCESSING_INSTRUCTION_FORBIDDEN',
      (good) => replaced(good, 'è', '<?x è?>'),
    ],
    ['a comment in its text', 'COMMENT_FORBIDDEN', (good) => replaced(good, 'è', 'è<!-- -->')],
    ['a CDATA section', 'CDATA_FORBIDDEN', (good) => replaced(good, 'è', '<![CDATA[è]]>')],
    ['a DTD', 'DTD_FORBIDDEN', (good) => replaced(good, '<m:Modulo', '<!DOCTYPE a><m:Modulo')],
    [
      'another encoding declared',
      'PROCESSING_INSTRUCTION_FORBIDDEN',
      (good) => replaced(good, '<m:Modulo', '<?xml version="1.0" encoding="UTF-7"?><m:Modulo'),
    ],
    ['a reference to an element', 'SIGNATURE_SHAPE', (good) => replaced(good, 'URI=""', 'URI="#x"')],
    ['a reference without URI', 'SIGNATURE_SHAPE', (good) => replaced(good, ' URI=""', '')],
    [
      'a transform of XPath',
      'SIGNATURE_SHAPE',
      (good) => replaced(good, `"${ENVELOPED}"`, '"http://www.w3.org/TR/1999/REC-xpath-19991116"'),
    ],
    [
      'parameters of a transform',
      'SIGNATURE_SHAPE',
      (good) =>
        replaced(
          good,
          '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>',
          '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"><x/></ds:Transform>',
        ),
    ],
    [
      'a SHA-1 digest',
      'SIGNATURE_INVALID',
      (good) => replaced(good, SHA256, 'http://www.w3.org/2000/09/xmldsig#sha1'),
    ],
    [
      'a SHA-1 signature',
      'SIGNATURE_INVALID',
      (good) => replaced(good, RSA_SHA256, 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'),
    ],
    [
      'an HMAC',
      'SIGNATURE_INVALID',
      (good) => replaced(good, RSA_SHA256, 'http://www.w3.org/2000/09/xmldsig#hmac-sha1'),
    ],
    [
      'a second SignatureValue',
      'SIGNATURE_SHAPE',
      (good) => replaced(good, '<ds:KeyInfo', '<ds:SignatureValue>AA==</ds:SignatureValue><ds:KeyInfo'),
    ],
    [
      'a SignatureMethod hidden before SignedInfo',
      'SIGNATURE_SHAPE',
      (good) =>
        replaced(good, '<ds:SignedInfo', `<SignatureMethod Algorithm="${RSA_SHA256}"/><ds:SignedInfo`),
    ],
    [
      'the signed form wrapped in another',
      'SIGNATURE_MISPLACED',
      (good) => Buffer.from(`<a>${good.toString().replace(/<\?.*\?>\n/, '')}</a>`),
    ],
    ['no signature', 'SIGNATURE_MISSING', () => Buffer.from('<a/>')],
    ['no certificate', 'SIGNATURE_SHAPE', (good) => replaced(good, /<ds:X509Data>.*<\/ds:X509Data>/s, '')],
  ])('is refused with %s', (_, code, attack) => {
    expect(codeOf(form)).toBeNull();
    expect(codeOf(attack(form))).toBe(code);
  });
});
