/** The algorithms that xml-crypto may use, as the maps it takes. Closed; the library's own maps hold SHA-1. */
import { hash, verify, type KeyLike, type KeyObject } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import { HubError } from '#errors';
import { ENVELOPED_SIGNATURE, EXCLUSIVE_C14N } from './profile.ts';

export const INCLUSIVE_C14N = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';
const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

type Verifier = InstanceType<SignedXml['SignatureAlgorithms'][string]>;

/** A fresh `SignedXml` that knows these algorithms, this key, and nothing else. */
export function pinnedSignedXml(key: KeyObject): SignedXml {
  const signed = new SignedXml({ publicCert: key, getCertFromKeyInfo: () => null });
  signed.SignatureAlgorithms = SIGNATURES;
  signed.HashAlgorithms = DIGESTS;
  signed.CanonicalizationAlgorithms = TRANSFORMS;
  return signed;
}

/** True if `value`, base64, is a signature over `data` by an algorithm of the table. False for any other algorithm. */
export function verifiesAs(uri: string, data: string, key: KeyObject, value: string): boolean {
  const Method = SIGNATURES[uri];
  return Method !== undefined && new Method().verifySignature(data, key, value);
}

/** The digest of `data`, base64; undefined for a digest method that is not in the table. */
export function digestOf(uri: string, data: Buffer): string | undefined {
  const name = HASHES.get(uri);
  return name === undefined ? undefined : hash(name, data, 'base64');
}

const HASHES: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2001/04/xmlenc#sha256', 'sha256'],
  [`${MORE}sha384`, 'sha384'],
  ['http://www.w3.org/2001/04/xmlenc#sha512', 'sha512'],
]);

function rsa(uri: string, name: string): new () => Verifier {
  return verifier(uri, (data, key, value) => {
    const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
    const fits = key.asymmetricKeyType === 'rsa' && modulusLength >= 2048 && modulusLength <= 4096;
    return fits && verify(name, data, key, value);
  });
}

function ecdsa(uri: string, name: string): new () => Verifier {
  return verifier(uri, (data, key, value) => {
    const fits = key.asymmetricKeyType === 'ec' && CURVES.has(key.asymmetricKeyDetails?.namedCurve ?? '');
    return fits && verify(name, data, { key, dsaEncoding: 'ieee-p1363' }, value);
  });
}

function verifier(
  uri: string,
  check: (data: Buffer, key: KeyObject, value: Buffer) => boolean,
): new () => Verifier {
  return class {
    getAlgorithmName = (): string => uri;
    getSignature = (): string => {
      throw new HubError('SIGNING_KEY_UNUSABLE', 'the general engine does not sign');
    };
    verifySignature = (material: string, key: KeyLike, value: string): boolean =>
      check(Buffer.from(material), key as KeyObject, Buffer.from(value, 'base64'));
  };
}

const SIGNATURES = Object.fromEntries(
  ['sha256', 'sha384', 'sha512'].flatMap((name) => [
    [`${MORE}rsa-${name}`, rsa(`${MORE}rsa-${name}`, name)],
    [`${MORE}ecdsa-${name}`, ecdsa(`${MORE}ecdsa-${name}`, name)],
  ]),
) as SignedXml['SignatureAlgorithms'];

const DIGESTS = Object.fromEntries(
  [...HASHES].map(([uri, name]) => [
    uri,
    class {
      getAlgorithmName = (): string => uri;
      getHash = (xml: string): string => hash(name, xml, 'base64');
    },
  ]),
) as SignedXml['HashAlgorithms'];

/** Without comments: documents with comments are refused before. */
const TRANSFORMS = pick(new SignedXml().CanonicalizationAlgorithms, [
  EXCLUSIVE_C14N,
  INCLUSIVE_C14N,
  ENVELOPED_SIGNATURE,
]);

function pick<V>(all: Readonly<Record<string, V>>, keys: readonly string[]): Record<string, V> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => keys.includes(key)));
}
