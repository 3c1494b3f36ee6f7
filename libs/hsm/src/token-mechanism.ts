import { createHash } from 'node:crypto';
import { HubError } from '#errors';
import type { Signer } from '#evidence';
import { CKK, CKM, type Mechanism } from './cryptoki.ts';

/** How a token makes a signature of our profile: with which kind of key, by which mechanism, from what. */
export interface TokenMechanism {
  /** {@link CKK} */
  readonly keyType: number;
  readonly mechanism: Mechanism;
  /** What the token is given instead of the data: a few bytes, whatever the data's size. */
  readonly input: (data: Buffer) => Buffer;
  /** True if the certificate verifies the value. */
  readonly accepts: (data: Buffer, value: Buffer) => boolean;
}

/** DER of DigestInfo up to the digest, for SHA-256 (RFC 8017 §9.2, note 1). */
const SHA256_DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/**
 * The mechanism for a certificate's key. The digest is ours, so one kind of call serves all tokens, smart cards too:
 * CKM_ECDSA gives r ‖ s as the profile has it (Cryptoki mechanisms 2.40 §2.3.1), CKM_RSA_PKCS pads a DigestInfo (§2.1.6).
 * @throws HubError `SIGNING_KEY_UNUSABLE` if the profile has no algorithm for the key
 */
export function mechanismFor({ publicKey, algorithm }: Signer['certificate']): TokenMechanism {
  if (algorithm === undefined) {
    throw new HubError('SIGNING_KEY_UNUSABLE', 'the profile has no algorithm for the certificate’s key');
  }
  const accepts = (data: Buffer, value: Buffer): boolean => {
    try {
      return algorithm.verify(data, algorithm.normalize(value, publicKey), publicKey);
    } catch (error) {
      // Another length: of a key of the same kind, but another size.
      if (error instanceof HubError) return false;
      throw error;
    }
  };
  if (publicKey.asymmetricKeyType === 'rsa') {
    return {
      keyType: CKK.RSA,
      mechanism: { type: CKM.RSA_PKCS },
      input: (data) => Buffer.concat([SHA256_DIGEST_INFO, digest('sha256', data)]),
      accepts,
    };
  }
  const hash = publicKey.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256';
  const mechanism = { type: CKM.ECDSA };
  return { keyType: CKK.EC, mechanism, input: (data) => digest(hash, data), accepts };
}

function digest(hash: string, data: Buffer): Buffer {
  return createHash(hash).update(data).digest();
}
