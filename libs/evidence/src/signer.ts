import { createPrivateKey, type KeyObject } from 'node:crypto';
import { HubError } from '#errors';
import { algorithmOf } from './algorithm.ts';
import { readCertificatePem, type SigningCertificate } from './certificate.ts';

/** A key that signs, wherever it lives: a file, an HSM, a remote seal. */
export interface Signer {
  readonly certificate: SigningCertificate;
  /** Holder named in the certificate. */
  readonly holder: string;
  /**
   * The signature over `data` by the one algorithm of the certificate's key: ECDSA P-256 with SHA-256 or P-384 with
   * SHA-384, as r ‖ s (IEEE P1363), low or high s; or RSA PKCS#1 v1.5 with SHA-256.
   */
  sign(data: Buffer): Promise<Buffer>;
}

/**
 * A signer whose key is a PEM file.
 * @param holder for a certificate of another issuer, whose subject is not of the network's form: whom the registry
 *   lists it for. Not used for one of the network's own.
 * @throws HubError `CERTIFICATE_MALFORMED`, `SIGNING_KEY_UNUSABLE` if the profile has no algorithm for the key, or it is not the
 *   certificate's, or the certificate is none for signing.
 */
export function pemSigner(certificatePem: string, keyPem: string, holder?: string): Signer {
  const identity = readSignerCertificate(certificatePem, holder);
  const { certificate } = identity;
  const key = privateKey(keyPem);
  const algorithm = algorithmOf(key);
  if (algorithm === undefined) throw unusable('the key is not P-256, P-384 or RSA of 2048 to 4096 bits');
  if (!certificate.x509.checkPrivateKey(key)) throw unusable('the key is not the certificate’s');
  return { ...identity, sign: (data) => Promise.resolve(algorithm.sign(data, key)) };
}

/**
 * Reads the certificate of a signer, wherever its key lives.
 * @param holder For whom the registry lists a certificate whose issuer is not of the network: its subject does not say.
 * @throws HubError `CERTIFICATE_MALFORMED`, `SIGNING_KEY_UNUSABLE` if the certificate is none for signing
 */
export function readSignerCertificate(
  certificatePem: string,
  holder?: string,
): Pick<Signer, 'certificate' | 'holder'> {
  const certificate = readCertificatePem(certificatePem);
  const { subject } = certificate;
  const named = subject === undefined ? holder : subject.holder;
  const fits = subject === undefined || (subject.purpose === 'signing' && certificate.ownUsage);
  if (!certificate.suitable || !fits || named === undefined) {
    throw unusable('the certificate is not a signing certificate of the network, nor listed for a holder');
  }
  return { certificate, holder: named };
}

function privateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new HubError('SIGNING_KEY_UNUSABLE', 'the key is not an unencrypted private key in PEM', { cause });
  }
}

function unusable(reason: string): HubError {
  return new HubError('SIGNING_KEY_UNUSABLE', reason);
}
