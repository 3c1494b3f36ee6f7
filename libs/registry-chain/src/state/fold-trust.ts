/** The part of the fold that is about trust: certificates, roots, issuers of others, and their lists of revocations. */
import { X509Certificate } from 'node:crypto';
import type { RegisteredCertificate, RegistryChange, Sha256 } from '#contracts';
import { HubError } from '#errors';
import { isUnder, readCertificate, readCrl, sha256Hex, type RevocationList } from '#evidence';
import type { CertificateStanding, IssuersWord, RegistryTables } from './tables.ts';

type Change<Kind extends RegistryChange['kind']> = Extract<RegistryChange, { readonly kind: Kind }>;

const SAID_NOTHING: IssuersWord = { revokedFrom: null, suspendedFrom: null };

/** A certificate is listed once: publishing it again changes nothing, least of all its revocation. */
export function foldCertificate(
  tables: RegistryTables,
  number: number,
  certificate: RegisteredCertificate,
): void {
  if (tables.certificates.at(certificate.fingerprint, number) !== undefined) return;
  const standing = { ...certificate, revokedFrom: null, revocationReason: null };
  tables.certificates.set(certificate.fingerprint, number, standing);
  for (const list of tables.crls.valuesAt(number)) foldWord(tables, number, standing, list);
}

/** From here on both roots are anchors: what was signed under the old one still verifies. */
export function foldRotation(
  tables: RegistryTables,
  number: number,
  { root, certificate }: Change<'root.rotated'>,
): void {
  const known = tables.foundation.at(number);
  if (known === undefined) return;
  tables.foundation.set(number, { ...known, anchors: [...known.anchors, root] });
  foldCertificate(tables, number, certificate);
}

export function foldAnchor(tables: RegistryTables, number: number, der: string): void {
  const fingerprint = sha256Hex(Buffer.from(der, 'base64'));
  if (tables.externalIssuers.at(fingerprint, number) === undefined)
    tables.externalIssuers.set(fingerprint, number, { der, withdrawnFrom: null });
}

/** An issuer once withdrawn stays so; of two dates the earlier counts. */
export function foldWithdrawal(
  tables: RegistryTables,
  number: number,
  { fingerprint, withdrawnFrom }: Change<'anchor.withdrawn'>,
): void {
  const known = tables.externalIssuers.at(fingerprint, number);
  if (known === undefined || (known.withdrawnFrom !== null && known.withdrawnFrom <= withdrawnFrom)) return;
  tables.externalIssuers.set(fingerprint, number, { ...known, withdrawnFrom });
}

/** A list older than the one that is known says nothing new, and nothing less. */
export function foldCrl(
  tables: RegistryTables,
  number: number,
  { issuer, crl }: Change<'crl.published'>,
): void {
  const list = readList(tables, number, issuer, crl);
  const newest = tables.crls.at(issuer, number);
  if (list === undefined || (newest !== undefined && newest.thisUpdate >= list.thisUpdate)) return;
  tables.crls.set(issuer, number, list);
  for (const certificate of [...tables.certificates.valuesAt(number)])
    foldWord(tables, number, certificate, list);
}

function foldWord(
  tables: RegistryTables,
  number: number,
  certificate: CertificateStanding,
  list: RevocationList,
): void {
  const before = tables.issuersWords.at(certificate.fingerprint, number) ?? SAID_NOTHING;
  const x509 = parsed(certificate);
  if (x509 === undefined) return;
  const said = list.revocation(x509.serialNumber);
  const issuer = issuerOf(tables, number, list.issuer);
  // Another issuer may have given out the same serial number.
  if ((said === undefined && before.suspendedFrom === null) || issuer === undefined || !isUnder(x509, issuer))
    return;
  const from = said?.revokedFrom.toISOString() ?? null;
  const suspended = said?.suspended === true;
  tables.issuersWords.set(certificate.fingerprint, number, {
    revokedFrom: earliest(before.revokedFrom, suspended ? null : from),
    suspendedFrom: suspended ? from : null,
  });
}

function readList(
  tables: RegistryTables,
  number: number,
  issuer: Sha256,
  crl: string,
): RevocationList | undefined {
  const certificate = issuerOf(tables, number, issuer);
  return certificate === undefined ? undefined : readCrl(Buffer.from(crl, 'base64'), certificate);
}

/** An anchor, own or external, by the SHA-256 of its DER. */
export function issuerOf(
  tables: RegistryTables,
  number: number,
  issuer: Sha256,
): X509Certificate | undefined {
  const own = tables.foundation.at(number)?.anchors ?? [];
  const external = tables.externalIssuers.at(issuer, number)?.der;
  const der = [...own, ...(external === undefined ? [] : [external])]
    .map((each) => Buffer.from(each, 'base64'))
    .find((each) => sha256Hex(each) === issuer);
  return der === undefined ? undefined : new X509Certificate(der);
}

/** The earliest of times in ISO 8601, UTC; null where there is none. */
export function earliest(...times: readonly (string | null)[]): string | null {
  return times.filter((time) => time !== null).sort()[0] ?? null;
}

/** What is listed without being a certificate can sign nothing, and be revoked by nobody. */
function parsed({ der }: CertificateStanding): X509Certificate | undefined {
  try {
    return readCertificate(Buffer.from(der, 'base64')).x509;
  } catch (error) {
    if (error instanceof HubError) return undefined;
    throw error;
  }
}
