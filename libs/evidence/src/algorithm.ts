/** The signature algorithms of the profile: a closed table. What is not here is refused. */
import { sign, verify, type KeyObject } from 'node:crypto';
import { HubError } from '#errors';
import { derOfValue, valueOfDer } from './ecdsa-value.ts';
import { isLowS, P256, P384, toLowS, type CurveOrder } from './low-s.ts';

/** One way to sign, tied to one kind of key: a key has exactly one algorithm, so neither can be swapped. */
export interface SignatureAlgorithm {
  /** `ds:SignatureMethod`. */
  readonly uri: string;
  /** What keys it takes, for people. */
  readonly keys: string;
  accepts(key: KeyObject): boolean;
  /** Signs with a key of this process; any form of ECDSA s. */
  sign(data: Buffer, key: KeyObject): Buffer;
  /**
   * The one form of a value that a signer gave.
   * @throws HubError `SIGNATURE_ENCODING` if it has not this algorithm's length
   */
  normalize(value: Buffer, key: KeyObject): Buffer;
  /** @throws HubError `SIGNATURE_ENCODING`, `SIGNATURE_NOT_LOW_S` if the value is not in its one form */
  verify(data: Buffer, value: Buffer, key: KeyObject): boolean;
}

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 4096;
/** FIPS 186-5 §5.1: smaller public exponents are not used. */
const MIN_RSA_EXPONENT = 65_537n;

/**
 * RFC 9231 §2.3.6, XML Signature 1.1 §6.4.3: ECDSA with values as r ‖ s, never DER; low s. OpenSSL is given DER all the
 * same: `dsaEncoding` travels in an object around the key, and to find out that this is no key Node throws and catches
 * errors, at each call, for a third of what the verification costs.
 */
function ecdsa(
  hash: 'sha256' | 'sha384',
  namedCurve: string,
  name: string,
  order: CurveOrder,
): SignatureAlgorithm {
  const length = 2 * order.bytes;
  const checkLength = (value: Buffer): void => {
    if (value.length !== length) {
      throw encoding(`the signature value has ${value.length} bytes, not r ‖ s of ${length}`);
    }
  };
  return {
    uri: `${MORE}ecdsa-${hash}`,
    keys: name,
    accepts: (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === namedCurve,
    sign: (data, key) => valueOfDer(sign(hash, data, key), order.bytes),
    normalize: (value) => {
      checkLength(value);
      return toLowS(value, order);
    },
    verify: (data, value, key) => {
      checkLength(value);
      if (!isLowS(value, order)) throw new HubError('SIGNATURE_NOT_LOW_S', 's is greater than n/2');
      return verify(hash, data, key, derOfValue(value));
    },
  };
}

/**
 * RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2; RFC 9231 §2.3.2). The value is as long as the modulus and below it
 * (OpenSSL checks the latter), and the padding leaves no freedom: a document has one value.
 */
const RSA_SHA256: SignatureAlgorithm = {
  uri: `${MORE}rsa-sha256`,
  keys: `RSA ${MIN_RSA_BITS}–${MAX_RSA_BITS}`,
  accepts: (key) => {
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
    return (
      key.asymmetricKeyType === 'rsa' &&
      modulusLength >= MIN_RSA_BITS &&
      modulusLength <= MAX_RSA_BITS &&
      publicExponent >= MIN_RSA_EXPONENT
    );
  },
  sign: (data, key) => sign('sha256', data, key),
  normalize: (value, key) => {
    checkRsaLength(value, key);
    return value;
  },
  verify: (data, value, key) => {
    checkRsaLength(value, key);
    return verify('sha256', data, key, value);
  },
};

function checkRsaLength(value: Buffer, key: KeyObject): void {
  const length = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  if (value.length !== length) {
    throw encoding(`the signature value has ${value.length} bytes, the key's modulus ${length}`);
  }
}

function encoding(reason: string): HubError {
  return new HubError('SIGNATURE_ENCODING', reason);
}

const ALGORITHMS: readonly SignatureAlgorithm[] = [
  ecdsa('sha256', 'prime256v1', 'P-256', P256),
  ecdsa('sha384', 'secp384r1', 'P-384', P384),
  RSA_SHA256,
];
const BY_URI = new Map(ALGORITHMS.map((algorithm) => [algorithm.uri, algorithm]));

/** The algorithm by its `ds:SignatureMethod`, or undefined: then it is refused. */
export function algorithmByUri(uri: string): SignatureAlgorithm | undefined {
  return BY_URI.get(uri);
}

/** The one algorithm that a public or private key signs with, or undefined if it may not sign. */
export function algorithmOf(key: KeyObject): SignatureAlgorithm | undefined {
  return ALGORITHMS.find((algorithm) => algorithm.accepts(key));
}
