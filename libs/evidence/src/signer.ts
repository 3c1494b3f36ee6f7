import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { HubError } from '#errors';
import { isP256, readCertificatePem, type SigningCertificate } from './certificate.ts';

/** A key that signs, wherever it lives: a file, an HSM, a remote seal. */
export interface Signer {
  readonly certificate: SigningCertificate;
  /** Holder named in the certificate. */
  readonly holder: string;
  /** ECDSA P-256 over SHA-256 of `data`, as r ‖ s (IEEE P1363), 64 bytes. */
  sign(data: Buffer): Promise<Buffer>;
}

/**
 * A signer whose key is a PEM file.
 * @throws HubError `CERTIFICATE_MALFORMED`, `SIGNING_KEY_UNUSABLE` if the key is not a P-256 key, not the certificate's,
 *   or the certificate is none for signing.
 */
export function pemSigner(certificatePem: string, keyPem: string): Signer {
  const certificate = readCertificatePem(certificatePem);
  const key = privateKey(keyPem);
  const { subject } = certificate;
  if (!isP256(key)) throw unusable('the key is not a P-256 key');
  if (!certificate.x509.checkPrivateKey(key)) throw unusable('the key is not the certificate’s');
  if (!certificate.suitable || subject?.purpose !== 'signing') {
    throw unusable('the certificate is not a signing certificate of the network');
  }
  return {
    certificate,
    holder: subject.holder,
    sign: (data) => Promise.resolve(sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' })),
  };
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
