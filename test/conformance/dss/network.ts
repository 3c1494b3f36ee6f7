/** The network's certificates as its own PKI issues them, and what that PKI does not make: other keys, a CRL. */
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { ensureNetworkPki, issueAuthority, issueCertificate, type NetworkPki } from '#embedded';
import { pemSigner, type Signer } from '#evidence';

const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const WITH_SHA256 = { name: 'ECDSA', hash: 'SHA-256' } as const;
const OTHER_KEYS = {
  'P-384': { name: 'ECDSA', namedCurve: 'P-384' },
  'RSA 3072': {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 3072,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const;
const DAY_MS = 86_400_000;

export interface Network {
  /** What lies on disk. */
  readonly pki: NetworkPki;
  readonly caPem: string;
  /** DER. Made when the certificates were, or later: DSS believes no older one. */
  readonly crl: Buffer;
  /** The only signer that `crl` lists. */
  readonly revoked: Signer;
  /** The author's name, certified by another CA of the same name. */
  readonly stranger: Signer;
  signerOf(holder: string): Signer;
  /** A signer of the author with a key that the development PKI does not make, certified as its own are. */
  signerWith(key: keyof typeof OTHER_KEYS, holder: string): Promise<Signer>;
}

export async function createNetwork(dir: string, author: string): Promise<Network> {
  const pki = await ensureNetworkPki({
    dir,
    holders: [
      { holder: author, role: 'authority' },
      { holder: 'p_cr', role: 'authority' },
      { holder: 'c_d142', role: 'authority' },
      { holder: 'auditor', role: 'auditor' },
      { holder: 'router-1', role: 'router' },
      { holder: 'registry', role: 'registry' },
    ],
  });
  const read = (path: string): string => readFileSync(path, 'utf8');
  const caPem = read(pki.ca.certFile);
  const caKey = await webcrypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(read(pki.ca.keyFile)),
    P256,
    false,
    ['sign'],
  );
  const filesOf = (holder: string): { certFile: string; keyFile: string } => {
    const files = pki.holders[holder]?.signing;
    if (files === undefined) throw new Error(`no certificate of ${holder}`);
    return files;
  };
  const revoked = await certified(P256, read(filesOf(author).certFile), caKey);
  return {
    pki,
    caPem,
    crl: await crlWith(revoked.certificate.x509.serialNumber, caPem, caKey),
    revoked,
    stranger: await strangerLike(author),
    signerOf: (holder) => {
      const { certFile, keyFile } = filesOf(holder);
      return pemSigner(read(certFile), read(keyFile));
    },
    signerWith: (key, holder) => certified(OTHER_KEYS[key], read(filesOf(holder).certFile), caKey),
  };
}

async function strangerLike(holder: string): Promise<Signer> {
  const now = new Date();
  const validity = { notBefore: now, notAfter: new Date(now.getTime() + DAY_MS) };
  const subject = { holder, role: 'authority', purpose: 'signing', generation: 1 } as const;
  const issued = await issueCertificate(await issueAuthority(validity), { subject, ...validity });
  return pemSigner(issued.certificate, issued.key);
}

async function crlWith(
  serialNumber: string,
  caPem: string,
  signingKey: webcrypto.CryptoKey,
): Promise<Buffer> {
  const issuer = new x509.X509Certificate(caPem);
  const now = new Date();
  const crl = await x509.X509CrlGenerator.create({
    issuer: issuer.subjectName,
    thisUpdate: now,
    nextUpdate: new Date(now.getTime() + DAY_MS),
    entries: [{ serialNumber, revocationDate: now, reason: x509.X509CrlReason.keyCompromise }],
    signingAlgorithm: WITH_SHA256,
    signingKey,
    extensions: [await x509.AuthorityKeyIdentifierExtension.create(issuer)],
  });
  return Buffer.from(crl.rawData);
}

/** A certificate like `model` in everything but key, serial number and key identifier. */
async function certified(
  algorithm: webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams,
  model: string,
  signingKey: webcrypto.CryptoKey,
): Promise<Signer> {
  const { subjectName, issuerName, notBefore, notAfter, extensions } = new x509.X509Certificate(model);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: subjectName,
    issuer: issuerName,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: WITH_SHA256,
    notBefore,
    notAfter,
    extensions: [
      ...extensions.filter((extension) => !(extension instanceof x509.SubjectKeyIdentifierExtension)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return pemSigner(certificate.toString('pem'), x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'));
}
