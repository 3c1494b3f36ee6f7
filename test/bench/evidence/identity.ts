/** A certificate authority of one member, made for one run. */
import 'reflect-metadata';
import { createPrivateKey, webcrypto, X509Certificate, type KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { pemSigner, type Signer, type TrustView } from '#evidence';

const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

export interface Identity {
  readonly signer: Signer;
  readonly trust: TrustView;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly key: KeyObject;
}

/** An authority's signing identity and the trust in it, valid around `at`. */
export async function createIdentity(holder: string, at: Date): Promise<Identity> {
  const period = {
    notBefore: new Date(at.getTime() - DAY_MS),
    notAfter: new Date(at.getTime() + DAY_MS),
    signingAlgorithm: SIGNING,
  };
  const { digitalSignature, nonRepudiation, keyCertSign } = x509.KeyUsageFlags;
  const caKeys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['Bench CA'] }, { O: ['Bench (not qualified)'] }],
    keys: caKeys,
    ...period,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign, true),
    ],
  });
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [
      { CN: [holder] },
      { OU: ['authority'] },
      { OU: ['signing-g1'] },
      { O: ['Bench (not qualified)'] },
    ],
    issuer: ca.subjectName,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    ...period,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(digitalSignature | nonRepudiation, true),
    ],
  });
  const certificatePem = certificate.toString('pem');
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const keyPem = x509.PemConverter.encode(pkcs8, 'PRIVATE KEY');
  return {
    signer: pemSigner(certificatePem, keyPem),
    trust: {
      anchors: [new X509Certificate(ca.toString('pem'))],
      certificate: () => ({ holder, role: 'authority', purpose: 'signing', revokedFrom: null }),
    },
    certificatePem,
    keyPem,
    key: createPrivateKey(keyPem),
  };
}
