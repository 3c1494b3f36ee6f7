/** Parts of the signature added, removed or altered, and signed content altered. */
import type { Signer } from '#evidence';
import { attack, replaced, type Made } from './case.ts';

export function parts(act: Buffer, signer: Signer, other: Signer): readonly Made[] {
  const change = (name: string, about: string, from: string | RegExp, to: string, general = false): Made =>
    attack(`part/${name}`, 'SIGNATURE_SHAPE', about, replaced(act, from, to), general);
  const der = signer.certificate.encoded.der;
  const trailing = Buffer.concat([Buffer.from(der, 'base64'), Buffer.from('0500', 'hex')]).toString('base64');
  return [
    change('no-signed-properties', 'The signed properties are removed.', /<ds:Object>.*<\/ds:Object>/s, ''),
    change('no-signing-time', 'SigningTime is removed.', /<xades:SigningTime>.*<\/xades:SigningTime>/s, ''),
    change(
      'no-certificate-digest',
      'SigningCertificateV2 is removed.',
      /<xades:SigningCertificateV2>.*<\/xades:SigningCertificateV2>/s,
      '',
    ),
    change(
      'no-data-object-format',
      'DataObjectFormat is removed.',
      /<xades:SignedDataObjectProperties>.*<\/xades:SignedDataObjectProperties>/s,
      '',
    ),
    change('no-certificate', 'KeyInfo is removed.', /<ds:KeyInfo>.*<\/ds:KeyInfo>/s, ''),
    change(
      'key-value',
      'KeyInfo holds a key instead of a certificate.',
      /<ds:X509Data>.*<\/ds:X509Data>/s,
      '<ds:KeyValue></ds:KeyValue>',
    ),
    change(
      'key-name',
      'KeyInfo names a key, too.',
      '<ds:KeyInfo>',
      '<ds:KeyInfo><ds:KeyName>x</ds:KeyName>',
      true,
    ),
    change(
      'two-certificates',
      'X509Data holds a second certificate.',
      '</ds:X509Data>',
      `<ds:X509Certificate>${other.certificate.encoded.der}</ds:X509Certificate></ds:X509Data>`,
      true,
    ),
    change(
      'two-x509-data',
      'KeyInfo holds a second X509Data.',
      '</ds:KeyInfo>',
      '<ds:X509Data></ds:X509Data></ds:KeyInfo>',
      true,
    ),
    change(
      'unsigned-properties',
      'Unsigned properties are added.',
      '</xades:QualifyingProperties>',
      '<xades:UnsignedProperties></xades:UnsignedProperties></xades:QualifyingProperties>',
      true,
    ),
    change(
      'foreign-object',
      'A second ds:Object is added.',
      '</ds:Signature>',
      '<ds:Object></ds:Object></ds:Signature>',
      true,
    ),
    change(
      'attribute',
      'An attribute is added to SignatureValue.',
      '<ds:SignatureValue>',
      '<ds:SignatureValue Id="v">',
      true,
    ),
    change(
      'white-space',
      'A line end is added between two elements of the signature.',
      '<ds:KeyInfo>',
      '\n<ds:KeyInfo>',
      true,
    ),
    change('other-id', 'The signature has another Id.', 'Id="signature"', 'Id="signature-2"', true),
    change(
      'other-target',
      'QualifyingProperties has another Target.',
      'Target="#signature"',
      'Target="#x"',
      true,
    ),
    change(
      'media-type-with-parameters',
      'The media type has parameters.',
      'application/xml<',
      'application/xml; a=b<',
    ),
    attack(
      'part/other-prefix',
      'SIGNATURE_SHAPE',
      'The prefix of the signature is not ds.',
      Buffer.from(act.toString().replaceAll(/\bds(?=[:=])/g, 'sig')),
    ),
    attack(
      'part/certificate-broken-over-lines',
      'BASE64_NOT_STRICT',
      'The certificate in base64 is broken over lines.',
      replaced(act, '<ds:X509Certificate>MII', '<ds:X509Certificate>MI\nI'),
      true,
    ),
    attack(
      'part/certificate-with-spaces',
      'BASE64_NOT_STRICT',
      'A space follows the certificate in base64.',
      replaced(act, '</ds:X509Certificate>', ' </ds:X509Certificate>'),
      true,
    ),
    attack(
      'part/certificate-rubbish',
      'CERTIFICATE_MALFORMED',
      'The certificate is none.',
      replaced(act, /<ds:X509Certificate>[^<]*/, '<ds:X509Certificate>AAAA'),
    ),
    attack(
      'part/certificate-with-bytes-after',
      'CERTIFICATE_MALFORMED',
      'Two bytes follow the certificate’s DER.',
      replaced(act, der, trailing),
    ),
    attack(
      'part/certificate-of-another-member',
      'CERTIFICATE_DIGEST_MISMATCH',
      'The certificate is replaced by that of another member.',
      replaced(act, der, other.certificate.encoded.der),
    ),
  ];
}

export function content(act: Buffer): readonly Made[] {
  const time = (
    name: string,
    code: 'SIGNING_TIME_INVALID' | 'SIGNED_PROPERTIES_DIGEST_MISMATCH',
    text: string,
  ): Made =>
    attack(
      `content/signing-time-${name}`,
      code,
      `SigningTime is changed to ${text}.`,
      replaced(act, /(?<=<xades:SigningTime>)[^<]*/, text),
    );
  return [
    attack(
      'content/text-changed',
      'REFERENCE_DIGEST_MISMATCH',
      'A value of the event is changed.',
      replaced(act, 'office="UF-SUAP"', 'office="UF-XXXX"'),
    ),
    attack(
      'content/element-added',
      'REFERENCE_DIGEST_MISMATCH',
      'An element is added.',
      replaced(act, '<Facts>', '<Facts><Fact></Fact>'),
    ),
    attack(
      'content/element-removed',
      'REFERENCE_DIGEST_MISMATCH',
      'An element is removed.',
      replaced(act, '<Facts></Facts>', ''),
    ),
    attack(
      'content/attribute-added',
      'REFERENCE_DIGEST_MISMATCH',
      'An attribute is added.',
      replaced(act, 'istat="019036"', 'istat="019036" x="1"'),
    ),
    attack(
      'content/xinclude',
      'REFERENCE_DIGEST_MISMATCH',
      'An XInclude of a local file is added.',
      replaced(
        act,
        '<Facts>',
        '<Facts><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"></xi:include>',
      ),
    ),
    time('changed', 'SIGNED_PROPERTIES_DIGEST_MISMATCH', '2026-03-04T05:06:07.891Z'),
    time('in-another-spelling', 'SIGNING_TIME_INVALID', '2026-03-04T05:06:07.89Z'),
    time('with-offset', 'SIGNING_TIME_INVALID', '2026-03-04T06:06:07.890+01:00'),
    time('beyond-9999', 'SIGNING_TIME_INVALID', '+010000-01-01T00:00:00.000Z'),
    time('that-does-not-exist', 'SIGNING_TIME_INVALID', '2026-02-30T05:06:07.890Z'),
    attack(
      'content/media-type-changed',
      'SIGNED_PROPERTIES_DIGEST_MISMATCH',
      'The media type is changed.',
      replaced(act, 'application/xml<', 'application/pdf<'),
    ),
  ];
}
