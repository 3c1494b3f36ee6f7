import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from './x509.ts';
import {
  DEVELOPMENT_CA_NAME,
  DEVELOPMENT_ORGANISATION,
  subjectOf,
  type CertificatePurpose,
  type HolderSubject,
  type Subject,
} from './subject.ts';

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** id-kp-documentSigning (RFC 9336): with it alone, a signing certificate opens no TLS connection. */
const DOCUMENT_SIGNING = '1.3.6.1.5.5.7.3.36';

/** Names that a transport certificate answers to when none are given. */
export const LOCAL_NAMES: readonly string[] = ['localhost'];

/** A certificate and its private key, both PEM (the key PKCS#8, unencrypted). */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What to issue: a holder's certificate, or any other name for a test of what must be refused. */
export interface CertificateRequest extends Validity {
  readonly subject: HolderSubject | Subject;
  /** Taken from `subject` when it is a holder's. */
  readonly purpose?: CertificatePurpose;
  /** DNS names of a transport certificate; `localhost` and 127.0.0.1 when absent. */
  readonly dnsNames?: readonly string[];
}

/** A self-signed P-256 authority: basicConstraints CA with path length 0, keyCertSign and cRLSign (RFC 5280 §4.2.1). */
export async function issueAuthority(
  { notBefore, notAfter }: Validity,
  name = DEVELOPMENT_CA_NAME,
): Promise<IssuedCertificate> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [name] }, { O: [DEVELOPMENT_ORGANISATION] }],
      keys,
      notBefore,
      notAfter,
      serialNumber: newSerial(),
      signingAlgorithm: SIGNATURE_ALGORITHM,
      extensions: await authorityExtensions(keys.publicKey),
    },
    webcrypto,
  );
  return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
}

async function authorityExtensions(publicKey: x509.PublicKeyType): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
  ];
}

/**
 * A P-256 certificate by `authority`. Signing: digitalSignature and nonRepudiation. Transport: clientAuth and serverAuth,
 * with the local names.
 */
export async function issueCertificate(
  authority: IssuedCertificate,
  request: CertificateRequest,
): Promise<IssuedCertificate> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const holder = 'holder' in request.subject ? request.subject : undefined;
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: [...(holder === undefined ? (request.subject as Subject) : subjectOf(holder))],
      issuer: issuer.subjectName,
      publicKey: keys.publicKey,
      signingKey: await importKey(authority.key),
      notBefore: request.notBefore,
      notAfter: request.notAfter,
      serialNumber: newSerial(),
      signingAlgorithm: SIGNATURE_ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        ...usageOf(request.purpose ?? holder?.purpose ?? 'signing', request.dnsNames ?? LOCAL_NAMES),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ],
    },
    webcrypto,
  );
  return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
}

/**
 * An authority's word for the key of another: a certificate of the other's name and key, by the authority (RFC 4210 §4.4:
 * NewWithOld, when the other follows it).
 * @param other the other's own certificate, PEM
 */
export async function crossCertify(
  authority: IssuedCertificate,
  other: string,
  { notBefore, notAfter }: Validity,
): Promise<string> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const subject = new x509.X509Certificate(other);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: subject.subjectName,
      issuer: issuer.subjectName,
      publicKey: subject.publicKey,
      signingKey: await importKey(authority.key),
      notBefore,
      notAfter,
      serialNumber: newSerial(),
      signingAlgorithm: SIGNATURE_ALGORITHM,
      extensions: [
        ...(await authorityExtensions(subject.publicKey)),
        await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ],
    },
    webcrypto,
  );
  return certificate.toString('pem');
}

/** A certificate to revoke, and since when its key is not to be believed. */
export interface Revoked {
  /** PEM. */
  readonly certificate: string;
  readonly revokedFrom: Date;
  /** Since when the key may have been in wrong hands, if that is earlier (RFC 5280 §5.3.2). */
  readonly invalidFrom?: Date;
  readonly reason?: 'keyCompromise' | 'superseded' | 'cessationOfOperation' | 'certificateHold';
}

export interface CrlRequest {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly revoked?: readonly Revoked[];
}

/** The authority's complete list of revocations (RFC 5280 §5), PEM. */
export async function issueCrl(authority: IssuedCertificate, request: CrlRequest): Promise<string> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const crl = await x509.X509CrlGenerator.create(
    {
      issuer: issuer.subjectName,
      thisUpdate: request.thisUpdate,
      nextUpdate: request.nextUpdate,
      signingKey: await importKey(authority.key),
      signingAlgorithm: SIGNATURE_ALGORITHM,
      extensions: [await x509.AuthorityKeyIdentifierExtension.create(issuer)],
      entries: (request.revoked ?? []).map((each) => ({
        serialNumber: new x509.X509Certificate(each.certificate).serialNumber,
        revocationDate: each.revokedFrom,
        ...(each.invalidFrom === undefined ? {} : { invalidity: each.invalidFrom }),
        ...(each.reason === undefined ? {} : { reason: x509.X509CrlReason[each.reason] }),
      })),
    },
    webcrypto,
  );
  return x509.PemConverter.encode(crl.rawData, 'X509 CRL');
}

function usageOf(purpose: CertificatePurpose, dnsNames: readonly string[]): x509.Extension[] {
  const { digitalSignature, nonRepudiation } = x509.KeyUsageFlags;
  if (purpose === 'signing') {
    return [
      new x509.KeyUsagesExtension(digitalSignature | nonRepudiation, true),
      new x509.ExtendedKeyUsageExtension([DOCUMENT_SIGNING]),
    ];
  }
  return [
    new x509.KeyUsagesExtension(digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([
      ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
      { type: 'ip' as const, value: '127.0.0.1' },
    ]),
  ];
}

/** 128 random bits, positive (RFC 5280 §4.1.2.2). */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), KEY_ALGORITHM, true, [
    'sign',
  ]);
}
