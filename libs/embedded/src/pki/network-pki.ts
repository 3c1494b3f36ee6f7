import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HubError } from '#errors';
import { issueAuthority, issueCertificate, issueCrl, type IssuedCertificate } from './issue.ts';
import * as x509 from './x509.ts';
import { fingerprintOf, principalOf } from './principal.ts';
import type { CertificatePurpose, HolderRole, HolderSubject } from './subject.ts';

const DAY_MS = 86_400_000;
/** Life of the authority's certificate and of the others. */
const CA_DAYS = 3_650;
export const CERTIFICATE_DAYS = 730;
/** A certificate that ends within this time is replaced by one of the next generation. */
const RENEW_DAYS = 30;
/** How long a revocation list holds, and how long before its end the next one is made. */
const CRL_DAYS = 90;
const RENEW_CRL_DAYS = 30;

export interface Holder {
  readonly holder: string;
  readonly role: HolderRole;
}

/** Where one certificate lies, and what is known of it. Paths are absolute. */
export interface CertificateFiles {
  readonly certFile: string;
  /** Mode 0600. */
  readonly keyFile: string;
  /** SHA-256 of the DER, lower hex. */
  readonly fingerprint: string;
  readonly generation: number;
}

/** A transport certificate with the name that Kafka gives to its holder (without `User:`). */
export interface TransportFiles extends CertificateFiles {
  readonly principal: string;
}

export interface HolderFiles extends Holder {
  readonly signing: CertificateFiles;
  readonly transport: TransportFiles;
}

/** The certificates of one network on one machine. */
export interface NetworkPki {
  readonly dir: string;
  readonly ca: {
    readonly certFile: string;
    readonly keyFile: string;
    /** The authority's list of revocations, PEM. It revokes nothing until somebody makes one that does. */
    readonly crlFile: string;
    readonly fingerprint: string;
  };
  readonly broker: TransportFiles;
  readonly admin: TransportFiles;
  readonly holders: Readonly<Record<string, HolderFiles>>;
}

/**
 * Creates what is missing of a network's development certificates under `dir`, and returns all of it. What is there is
 * kept: a second call gives the same certificates. A certificate that ends within 30 days is replaced by one of the
 * next generation.
 *
 * @param options.now the moment from which new certificates are valid
 * @throws HubError `PKI_INVALID` when what lies under `dir` is unreadable or by another authority
 */
export async function ensureNetworkPki(options: {
  readonly dir: string;
  readonly holders: readonly Holder[];
  readonly now?: Date;
  /** DNS names in every transport certificate (a container network's service names); `localhost` when absent. */
  readonly dnsNames?: readonly string[];
}): Promise<NetworkPki> {
  const { dir, now = new Date() } = options;
  await mkdir(dir, { recursive: true });
  const authority = await ensureAuthority(dir, now);
  const ensure = async (subject: Omit<HolderSubject, 'generation'>): Promise<TransportFiles> =>
    await ensureCertificate(dir, authority, subject, now, options.dnsNames);
  const holders: Record<string, HolderFiles> = {};
  for (const { holder, role } of options.holders) {
    holders[holder] = {
      holder,
      role,
      signing: await ensure({ holder, role, purpose: 'signing' }),
      transport: await ensure({ holder, role, purpose: 'transport' }),
    };
  }
  return {
    dir,
    ca: {
      certFile: join(dir, 'ca.crt.pem'),
      keyFile: join(dir, 'ca.key.pem'),
      crlFile: await ensureCrl(dir, authority, now),
      fingerprint: fingerprintOf(authority.certificate),
    },
    broker: await ensure({ holder: 'broker', role: 'broker', purpose: 'transport' }),
    admin: await ensure({ holder: 'admin', role: 'admin', purpose: 'transport' }),
    holders,
  };
}

async function ensureAuthority(dir: string, now: Date): Promise<IssuedCertificate> {
  const paths = { certFile: join(dir, 'ca.crt.pem'), keyFile: join(dir, 'ca.key.pem') };
  const known = await loadPair(paths);
  if (known !== undefined) return known;
  const issued = await issueAuthority({ notBefore: now, notAfter: daysAfter(now, CA_DAYS) });
  await storePair(paths, issued);
  return issued;
}

/** A list that ends soon is replaced by one that revokes nothing: development certificates are revoked in the registry. */
async function ensureCrl(dir: string, authority: IssuedCertificate, now: Date): Promise<string> {
  const path = join(dir, 'ca.crl.pem');
  const known = await readFile(path, 'utf8').catch(() => undefined);
  if (known !== undefined && (crlEnd(known, path) ?? now) > daysAfter(now, RENEW_CRL_DAYS)) return path;
  const request = { thisUpdate: now, nextUpdate: daysAfter(now, CRL_DAYS) };
  await writeWhole(path, await issueCrl(authority, request), 0o644);
  return path;
}

function crlEnd(pem: string, path: string): Date | undefined {
  try {
    return new x509.X509Crl(pem).nextUpdate;
  } catch (cause) {
    throw new HubError('PKI_INVALID', `${path} is not a revocation list`, { cause });
  }
}

async function ensureCertificate(
  dir: string,
  authority: IssuedCertificate,
  wanted: Omit<HolderSubject, 'generation'>,
  now: Date,
  dnsNames: readonly string[] | undefined,
): Promise<TransportFiles> {
  const folder = join(dir, wanted.holder);
  await mkdir(folder, { recursive: true });
  const paths = {
    certFile: join(folder, `${wanted.purpose}.crt.pem`),
    keyFile: join(folder, `${wanted.purpose}.key.pem`),
  };
  const known = await loadPair(paths);
  let current = known;
  let generation =
    known === undefined ? 0 : generationOf(known.certificate, wanted, authority, paths.certFile);
  if (current === undefined || endsBefore(current, daysAfter(now, RENEW_DAYS))) {
    generation += 1;
    current = await issueCertificate(authority, {
      subject: { ...wanted, generation },
      notBefore: now,
      notAfter: daysAfter(now, CERTIFICATE_DAYS),
      ...(dnsNames === undefined ? {} : { dnsNames }),
    });
    await storePair(paths, current);
  }
  return {
    ...paths,
    generation,
    fingerprint: fingerprintOf(current.certificate),
    principal: principalOf(current.certificate),
  };
}

export function generationOf(
  certificatePem: string,
  wanted: { readonly holder: string; readonly role: HolderRole; readonly purpose: CertificatePurpose },
  authority: IssuedCertificate,
  path: string,
): number {
  const certificate = new X509Certificate(certificatePem);
  const [cn, role, purpose] = certificate.subject.split('\n');
  const generation = /^OU=(signing|transport)-g([0-9]+)$/.exec(purpose ?? '');
  if (
    !certificate.verify(new X509Certificate(authority.certificate).publicKey) ||
    cn !== `CN=${wanted.holder}` ||
    role !== `OU=${wanted.role}` ||
    generation?.[1] !== wanted.purpose
  ) {
    throw new HubError(
      'PKI_INVALID',
      `${path} is not the ${wanted.purpose} certificate of ${wanted.holder} (${wanted.role}) by this network's authority`,
    );
  }
  return Number(generation[2]);
}

function endsBefore({ certificate }: IssuedCertificate, moment: Date): boolean {
  return new X509Certificate(certificate).validToDate < moment;
}

/** The pair, or undefined when the certificate is not there: it is written last, so with it the key is whole. */
export async function loadPair(paths: {
  readonly certFile: string;
  readonly keyFile: string;
}): Promise<IssuedCertificate | undefined> {
  let certificate: string;
  try {
    certificate = await readFile(paths.certFile, 'utf8');
  } catch {
    return undefined;
  }
  try {
    const key = await readFile(paths.keyFile, 'utf8');
    new X509Certificate(certificate);
    return { certificate, key };
  } catch (cause) {
    throw new HubError('PKI_INVALID', `${paths.certFile} or its key ${paths.keyFile} cannot be read`, {
      cause,
    });
  }
}

export async function storePair(
  paths: { readonly certFile: string; readonly keyFile: string },
  issued: IssuedCertificate,
): Promise<void> {
  await writeWhole(paths.keyFile, issued.key, 0o600);
  await writeWhole(paths.certFile, issued.certificate, 0o644);
}

async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  await writeFile(`${path}.part`, `${text.trimEnd()}\n`, { mode });
  await rename(`${path}.part`, path);
}

export function daysAfter(moment: Date, days: number): Date {
  return new Date(moment.getTime() + days * DAY_MS);
}
