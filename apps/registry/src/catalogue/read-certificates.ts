import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import {
  CERTIFICATE_PURPOSES,
  CERTIFICATE_ROLES,
  type CertificatePurpose,
  type CertificateRole,
  type RegisteredCertificate,
} from '#contracts';
import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import { readJsonFile } from './read-json-file.ts';

/** `CERTIFICATES_FILE`: paths of PEM files, one certificate each, relative to the manifest's folder. */
const manifest = z.strictObject({
  anchors: z.array(z.string().min(1)).min(1),
  certificates: z.array(z.string().min(1)),
});

export interface NetworkCertificates {
  /** DER, base64. */
  readonly anchors: readonly string[];
  readonly certificates: readonly RegisteredCertificate[];
}

/**
 * Reads the manifest and the certificates it names. Holder, role and purpose are those of each subject
 * (`CN=<holder>,OU=<role>,OU=<purpose>-g<n>,…`); each must stand under an anchor.
 * @throws HubError `CERTIFICATES_UNREADABLE` with the path
 */
export function readCertificates(path: string): NetworkCertificates {
  const { anchors, certificates } = readJsonFile(path, manifest);
  const load = (file: string): Loaded => loadPem(resolve(dirname(path), file));
  const roots = anchors.map(load);
  return {
    anchors: roots.map(({ certificate }) => certificate.raw.toString('base64')),
    certificates: certificates.map(load).map((loaded) => registered(loaded, roots)),
  };
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
  if (subject === undefined) return undefined;
  return {
    ...subject,
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
