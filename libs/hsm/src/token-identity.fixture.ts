/** Signing certificates over keys of every kind that the profile knows, for the specs of this room. */
import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { TrustView } from '#evidence';

const KEYS = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384' },
  'RSA 2048': {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const;
const VALIDITY = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2030-01-01T00:00:00Z') };
const WITH_SHA256 = { name: 'ECDSA', hash: 'SHA-256' } as const;
const { digitalSignature, nonRepudiation, keyCertSign } = x509.KeyUsageFlags;

export type KeyKind = keyof typeof KEYS;

export interface TokenIdentity {
  readonly certificatePem: string;
  /** PKCS #8, to be put into a token. */
  readonly keyPem: string;
  /** A view in which the certificate is listed as its holder's. */
  readonly trust: TrustView;
}

export async function tokenIdentity(holder: string, kind: KeyKind): Promise<TokenIdentity> {
  const authority = await webcrypto.subtle.generateKey(KEYS['P-256'], true, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['Test CA'] }, { O: ['Test network (not qualified)'] }],
    keys: authority,
    ...VALIDITY,
    signingAlgorithm: WITH_SHA256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign, true),
    ],
  });
  const keys = await webcrypto.subtle.generateKey(KEYS[kind], true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [
      { CN: [holder] },
      { OU: ['authority'] },
      { OU: ['signing-g1'] },
      { O: ['Test network (not qualified)'] },
    ],
    issuer: ca.subjectName,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: WITH_SHA256,
    ...VALIDITY,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(digitalSignature | nonRepudiation, true),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificatePem: certificate.toString('pem'),
    keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    trust: {
      anchors: [new X509Certificate(ca.toString('pem'))],
      certificate: () => ({
        holder,
        role: 'authority',
        purpose: 'signing',
        generation: 1,
        revokedFrom: null,
      }),
    },
  };
}
