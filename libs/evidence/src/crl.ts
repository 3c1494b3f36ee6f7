/**
 * Certificate revocation lists (RFC 5280 §5). @peculiar/x509 reads the list, node:crypto checks its signature. A list
 * can only take trust away: what is not in it is not thereby good.
 */
import { verify, type X509Certificate } from 'node:crypto';
import { createRequire } from 'node:module';
import type * as X509Library from '@peculiar/x509';
import type { X509Crl, X509CrlEntry } from '@peculiar/x509';
import type { Sha256 } from '#contracts';
import { HubError } from '#errors';
import { elementsOf, onlyElement, tagOf } from './der.ts';
import { sha256Hex } from './digest.ts';
import { keyUsageOf } from './key-usage.ts';

const require = createRequire(import.meta.url);
let loaded: typeof X509Library | undefined;

/** Loaded with the first list: it takes as long to load as all the rest, and most processes never see one. */
function library(): typeof X509Library {
  if (loaded === undefined) {
    require('reflect-metadata');
    loaded = require('@peculiar/x509') as typeof X509Library;
  }
  return loaded;
}

/** Larger lists are refused unread, bytes of DER: some 200,000 revocations. */
export const MAX_CRL_BYTES = 10 * 1024 * 1024;

/** What one entry of a list says. */
export interface CrlRevocation {
  /** The earlier of revocationDate and invalidityDate (§5.3.2): from then on the key is not believed. */
  readonly revokedFrom: Date;
  /** Name of the reason (§5.3.1), `unspecified` when the entry gives none. */
  readonly reason: string;
  /** True for certificateHold: a suspension, over when a later list no longer has it. */
  readonly suspended: boolean;
}

/** A list whose form, issuer and signature were checked. */
export interface RevocationList {
  /** SHA-256 of the issuer's certificate. */
  readonly issuer: Sha256;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** How many certificates it revokes. */
  readonly size: number;
  /** What it says of a certificate by the serial number as node:crypto prints it; undefined if nothing. */
  revocation(serialNumber: string): CrlRevocation | undefined;
  /** True once the next list should have come. The list still counts: what it revokes stays revoked. */
  isStale(at: Date): boolean;
}

/** Extensions that may be critical: of a list, that it is one part of several or about end entities only. */
const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';
/** Of an IssuingDistributionPoint (§5.2.5): distributionPoint and onlyContainsUserCerts. */
const UNDERSTOOD_PARTS: ReadonlySet<number> = new Set([0xa0, 0x81]);
const REASON_CODE = '2.5.29.21';
const INVALIDITY_DATE = '2.5.29.24';
const CERTIFICATE_ISSUER = '2.5.29.29';
const BASE_LIST_ONLY = '2.5.29.27';

/** Signature algorithms of lists, by the DER of their OID. No SHA-1, no MD5. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['06082a8648ce3d040302', 'sha256'],
  ['06082a8648ce3d040303', 'sha384'],
  ['06082a8648ce3d040304', 'sha512'],
  ['06092a864886f70d01010b', 'sha256'],
  ['06092a864886f70d01010c', 'sha384'],
  ['06092a864886f70d01010d', 'sha512'],
]);

/**
 * Reads a list and checks that `issuer` signed it. Indirect and delta lists, and any critical extension that is not
 * understood, are refused (§5.2): what they say cannot be taken at face value.
 *
 * @param bytes DER, or PEM (`X509 CRL`).
 * @throws HubError `CRL_MALFORMED`, `CRL_UNSUITABLE`, `CRL_UNTRUSTED` if it is another issuer's or its signature fails
 */
export function readCrl(bytes: Buffer, issuer: X509Certificate): RevocationList {
  const der = toDer(bytes);
  return reading(() => readList(new (library().X509Crl)(der), der, issuer));
}

function readList(crl: X509Crl, der: Buffer, issuer: X509Certificate): RevocationList {
  checkIssuer(crl, der, issuer);
  checkExtensions(crl);
  const { nextUpdate, thisUpdate } = crl;
  if (nextUpdate === undefined || nextUpdate < thisUpdate)
    throw new HubError('CRL_MALFORMED', 'a list says when the next one comes (RFC 5280 §5.1.2.5)');
  const revocations = readEntries(crl.entries);
  return {
    issuer: sha256Hex(issuer.raw),
    thisUpdate,
    nextUpdate,
    size: revocations.size,
    revocation: (serialNumber) => revocations.get(plainSerial(serialNumber)),
    isStale: (at) => at > nextUpdate,
  };
}

/**
 * The issuer of a list among `candidates`, by name and signature.
 * @throws HubError `CRL_UNTRUSTED` if it is none of them, and those of `readCrl`
 */
export function readCrlOf(bytes: Buffer, candidates: readonly X509Certificate[]): RevocationList {
  let refusal = new HubError('CRL_UNTRUSTED', 'there is no issuer to check the list with');
  for (const issuer of candidates) {
    try {
      return readCrl(bytes, issuer);
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== 'CRL_UNTRUSTED') throw error;
      refusal = error;
    }
  }
  throw refusal;
}

/** True if that certificate is one of those that `issuer` gives out, and whose revocations are in its lists. */
export function isUnder(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** The DER of a list given as DER or PEM. @throws HubError `CRL_MALFORMED` */
export function toDer(bytes: Buffer): Buffer {
  if (bytes.length > 2 * MAX_CRL_BYTES) throw tooLarge(bytes.length);
  const pem = /^\s*-----BEGIN (?:X509 )?CRL-----([A-Za-z0-9+/=\s]+)-----END (?:X509 )?CRL-----\s*$/.exec(
    bytes.subarray(0, 32).includes('-----BEGIN') ? bytes.toString('latin1') : '',
  )?.[1];
  const der = pem === undefined ? bytes : Buffer.from(pem, 'base64');
  if (der.length > MAX_CRL_BYTES) throw tooLarge(der.length);
  return der;
}

/** The library reads lazily, and throws errors of its own wherever the bytes are not what they should be. */
function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof HubError) throw cause;
    throw new HubError('CRL_MALFORMED', 'not a certificate revocation list in DER or PEM', { cause });
  }
}

/** §6.3.3 (b), (f), (g): the issuer's name, its right to sign lists, its signature. */
function checkIssuer(crl: X509Crl, der: Buffer, issuer: X509Certificate): void {
  const subject = new (library().X509Certificate)(issuer.raw).subjectName.toArrayBuffer();
  if (!Buffer.from(subject).equals(Buffer.from(crl.issuerName.toArrayBuffer())))
    throw new HubError('CRL_UNTRUSTED', 'the list is of another issuer');
  if (!issuer.ca || keyUsageOf(issuer.raw)?.crlSign === false)
    throw new HubError('CRL_UNTRUSTED', 'the issuer’s certificate does not allow it to sign lists');
  const [tbs, algorithm, value] = elementsOf(onlyElement(der));
  if (tbs === undefined || algorithm === undefined || value === undefined)
    throw new HubError('CRL_MALFORMED', 'a list has three parts (RFC 5280 §5.1)');
  // §5.1.1.2: what is signed names the same algorithm as the signature.
  if (!elementsOf(tbs).some((part) => part.equals(algorithm)))
    throw new HubError('CRL_MALFORMED', 'the list names two signature algorithms');
  const hash = HASHES.get(elementsOf(algorithm)[0]?.toString('hex') ?? '');
  if (hash === undefined)
    throw new HubError('CRL_UNSUITABLE', 'the list’s signature algorithm is not accepted');
  if (!verify(hash, tbs, issuer.publicKey, Buffer.from(crl.signature)))
    throw new HubError('CRL_UNTRUSTED', 'the list’s signature does not verify');
}

function checkExtensions(crl: X509Crl): void {
  for (const { type, critical, value } of crl.extensions) {
    if (type === BASE_LIST_ONLY) throw new HubError('CRL_UNSUITABLE', 'a delta list says only what changed');
    const isUnderstood =
      type === ISSUING_DISTRIBUTION_POINT &&
      elementsOf(onlyElement(Buffer.from(value))).every((part) => UNDERSTOOD_PARTS.has(tagOf(part)));
    if (critical && !isUnderstood)
      throw new HubError(
        'CRL_UNSUITABLE',
        `the list has a critical extension ${type} that is not understood`,
      );
  }
}

function readEntries(entries: readonly X509CrlEntry[]): ReadonlyMap<string, CrlRevocation> {
  const found = new Map<string, CrlRevocation>();
  for (const entry of entries) {
    const serial = plainSerial(entry.serialNumber);
    const revocation = readEntry(entry);
    const known = found.get(serial);
    // A serial number that stands there twice: the entry that revokes more.
    if (known === undefined || revocation.revokedFrom < known.revokedFrom) found.set(serial, revocation);
  }
  return found;
}

function readEntry(entry: X509CrlEntry): CrlRevocation {
  for (const { type, critical } of entry.extensions) {
    const isUnderstood = type === REASON_CODE || type === INVALIDITY_DATE;
    if (type === CERTIFICATE_ISSUER || (critical && !isUnderstood))
      throw new HubError(
        'CRL_UNSUITABLE',
        `an entry of the list has an extension ${type} that is not understood`,
      );
  }
  const { X509CrlReason: reasons } = library();
  const { revocationDate, invalidity, reason = reasons.unspecified } = entry;
  if (reason === reasons.removeFromCRL)
    throw new HubError('CRL_UNSUITABLE', 'removeFromCRL stands in delta lists only (RFC 5280 §5.3.1)');
  const revokedFrom = invalidity !== undefined && invalidity < revocationDate ? invalidity : revocationDate;
  if (Number.isNaN(revokedFrom.getTime())) throw new HubError('CRL_MALFORMED', 'a revocation without a date');
  return { revokedFrom, reason: reasons[reason], suspended: reason === reasons.certificateHold };
}

/** Serial numbers as hexadecimal digits without leading zeros, lower case. */
function plainSerial(serialNumber: string): string {
  return serialNumber.toLowerCase().replace(/^0+(?=.)/, '');
}

function tooLarge(size: number): HubError {
  return new HubError('CRL_MALFORMED', `the list has ${size} bytes, at most ${MAX_CRL_BYTES} are read`);
}
