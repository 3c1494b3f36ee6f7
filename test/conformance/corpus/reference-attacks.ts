/** References, transforms and algorithms other than the profile’s. */
import { attack, replaced, type Made } from './case.ts';

const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';

export function references(act: Buffer): readonly Made[] {
  const change = (name: string, about: string, from: string | RegExp, to: string): Made =>
    attack(`reference/${name}`, 'SIGNATURE_SHAPE', about, replaced(act, from, to));
  const c14n = `<ds:Transform Algorithm="${EXCLUSIVE}"></ds:Transform>`;
  const transform = (uri: string, text = ''): string =>
    `<ds:Transform Algorithm="${uri}">${text}</ds:Transform>`;
  return [
    change('to-another-element', 'The content reference names an element.', 'URI=""', 'URI="#x"'),
    change(
      'to-a-remote-document',
      'The content reference names a web address.',
      'URI=""',
      'URI="http://localhost:1/x"',
    ),
    change('to-an-xpointer', 'The content reference is an XPointer.', 'URI=""', 'URI="#xpointer(/)"'),
    change('without-uri', 'The content reference has no URI.', ' URI=""', ''),
    change(
      'properties-removed',
      'The reference to the signed properties is removed.',
      /<ds:Reference Type=.*?<\/ds:Reference>/s,
      '',
    ),
    change(
      'content-removed',
      'The reference to the content is removed.',
      /<ds:Reference Id=.*?<\/ds:Reference>/s,
      '',
    ),
    change(
      'added',
      'A third reference is added.',
      '</ds:SignedInfo>',
      '<ds:Reference URI=""></ds:Reference></ds:SignedInfo>',
    ),
    change(
      'swapped',
      'The two references change places.',
      /(<ds:Reference Id=.*?<\/ds:Reference>)(<ds:Reference Type=.*?<\/ds:Reference>)/s,
      swappedReferences(act),
    ),
    change(
      'other-type',
      'The properties reference has another Type.',
      '01903#SignedProperties"',
      '01903#Properties"',
    ),
    change('transform-removed', 'Canonicalization is removed from the transforms.', c14n, ''),
    change(
      'enveloped-removed',
      'The enveloped-signature transform is removed.',
      transform(`${DSIG}enveloped-signature`),
      '',
    ),
    change(
      'transform-xpath',
      'An XPath transform is added.',
      '</ds:Transforms>',
      `${transform('http://www.w3.org/TR/1999/REC-xpath-19991116', '<ds:XPath>/</ds:XPath>')}</ds:Transforms>`,
    ),
    change(
      'transform-xslt',
      'An XSLT transform is added.',
      '</ds:Transforms>',
      `${transform('http://www.w3.org/TR/1999/REC-xslt-19991116')}</ds:Transforms>`,
    ),
    change(
      'transform-base64',
      'A base64 transform is added.',
      '</ds:Transforms>',
      `${transform(`${DSIG}base64`)}</ds:Transforms>`,
    ),
    change(
      'transform-twice',
      'Canonicalization is there twice.',
      '</ds:Transforms>',
      `${c14n}</ds:Transforms>`,
    ),
  ];
}

function swappedReferences(act: Buffer): string {
  const [, first = '', second = ''] =
    /(<ds:Reference Id=.*?<\/ds:Reference>)(<ds:Reference Type=.*?<\/ds:Reference>)/s.exec(act.toString()) ??
    [];
  return second + first;
}

export function algorithms(act: Buffer): readonly Made[] {
  const method = (
    name: string,
    code: 'SIGNATURE_ALGORITHM_FORBIDDEN' | 'CERTIFICATE_KEY_UNSUITABLE',
    uri: string,
  ): Made =>
    attack(
      `algorithm/${name}`,
      code,
      `The signature method is changed to ${uri}.`,
      replaced(act, 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256', uri),
    );
  const more = 'http://www.w3.org/2001/04/xmldsig-more#';
  return [
    method('hmac-sha256', 'SIGNATURE_ALGORITHM_FORBIDDEN', `${more}hmac-sha256`),
    method('hmac-sha1', 'SIGNATURE_ALGORITHM_FORBIDDEN', `${DSIG}hmac-sha1`),
    method('ecdsa-sha1', 'SIGNATURE_ALGORITHM_FORBIDDEN', `${more}ecdsa-sha1`),
    method('rsa-sha1', 'SIGNATURE_ALGORITHM_FORBIDDEN', `${DSIG}rsa-sha1`),
    method('dsa-sha1', 'SIGNATURE_ALGORITHM_FORBIDDEN', `${DSIG}dsa-sha1`),
    method('rsa-md5', 'SIGNATURE_ALGORITHM_FORBIDDEN', `${more}rsa-md5`),
    method(
      'rsa-pss',
      'SIGNATURE_ALGORITHM_FORBIDDEN',
      'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
    ),
    method('none', 'SIGNATURE_ALGORITHM_FORBIDDEN', ''),
    method('rsa-for-an-ec-key', 'CERTIFICATE_KEY_UNSUITABLE', `${more}rsa-sha256`),
    method('p-384-for-a-p-256-key', 'CERTIFICATE_KEY_UNSUITABLE', `${more}ecdsa-sha384`),
    attack(
      'algorithm/digest-sha1',
      'SIGNATURE_SHAPE',
      'The content digest is SHA-1.',
      replaced(act, SHA256, `${DSIG}sha1`),
    ),
    attack(
      'algorithm/digest-sha512',
      'SIGNATURE_SHAPE',
      'The content digest is SHA-512.',
      replaced(act, SHA256, 'http://www.w3.org/2001/04/xmlenc#sha512'),
    ),
    attack(
      'algorithm/inclusive-canonicalization',
      'SIGNATURE_SHAPE',
      'SignedInfo is canonicalized inclusively.',
      replaced(act, EXCLUSIVE, 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'),
    ),
    attack(
      'algorithm/canonicalization-with-comments',
      'SIGNATURE_SHAPE',
      'SignedInfo is canonicalized with comments.',
      replaced(act, EXCLUSIVE, `${EXCLUSIVE}WithComments`),
    ),
    attack(
      'algorithm/hmac-output-length',
      'SIGNATURE_SHAPE',
      'The signature method has a parameter, HMACOutputLength.',
      replaced(
        act,
        '</ds:SignatureMethod>',
        '<ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>',
      ),
    ),
  ];
}
