/** The algorithms of CMS signatures: which are checked, which protect nothing any more. */
import { constants, createVerify, type KeyObject } from 'node:crypto';
import { HubError } from '#errors';
import { malformed, TAG, type BerReader, type Element } from '../ber.ts';

const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['2.16.840.1.101.3.4.2.8', 'sha3-256'],
  ['2.16.840.1.101.3.4.2.9', 'sha3-384'],
  ['2.16.840.1.101.3.4.2.10', 'sha3-512'],
]);
/** MD2, MD5, SHA-1, RIPEMD-160, SHA-224: collisions are, or will soon be, affordable. */
const WEAK_DIGESTS: ReadonlySet<string> = new Set([
  '1.2.840.113549.2.2',
  '1.2.840.113549.2.5',
  '1.3.14.3.2.26',
  '1.3.36.3.2.1',
  '2.16.840.1.101.3.4.2.4',
]);

/** Node's name of a digest. @throws HubError `UPLOAD_ALGORITHM_WEAK`, `UPLOAD_ALGORITHM_NOT_CHECKED` */
export function digestByOid(oid: string): string {
  const name = DIGESTS.get(oid);
  if (name !== undefined) return name;
  if (WEAK_DIGESTS.has(oid))
    throw new HubError('UPLOAD_ALGORITHM_WEAK', `the digest ${oid} protects nothing`);
  throw new HubError('UPLOAD_ALGORITHM_NOT_CHECKED', `the digest ${oid} is not known here`);
}

const RSA = '1.2.840.113549.1.1.1';
const RSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';
const EC_KEY = '1.2.840.10045.2.1';

interface Scheme {
  readonly key: 'rsa' | 'ec';
  /** Null: the digest of the signed attributes is that of the content. */
  readonly digest: string | null;
}

const SCHEMES: ReadonlyMap<string, Scheme> = new Map<string, Scheme>([
  [RSA, { key: 'rsa', digest: null }],
  ['1.2.840.113549.1.1.11', { key: 'rsa', digest: 'sha256' }],
  ['1.2.840.113549.1.1.12', { key: 'rsa', digest: 'sha384' }],
  ['1.2.840.113549.1.1.13', { key: 'rsa', digest: 'sha512' }],
  // Not by the standard, which wants a digest here; programs write it, and it has one meaning.
  [EC_KEY, { key: 'ec', digest: null }],
  ['1.2.840.10045.4.3.2', { key: 'ec', digest: 'sha256' }],
  ['1.2.840.10045.4.3.3', { key: 'ec', digest: 'sha384' }],
  ['1.2.840.10045.4.3.4', { key: 'ec', digest: 'sha512' }],
]);
/** With MD2, MD5, SHA-1, SHA-224. */
const WEAK_SCHEMES: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.2',
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.2.840.113549.1.1.14',
  '1.2.840.10045.4.1',
  '1.2.840.10045.4.3.1',
]);
const CURVES: ReadonlySet<string> = new Set([
  'prime256v1',
  'secp384r1',
  'secp521r1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
]);
const RSA_BITS = { least: 2_048, most: 8_192 } as const;

/** A check of a signature value: data, key and value are given, the answer is yes or no. */
export type SignatureCheck = (data: Buffer, key: KeyObject, value: Buffer) => boolean;

/**
 * How the value of a signature with this AlgorithmIdentifier is checked.
 * @throws HubError `UPLOAD_ALGORITHM_WEAK`, `UPLOAD_ALGORITHM_NOT_CHECKED`, also for the key when it is called
 */
export function checkByAlgorithm(
  reader: BerReader,
  algorithm: Element,
  contentDigest: string,
): SignatureCheck {
  const [id, parameters] = reader.list(algorithm, 2);
  const oid = reader.oid(id);
  if (oid === RSA_PSS) return pssCheck(reader, parameters);
  const scheme = SCHEMES.get(oid);
  if (scheme !== undefined) {
    const digest = scheme.digest ?? contentDigest;
    return (data, key, value) => {
      requireKey(key, scheme.key);
      return createVerify(digest).update(data).verify(key, value);
    };
  }
  if (WEAK_SCHEMES.has(oid))
    throw new HubError('UPLOAD_ALGORITHM_WEAK', `the algorithm ${oid} protects nothing`);
  throw new HubError('UPLOAD_ALGORITHM_NOT_CHECKED', `the algorithm ${oid} is not known here`);
}

/** RFC 4055 §3.1: everything that is absent means SHA-1. */
function pssCheck(reader: BerReader, parameters: Element | undefined): SignatureCheck {
  const parts = new Map(
    (parameters === undefined ? [] : reader.list(parameters, 4)).map(
      (part) => [part.tag, reader.list(part, 1)[0]] as const,
    ),
  );
  const weak = new HubError('UPLOAD_ALGORITHM_WEAK', 'RSA-PSS with SHA-1 protects nothing');
  const hash = parts.get(TAG.context0);
  const mask = parts.get(TAG.context1);
  if (hash === undefined || mask === undefined) throw weak;
  const digest = digestByOid(reader.oid(reader.list(hash, 2)[0]));
  const [maskId, maskHash] = reader.list(mask, 2);
  if (reader.oid(maskId) !== MGF1 || maskHash === undefined) throw malformed('RSA-PSS has no mask function');
  if (digestByOid(reader.oid(reader.list(maskHash, 2)[0])) !== digest) {
    throw new HubError('UPLOAD_ALGORITHM_NOT_CHECKED', 'RSA-PSS with two digests is not known here');
  }
  const saltLength = smallInteger(reader, parts.get(TAG.context2)) ?? 20;
  return (data, key, value) => {
    requireKey(key, 'rsa');
    const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
    return createVerify(digest).update(data).verify(options, value);
  };
}

function smallInteger(reader: BerReader, element: Element | undefined): number | undefined {
  if (element === undefined) return undefined;
  const body = reader.body(element);
  if (element.tag !== TAG.integer || body.length === 0 || body.length > 2)
    throw malformed('a number is broken');
  return body.readIntBE(0, body.length);
}

function requireKey(key: KeyObject, kind: Scheme['key']): void {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  const type = key.asymmetricKeyType;
  if (kind === 'ec' ? type !== 'ec' : type !== 'rsa' && type !== 'rsa-pss') {
    throw new HubError(
      'SIGNATURE_INVALID',
      'the certificate’s key is not one of the algorithm that is named',
    );
  }
  if (kind === 'ec' && !CURVES.has(namedCurve)) {
    throw new HubError('UPLOAD_ALGORITHM_NOT_CHECKED', 'the curve of the key is not known here');
  }
  if (kind === 'rsa' && modulusLength < RSA_BITS.least) {
    throw new HubError('UPLOAD_ALGORITHM_WEAK', `an RSA key of ${modulusLength} bits protects nothing`);
  }
  if (kind === 'rsa' && modulusLength > RSA_BITS.most) {
    throw new HubError(
      'UPLOAD_ALGORITHM_NOT_CHECKED',
      `an RSA key of ${modulusLength} bits is not known here`,
    );
  }
}
