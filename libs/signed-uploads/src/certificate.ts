/** A signer's certificate: read, told to people, never yet trusted. */
import { X509Certificate } from 'node:crypto';
import type { Sha256 } from '#contracts';
import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import { BerReader, TAG, type Element } from './ber.ts';
import type { SignerCertificate, SignerName } from './report.ts';
import { KeyUsageFlags, KeyUsagesExtension, ReadableCertificate } from './x509.ts';

/** Larger certificates are refused unread, bytes of DER. Those of people have 2,000. */
const MAX_CERTIFICATE_BYTES = 16_384;
/** Longest part of a name that is passed on, characters. */
const MAX_TEXT = 500;

export interface ReadCertificate {
  readonly x509: X509Certificate;
  readonly fingerprint: Sha256;
  /** DER of issuer and subject, and the serial number's bytes: how a signature names its certificate. */
  readonly issuerDer: Buffer;
  readonly serialBytes: Buffer;
  readonly subjectKeyId: Buffer | null;
  readonly keyUsage: readonly string[];
  readonly signer: SignerName;
  readonly described: SignerCertificate;
}

/** @throws HubError `CERTIFICATE_MALFORMED` */
export function readSignerCertificate(der: Buffer): ReadCertificate {
  if (der.length > MAX_CERTIFICATE_BYTES) {
    throw new HubError('CERTIFICATE_MALFORMED', `a certificate has at most ${MAX_CERTIFICATE_BYTES} bytes`);
  }
  try {
    return read(Buffer.from(der));
  } catch (cause) {
    throw new HubError('CERTIFICATE_MALFORMED', 'the signer’s certificate cannot be read', { cause });
  }
}

function read(der: Buffer): ReadCertificate {
  const x509 = new X509Certificate(der);
  if (!x509.raw.equals(der)) throw new Error('bytes follow the certificate');
  // Reading the key here: one that OpenSSL refuses throws later otherwise.
  if (x509.publicKey.type !== 'public') throw new Error('no public key');
  const readable = new ReadableCertificate(der);
  const fingerprint = sha256Hex(der);
  const keyUsage = usagesOf(readable);
  return {
    x509,
    fingerprint,
    ...namesOf(der),
    subjectKeyId: subjectKeyIdOf(readable),
    keyUsage,
    signer: signerOf(readable),
    described: {
      subject: clip(readable.subject),
      issuer: clip(readable.issuer),
      serial: readable.serialNumber,
      notBefore: x509.validFromDate.toISOString(),
      notAfter: x509.validToDate.toISOString(),
      fingerprint,
      keyUsage,
      declaredQualified: declarationOf(readable),
    },
  };
}

/** RFC 5280 §4.1: tbsCertificate is [0] version, serialNumber, signature, issuer, … */
function namesOf(der: Buffer): Pick<ReadCertificate, 'issuerDer' | 'serialBytes'> {
  const reader = new BerReader(der);
  const [tbs] = reader.children(reader.element(0, der.length));
  if (tbs === undefined) throw new Error('no tbsCertificate');
  const parts = reader.list(tbs, 16);
  const [serial, , issuer] = parts[0]?.tag === TAG.context0 ? parts.slice(1) : parts;
  if (serial === undefined || issuer === undefined) throw new Error('no issuer');
  return { issuerDer: reader.whole(issuer), serialBytes: reader.body(serial) };
}

const USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

function usagesOf(certificate: ReadableCertificate): readonly string[] {
  const { usages } = certificate.getExtension(KeyUsagesExtension) ?? {};
  if (usages === undefined) return [];
  return USAGES.filter((name) => (usages & KeyUsageFlags[name]) !== 0);
}

const SUBJECT_KEY_ID = '2.5.29.14';

function subjectKeyIdOf(certificate: ReadableCertificate): Buffer | null {
  const value = certificate.getExtension(SUBJECT_KEY_ID)?.value;
  if (value === undefined) return null;
  const reader = new BerReader(Buffer.from(value));
  return Buffer.concat(reader.octets(reader.element(0, value.byteLength)));
}

const NAME = { surname: '2.5.4.4', serialNumber: '2.5.4.5', organisationIdentifier: '2.5.4.97' } as const;
const GIVEN_NAME = '2.5.4.42';
/** ETSI EN 319 412-1 §5.1.3 (TIN: tax code), and the form that Italian certificates had before it. */
const ITALIAN_TAX_CODE =
  /^(?:TINIT-|IT:)([A-Z]{6}[0-9A-Z]{2}[A-Z][0-9A-Z]{2}[A-Z][0-9A-Z]{3}[A-Z]|[0-9]{11})$/i;

function signerOf({ subjectName }: ReadableCertificate): SignerName {
  const field = (type: string): string | null => {
    const [value] = subjectName.getField(type);
    return value === undefined || value === '' ? null : clip(value);
  };
  const identifier = field(NAME.serialNumber);
  const parts = [field(GIVEN_NAME), field(NAME.surname)].filter((part) => part !== null);
  return {
    name: field('CN') ?? (parts.length === 0 ? null : parts.join(' ')),
    taxCode: ITALIAN_TAX_CODE.exec(identifier ?? '')?.[1]?.toUpperCase() ?? null,
    identifier,
    organisation: field('O'),
    organisationIdentifier: field(NAME.organisationIdentifier),
    country: field('C'),
  };
}

function clip(text: string): string {
  return text.slice(0, MAX_TEXT);
}

/** RFC 3739 §3.2.6 and ETSI EN 319 412-5 §4.2. */
const QC_STATEMENTS = '1.3.6.1.5.5.7.1.3';
const QC_COMPLIANCE = '0.4.0.1862.1.1';
const QC_DEVICE = '0.4.0.1862.1.4';
const QC_TYPE = '0.4.0.1862.1.6';
const QC_PURPOSES: ReadonlyMap<string, string> = new Map([
  [`${QC_TYPE}.1`, 'electronic signature'],
  [`${QC_TYPE}.2`, 'electronic seal'],
  [`${QC_TYPE}.3`, 'web site'],
]);

function declarationOf(certificate: ReadableCertificate): SignerCertificate['declaredQualified'] {
  const value = certificate.getExtension(QC_STATEMENTS)?.value;
  if (value === undefined) return null;
  const reader = new BerReader(Buffer.from(value));
  const statements = new Map(
    reader
      .list(reader.element(0, value.byteLength), 32)
      .map((statement) => [...reader.children(statement)])
      .map(([id, info]) => [reader.oid(id), info] as const),
  );
  if (!statements.has(QC_COMPLIANCE)) return null;
  return { device: statements.has(QC_DEVICE), purpose: purposesOf(reader, statements.get(QC_TYPE)) };
}

function purposesOf(reader: BerReader, types: Element | undefined): readonly string[] {
  if (types === undefined) return [];
  return reader.list(types, 8).flatMap((type) => QC_PURPOSES.get(reader.oid(type)) ?? []);
}
