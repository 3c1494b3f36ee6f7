import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import {
  CERTIFICATE_PURPOSES,
  CERTIFICATE_ROLES,
  parseIpaCode,
  type CertificatePurpose,
  type CertificateRole,
  type RegisteredCertificate,
  type Sha256,
} from '#contracts';
import { HubError } from '#errors';
import { isUnder, readCrlOf, sha256Hex, toDer as crlDer } from '#evidence';
import { readJsonFile } from './read-json-file.ts';

/** `CERTIFICATES_FILE`: paths of PEM files, one certificate each, relative to the manifest's folder. */
const manifest = z.strictObject({
  anchors: z.array(z.string().min(1)).min(1),
  certificates: z.array(z.string().min(1)),
  /** Revocation lists, PEM or DER, each by one of the anchors. */
  crls: z.array(z.string().min(1)).default([]),
  /** Issuers of others, and for whom their certificates speak: a subject of theirs says nothing here. */
  external: z
    .array(
      z.strictObject({
        anchor: z.string().min(1),
        certificates: z.array(z.strictObject({ file: z.string().min(1), holder: z.string().min(1) })),
      }),
    )
    .default([]),
});

/** A revocation list to be published. */
export interface NetworkCrl {
  readonly issuer: Sha256;
  readonly thisUpdate: Date;
  /** DER, base64. */
  readonly crl: string;
}

export interface NetworkCertificates {
  /** DER, base64. */
  readonly anchors: readonly string[];
  /** Issuers of others: DER, base64. */
  readonly external: readonly string[];
  readonly crls: readonly NetworkCrl[];
  readonly certificates: readonly RegisteredCertificate[];
}

/**
 * Reads the manifest and the certificates it names. Holder, role and purpose are those of each subject
 * (`CN=<holder>,OU=<role>,OU=<purpose>-g<n>,…`); each must stand under an anchor.
 * @throws HubError `CERTIFICATES_UNREADABLE` with the path
 */
export function readCertificates(path: string): NetworkCertificates {
  const { anchors, certificates, crls, external } = readJsonFile(path, manifest);
  const place = (file: string): string => resolve(dirname(path), file);
  const load = (file: string): Loaded => loadPem(place(file));
  const roots = anchors.map(load);
  const others = external.map(({ anchor }) => load(anchor));
  const seals = external.flatMap(({ anchor, certificates: listed }) =>
    listed.map(({ file, holder }) => sealOf(load(file), load(anchor), holder)),
  );
  return {
    anchors: roots.map(toDer),
    external: others.map(toDer),
    crls: crls.map((file) => readList(place(file), [...roots, ...others])),
    certificates: [...certificates.map(load).map((loaded) => registered(loaded, roots)), ...seals],
  };
}

function toDer({ certificate }: Loaded): string {
  return certificate.raw.toString('base64');
}

/** A certificate of another issuer: an authority's, for signing, whatever its subject says. */
function sealOf(
  { path, certificate }: Loaded,
  { certificate: issuer }: Loaded,
  holder: string,
): RegisteredCertificate {
  if (!isUnder(certificate, issuer))
    throw new HubError(
      'CERTIFICATES_UNREADABLE',
      `${path} was not issued by the external anchor it stands under`,
      {
        details: { path },
      },
    );
  return { holder: parseIpaCode(holder), role: 'authority', purpose: 'signing', ...described(certificate) };
}

function readList(path: string, issuers: readonly Loaded[]): NetworkCrl {
  try {
    const bytes = readFileSync(path);
    const { issuer, thisUpdate } = readCrlOf(
      bytes,
      issuers.map(({ certificate }) => certificate),
    );
    return { issuer, thisUpdate, crl: crlDer(bytes).toString('base64') };
  } catch (cause) {
    throw new HubError('CERTIFICATES_UNREADABLE', `${path} is not a revocation list by one of the anchors`, {
      cause,
      details: { path },
    });
  }
}

interface Loaded {
  readonly path: string;
  readonly certificate: X509Certificate;
}

function loadPem(path: string): Loaded {
  try {
    return { path, certificate: new X509Certificate(readFileSync(path)) };
  } catch (cause) {
    throw new HubError('CERTIFICATES_UNREADABLE', `${path} is not a readable PEM certificate`, {
      cause,
      details: { path },
    });
  }
}

function registered({ path, certificate }: Loaded, roots: readonly Loaded[]): RegisteredCertificate {
  const found = certificateOf(
    certificate,
    roots.map((root) => root.certificate),
  );
  if (found !== undefined) return found;
  throw new HubError(
    'CERTIFICATES_UNREADABLE',
    `${path} is not a certificate of this network: it needs an anchor as issuer and CN, role and purpose in its subject`,
    { details: { path, subject: certificate.subject } },
  );
}

/** How the registry lists a certificate; undefined if no anchor has issued it, or its subject is of another form. */
export function certificateOf(
  certificate: X509Certificate,
  anchors: readonly X509Certificate[],
): RegisteredCertificate | undefined {
  const isOurs = anchors.some((root) => certificate.checkIssued(root) && certificate.verify(root.publicKey));
  const subject = isOurs ? readSubject(certificate) : undefined;
  return subject === undefined ? undefined : { ...subject, ...described(certificate) };
}

function described(
  certificate: X509Certificate,
): Pick<RegisteredCertificate, 'fingerprint' | 'der' | 'notBefore' | 'notAfter'> {
  return {
    fingerprint: sha256Hex(certificate.raw),
    der: certificate.raw.toString('base64'),
    notBefore: certificate.validFromDate.toISOString(),
    notAfter: certificate.validToDate.toISOString(),
  };
}

interface HolderSubject {
  readonly holder: string;
  readonly role: CertificateRole;
  readonly purpose: CertificatePurpose;
}

function readSubject(certificate: X509Certificate): HolderSubject | undefined {
  const [name, unit, use] = certificate.subject.split('\n');
  const holder = /^CN=(.+)$/.exec(name ?? '')?.[1];
  const role = CERTIFICATE_ROLES.find((each) => unit === `OU=${each}`);
  const purpose = CERTIFICATE_PURPOSES.find((each) => new RegExp(`^OU=${each}-g[0-9]+$`).test(use ?? ''));
  return holder === undefined || role === undefined || purpose === undefined
    ? undefined
    : { holder, role, purpose };
}
