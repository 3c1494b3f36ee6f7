import { sign as rawSign } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { anEvent, NOW, refusal, replaced, TestAuthority, type Identity } from '../test-support.ts';
import { serializeEvent } from '#contracts';
import { signEvent, signXml, verifyEvent, type TrustView } from '../src/index.ts';
import { DSIG_NAMESPACE, EXCLUSIVE_C14N, SHA256_DIGEST } from '../src/profile.ts';

/** Bound on the processor time of a refusal, milliseconds (own time, so that a busy machine does not matter). */
const REFUSAL_MS = 100;
/** Order of P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

let trust: TrustView;
let comune: Identity;
let other: Identity;
let event: Buffer;
let signature: string;

beforeAll(async () => {
  const authority = await TestAuthority.create();
  comune = await authority.issue('c_d150');
  other = await authority.issue('p_cr');
  trust = authority.trust;
  event = await signEvent(anEvent(), comune.signer, NOW);
  signature = /<ds:Signature .*<\/ds:Signature>/s.exec(event.toString())?.[0] ?? '';
  verifyEvent(event, trust, NOW);
});

function expectRefused(bytes: Buffer, code: string): void {
  // The best of three: a collection of garbage that happens to fall into one of them is not ours.
  const answers = [1, 2, 3].map(() => refusal(bytes, trust));
  expect(answers.map((answer) => answer.code)).toEqual([code, code, code]);
  expect(Math.min(...answers.map(({ cpuMs }) => cpuMs))).toBeLessThan(REFUSAL_MS);
}

const change = (from: string | RegExp, to: string) => (): Buffer => replaced(event, from, to);
const beforeEnd = (text: string) => (): Buffer => replaced(event, /<\/Event>$/, `${text}</Event>`);
const unsigned = (): Buffer => serializeEvent(anEvent());

function withSignatureValue(make: (value: Buffer) => Buffer): Buffer {
  const value = /<ds:SignatureValue>([^<]*)</.exec(event.toString())?.[1] ?? '';
  const bytes = make(Buffer.from(value, 'base64'));
  return replaced(event, `>${value}<`, `>${bytes.toString('base64')}<`);
}

function mirrored(value: Buffer): Buffer {
  const s = ORDER - BigInt(`0x${value.subarray(32).toString('hex')}`);
  return Buffer.concat([value.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
}

describe('attacks on the signature', () => {
  it.each<[string, string, () => Buffer]>([
    ['no signature', 'SIGNATURE_MISSING', unsigned],
    ['a text changed', 'REFERENCE_DIGEST_MISMATCH', change('office="UF-SUAP"', 'office="UF-XXXX"')],
    ['an element added', 'REFERENCE_DIGEST_MISMATCH', change('<Facts>', '<Facts><Fact></Fact>')],
    ['an attribute added', 'REFERENCE_DIGEST_MISMATCH', change('istat="019036"', 'istat="019036" x="1"')],
    [
      'SigningTime changed',
      'SIGNED_PROPERTIES_DIGEST_MISMATCH',
      change('05:06:07.890Z</xades:S', '05:06:07.891Z</xades:S'),
    ],
    [
      'SigningTime in another spelling',
      'SIGNING_TIME_INVALID',
      change('07.890Z</xades:S', '07.89Z</xades:S'),
    ],
    [
      'SigningTime that does not exist',
      'SIGNING_TIME_INVALID',
      change('2026-03-04T05:06:07.890Z</xades:S', '2026-02-30T05:06:07.890Z</xades:S'),
    ],
    [
      'the media type changed',
      'SIGNED_PROPERTIES_DIGEST_MISMATCH',
      change('application/xml<', 'application/pdf<'),
    ],
    ['a media type with parameters', 'SIGNATURE_SHAPE', change('application/xml<', 'application/xml; a=b<')],
    ['a second signature', 'SIGNATURE_MULTIPLE', () => beforeEnd(signature)()],
    [
      'a second signature under another prefix',
      'SIGNATURE_MULTIPLE',
      change('<Facts>', `<Facts><x:Signature xmlns:x="${DSIG_NAMESPACE}"></x:Signature>`),
    ],
    [
      'a signature under another prefix only',
      'SIGNATURE_SHAPE',
      () => Buffer.from(event.toString().replaceAll(/\bds(?=[:=])/g, 'sig')),
    ],
    [
      'the signature moved to the front',
      'SIGNATURE_MISPLACED',
      () => replaced(replaced(event, signature, ''), '<Author', `${signature}<Author`),
    ],
    [
      'the signature moved into a child',
      'SIGNATURE_MISPLACED',
      () => replaced(replaced(event, signature, ''), '</Facts>', `${signature}</Facts>`),
    ],
    ['text after the signature', 'SIGNATURE_MISPLACED', beforeEnd('\n')],
    ['an element after the signature', 'SIGNATURE_MISPLACED', beforeEnd('<More></More>')],
    [
      'the signed event wrapped in another',
      'SIGNATURE_MISPLACED',
      () =>
        Buffer.from(
          `<Event xmlns="urn:reset-hub:event:1">${event.toString().replace(' xmlns="urn:reset-hub:event:1"', '')}</Event>`,
        ),
    ],
    [
      'the original hidden in ds:Object',
      'SIGNATURE_SHAPE',
      () =>
        replaced(
          replaced(event, 'office="UF-SUAP"', 'office="UF-XXXX"'),
          '</ds:Signature>',
          '<ds:Object></ds:Object></ds:Signature>',
        ),
    ],
    [
      'an id of the signature used elsewhere',
      'SIGNATURE_ID_DUPLICATE',
      change('<Facts>', '<Facts Id="signature-properties">'),
    ],
    [
      'an id of the signature as xml:id',
      'SIGNATURE_ID_DUPLICATE',
      change('<Facts>', '<Facts xml:id="signature-content">'),
    ],
    ['the reference to another element', 'SIGNATURE_SHAPE', change('URI=""', 'URI="#x"')],
    ['a reference removed', 'SIGNATURE_SHAPE', change(/<ds:Reference Type=.*?<\/ds:Reference>/s, '')],
    [
      'a reference added',
      'SIGNATURE_SHAPE',
      change('</ds:SignedInfo>', '<ds:Reference URI=""></ds:Reference></ds:SignedInfo>'),
    ],
    [
      'a transform removed',
      'SIGNATURE_SHAPE',
      change(`<ds:Transform Algorithm="${EXCLUSIVE_C14N}"></ds:Transform>`, ''),
    ],
    [
      'a transform added',
      'SIGNATURE_SHAPE',
      change(
        '</ds:Transforms>',
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"></ds:Transform></ds:Transforms>',
      ),
    ],
    [
      'inclusive canonicalization',
      'SIGNATURE_SHAPE',
      change(EXCLUSIVE_C14N, 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'),
    ],
    ['a SHA-1 digest', 'SIGNATURE_SHAPE', change(SHA256_DIGEST, 'http://www.w3.org/2000/09/xmldsig#sha1')],
    [
      'an HMAC signature method',
      'SIGNATURE_ALGORITHM_FORBIDDEN',
      change('xmldsig-more#ecdsa-sha256', 'xmldsig-more#hmac-sha256'),
    ],
    [
      'a SHA-1 signature method',
      'SIGNATURE_ALGORITHM_FORBIDDEN',
      change('xmldsig-more#ecdsa-sha256', 'xmldsig-more#ecdsa-sha1'),
    ],
    ['no signed properties', 'SIGNATURE_SHAPE', change(/<ds:Object>.*<\/ds:Object>/s, '')],
    [
      'no certificate digest',
      'SIGNATURE_SHAPE',
      change(/<xades:SigningCertificateV2>.*<\/xades:SigningCertificateV2>/s, ''),
    ],
    ['no certificate', 'SIGNATURE_SHAPE', change(/<ds:KeyInfo>.*<\/ds:KeyInfo>/s, '')],
    [
      'two certificates',
      'SIGNATURE_SHAPE',
      change('</ds:X509Data>', '<ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>'),
    ],
    [
      'unsigned properties',
      'SIGNATURE_SHAPE',
      change(
        '</xades:QualifyingProperties>',
        '<xades:UnsignedProperties></xades:UnsignedProperties></xades:QualifyingProperties>',
      ),
    ],
    [
      'an attribute in the signature',
      'SIGNATURE_SHAPE',
      change('<ds:SignatureValue>', '<ds:SignatureValue Id="v">'),
    ],
    ['white space in the signature', 'SIGNATURE_SHAPE', change('<ds:KeyInfo>', '\n<ds:KeyInfo>')],
    [
      'a broken base64 line',
      'BASE64_NOT_STRICT',
      change('<ds:X509Certificate>MII', '<ds:X509Certificate>MI\nI'),
    ],
    [
      'no certificate but rubbish',
      'CERTIFICATE_MALFORMED',
      change(/<ds:X509Certificate>[^<]*/, '<ds:X509Certificate>AAAA'),
    ],
    [
      'another member’s certificate',
      'CERTIFICATE_DIGEST_MISMATCH',
      () => replaced(event, comune.x509.raw.toString('base64'), other.x509.raw.toString('base64')),
    ],
    [
      'a certificate with bytes after it',
      'CERTIFICATE_MALFORMED',
      () =>
        replaced(
          event,
          comune.x509.raw.toString('base64'),
          Buffer.concat([comune.x509.raw, Buffer.from('0500', 'hex')]).toString('base64'),
        ),
    ],
    ['(r, n − s)', 'SIGNATURE_NOT_LOW_S', () => withSignatureValue(mirrored)],
    [
      'the value of another signing',
      'SIGNATURE_INVALID',
      () =>
        withSignatureValue((value) =>
          Buffer.concat([value.subarray(0, 32), Buffer.alloc(31), Buffer.from([1])]),
        ),
    ],
    ['a value of zeroes', 'SIGNATURE_INVALID', () => withSignatureValue(() => Buffer.alloc(64))],
    [
      'a DER-encoded value',
      'SIGNATURE_ENCODING',
      () => withSignatureValue(() => rawSign('sha256', Buffer.from('x'), comune.keyPem)),
    ],
    ['an empty value', 'SIGNATURE_ENCODING', () => withSignatureValue(() => Buffer.alloc(0))],
  ])('refuses %s', (_, code, attack) => {
    expectRefused(attack(), code);
  });

  it('refuses a signature whose value another member made', async () => {
    const forged = await signXml(
      unsigned(),
      { ...comune.signer, sign: (data) => other.signer.sign(data) },
      NOW,
    );
    expectRefused(forged, 'SIGNATURE_INVALID');
  });
});
