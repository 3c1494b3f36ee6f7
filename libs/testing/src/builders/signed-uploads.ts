/** Certificates, CMS signatures and PDFs for specs: real keys, real signatures, and every part open to be spoilt. */
import { execFileSync } from 'node:child_process';
import { createHash, createSign, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** DER: one element. */
export function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const octets = length.subarray(length.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | octets.length]), octets, body]);
}

export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const septets = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      septets.unshift((left & 0x7f) | 0x80);
    return septets;
  });
  return der(0x06, Buffer.from(bytes));
}

export interface TestSigner {
  readonly certificate: X509Certificate;
  readonly keyPem: string;
  readonly key: 'EC' | 'RSA';
}

export interface TestCa extends TestSigner {
  readonly keys: webcrypto.CryptoKeyPair;
}

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
} as const;

const FROM = new Date('2025-01-01T00:00:00Z');
const UNTIL = new Date('2035-01-01T00:00:00Z');

export interface SignerRequest {
  readonly key?: 'EC' | 'RSA';
  readonly bits?: number;
  readonly from?: Date;
  readonly until?: Date;
  readonly ca?: boolean;
  readonly name?: x509.JsonName;
  readonly qualified?: boolean;
  /** keyUsage; nonRepudiation alone, as real certificates of people have, unless given. */
  readonly usage?: readonly (keyof typeof x509.KeyUsageFlags)[];
}

const CITIZEN: x509.JsonName = [
  { C: ['IT'] },
  { '2.5.4.42': ['Ada'] },
  { '2.5.4.4': ['Prova'] },
  { '2.5.4.5': ['TINIT-AAAAAA00A00A000A'] },
  { CN: ['Ada Prova'] },
];

/** A certificate by `issuer`, or by itself. */
export async function aSigner(issuer: TestCa | null, request: SignerRequest = {}): Promise<TestCa> {
  const kind = request.key ?? 'EC';
  const algorithm = kind === 'EC' ? EC : { ...RSA, modulusLength: request.bits ?? 2048 };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const name = request.name ?? CITIZEN;
  const isCa = request.ca === true;
  const usages = request.usage ?? (isCa ? ['keyCertSign', 'cRLSign'] : ['nonRepudiation']);
  const issued = await x509.X509CertificateGenerator.create(
    {
      subject: name,
      issuer: issuer === null ? name : new x509.X509Certificate(issuer.certificate.raw).subjectName.toJSON(),
      publicKey: keys.publicKey,
      signingKey: (issuer ?? { keys }).keys.privateKey,
      signingAlgorithm: (issuer?.key ?? kind) === 'EC' ? EC : RSA,
      serialNumber: `40${randomBytes(8).toString('hex')}`,
      notBefore: request.from ?? FROM,
      notAfter: request.until ?? UNTIL,
      extensions: [
        new x509.BasicConstraintsExtension(isCa, undefined, true),
        new x509.KeyUsagesExtension(flagsOf(usages), true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        ...(request.qualified === true
          ? [new x509.Extension('1.3.6.1.5.5.7.1.3', false, QC_STATEMENTS)]
          : []),
      ],
    },
    webcrypto,
  );
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: new X509Certificate(issued.toString('pem')),
    keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    key: kind,
    keys,
  };
}

function flagsOf(usages: NonNullable<SignerRequest['usage']>): x509.KeyUsageFlags {
  return usages.map((usage) => x509.KeyUsageFlags[usage]).reduce((one, other) => one | other);
}

/** A root for `aSigner`. */
export function aCa(name = 'CA di prova', issuer: TestCa | null = null): Promise<TestCa> {
  return aSigner(issuer, { ca: true, name: [{ CN: [name] }, { O: ['Prova'] }] });
}

/** QcCompliance, QcSSCD, QcType esign (ETSI EN 319 412-5). */
const QC_STATEMENTS = der(
  0x30,
  der(0x30, oid('0.4.0.1862.1.1')),
  der(0x30, oid('0.4.0.1862.1.4')),
  der(0x30, oid('0.4.0.1862.1.6'), der(0x30, oid('0.4.0.1862.1.6.1'))),
);

const DATA = '1.2.840.113549.1.7.1';
const SHA256 = der(0x30, oid('2.16.840.1.101.3.4.2.1'));
const SCHEMES = { EC: '1.2.840.10045.4.3.2', RSA: '1.2.840.113549.1.1.11' } as const;

export interface CmsRequest {
  /** Signed over, and carried unless `detached`. */
  readonly content: Buffer;
  readonly detached?: boolean;
  readonly signingTime?: Date | null;
  readonly carried?: readonly X509Certificate[];
  readonly contentType?: string;
  readonly signedContentType?: string;
  readonly withoutMessageDigest?: boolean;
  readonly withoutAttributes?: boolean;
  /** The certificate that SigningCertificateV2 names; null for none. */
  readonly named?: X509Certificate | null;
  /** Types of unsigned attributes, with an empty value. */
  readonly unsigned?: readonly string[];
  /** In pieces of so many bytes, with indefinite lengths, as streaming programs write. */
  readonly pieces?: number;
}

/** A CMS SignedData by `signer`, of baseline B unless something is left out. */
export function aCms(signer: TestSigner, request: CmsRequest): Buffer {
  const { content, contentType = DATA } = request;
  const attributes = attributesOf(signer, request);
  const toSign = request.withoutAttributes === true ? content : der(0x31, ...attributes);
  const { issuer, serial } = issuerAndSerial(signer.certificate.raw);
  const info = der(
    0x30,
    der(0x02, Buffer.from([1])),
    der(0x30, issuer, serial),
    SHA256,
    ...(request.withoutAttributes === true ? [] : [der(0xa0, ...attributes)]),
    der(0x30, oid(SCHEMES[signer.key])),
    der(0x04, createSign('sha256').update(toSign).sign(signer.keyPem)),
    ...(request.unsigned === undefined ? [] : [der(0xa1, ...request.unsigned.map(unsignedAttribute))]),
  );
  const body = [
    der(0x02, Buffer.from([1])),
    der(0x31, SHA256),
    encapsulated(contentType, request),
    der(0xa0, ...(request.carried ?? [signer.certificate]).map(({ raw }) => raw)),
    der(0x31, info),
  ];
  const wrap = request.pieces === undefined ? der : indefinite;
  return wrap(0x30, oid('1.2.840.113549.1.7.2'), wrap(0xa0, wrap(0x30, ...body)));
}

function unsignedAttribute(type: string): Buffer {
  return der(0x30, oid(type), der(0x31, der(0x30)));
}

function indefinite(tag: number, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([tag, 0x80]), ...parts, Buffer.from([0, 0])]);
}

function encapsulated(contentType: string, { content, detached, pieces }: CmsRequest): Buffer {
  if (detached === true) return der(0x30, oid(contentType));
  if (pieces === undefined) return der(0x30, oid(contentType), der(0xa0, der(0x04, content)));
  const parts = Array.from({ length: Math.ceil(content.length / pieces) }, (_, i) =>
    der(0x04, content.subarray(i * pieces, (i + 1) * pieces)),
  );
  return indefinite(0x30, oid(contentType), indefinite(0xa0, indefinite(0x24, ...parts)));
}

function attributesOf(signer: TestSigner, request: CmsRequest): Buffer[] {
  const {
    content,
    contentType = DATA,
    signedContentType = contentType,
    named = signer.certificate,
  } = request;
  const { signingTime = new Date('2026-03-02T10:00:00Z') } = request;
  const attribute = (type: string, value: Buffer): Buffer => der(0x30, oid(type), der(0x31, value));
  const digest = createHash('sha256').update(content).digest();
  const utc =
    signingTime
      ?.toISOString()
      .replaceAll(/[-:T]|\.\d+/g, '')
      .slice(2) ?? '';
  return [
    attribute('1.2.840.113549.1.9.3', oid(signedContentType)),
    ...(signingTime === null ? [] : [attribute('1.2.840.113549.1.9.5', der(0x17, Buffer.from(utc)))]),
    ...(request.withoutMessageDigest === true ? [] : [attribute('1.2.840.113549.1.9.4', der(0x04, digest))]),
    ...(named === null
      ? []
      : [
          attribute(
            '1.2.840.113549.1.9.16.2.47',
            der(0x30, der(0x30, der(0x30, der(0x04, createHash('sha256').update(named.raw).digest())))),
          ),
        ]),
  ].sort((one, other) => Buffer.compare(one, other));
}

function issuerAndSerial(certificate: Buffer): { issuer: Buffer; serial: Buffer } {
  const tbs = bodyOf(bodyOf(certificate).first).parts;
  const [, serial, , issuer] = tbs;
  if (serial === undefined || issuer === undefined) throw new Error('no certificate');
  return { issuer, serial };
}

function bodyOf(element: Buffer): { first: Buffer; parts: Buffer[] } {
  const parts: Buffer[] = [];
  for (let at = headerOf(element, 0).body; at < element.length;) {
    const { end } = headerOf(element, at);
    parts.push(element.subarray(at, end));
    at = end;
  }
  return { first: parts[0] ?? Buffer.alloc(0), parts };
}

function headerOf(bytes: Buffer, at: number): { body: number; end: number } {
  const first = bytes[at + 1] ?? 0;
  const octets = first < 0x80 ? 0 : first & 0x7f;
  const length = octets === 0 ? first : bytes.readUIntBE(at + 2, octets);
  return { body: at + 2 + octets, end: at + 2 + octets + length };
}

/** A small PDF with one page, not signed. */
export function aPdf(text = 'Relazione tecnica asseverata'): Buffer {
  return Buffer.from(
    `%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n` +
      `2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n% ${text}\n` +
      `trailer\n<< /Size 3 /Root 1 0 R >>\nstartxref\n0\n%%EOF\n`,
    'latin1',
  );
}

export interface PdfSigning {
  readonly subFilter?: string;
  readonly type?: string;
  /** Makes the signature from the covered bytes. */
  readonly sign: (covered: Buffer) => Buffer;
  /** Spoils the four numbers before signing. */
  readonly range?: (numbers: readonly number[]) => readonly (number | string)[];
  /** Bytes of room for the signature. */
  readonly room?: number;
}

/** Adds a signature as an incremental update. */
export function signedPdf(pdf: Buffer, signing: PdfSigning): Buffer {
  const { subFilter = 'ETSI.CAdES.detached', type = 'Sig', room = 6_000 } = signing;
  const number = 10 + (pdf.toString('latin1').match(/\/ByteRange/g)?.length ?? 0);
  const head = Buffer.concat([
    pdf,
    Buffer.from(
      `${number} 0 obj\n<< /Type /${type} /Filter /Adobe.PPKLite /SubFilter /${subFilter} ` +
        `/M (D:20260302110000+01'00') /Reason (nota \\) con << parentesi) /Contents `,
      'latin1',
    ),
  ]);
  const gap = { start: head.length, end: head.length + room * 2 + 2 };
  const PLACE = 60;
  const tail = `>>\nendobj\ntrailer\n<< /Size 20 /Root 1 0 R /Prev 0 >>\nstartxref\n0\n%%EOF\n`;
  const end = gap.end + ` /ByteRange ${' '.repeat(PLACE)} `.length + tail.length;
  const numbers = [0, gap.start, gap.end, end - gap.end];
  const range = `[${(signing.range?.(numbers) ?? numbers).join(' ')}]`.padEnd(PLACE);
  const after = Buffer.from(` /ByteRange ${range} ${tail}`, 'latin1');
  const signature = signing
    .sign(Buffer.concat([head, after]))
    .toString('hex')
    .padEnd(room * 2, '0');
  return Buffer.concat([head, Buffer.from(`<${signature}>`), after]);
}

/** A PDF signature of baseline B. */
export function padesBy(signer: TestSigner, request: Partial<CmsRequest> = {}): PdfSigning {
  return {
    sign: (covered) => aCms(signer, { signingTime: null, ...request, content: covered, detached: true }),
  };
}

/** True where the openssl command is installed. */
export const HAS_OPENSSL = ((): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** `openssl cms -sign` over `content`, by one signer or more. */
export function opensslCms(
  signers: TestSigner | readonly TestSigner[],
  content: Buffer,
  ...options: readonly string[]
): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'reset-hub-cms-'));
  try {
    writeFileSync(join(folder, 'content'), content);
    const files = [signers].flat().flatMap(({ certificate, keyPem }, i) => {
      writeFileSync(join(folder, `certificate-${i}.pem`), certificate.toString());
      writeFileSync(join(folder, `key-${i}.pem`), keyPem);
      return ['-signer', `certificate-${i}.pem`, '-inkey', `key-${i}.pem`];
    });
    const args = ['cms', '-sign', '-binary', '-outform', 'DER', '-in', 'content', ...files, ...options];
    return execFileSync('openssl', args, {
      cwd: folder,
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** True if `openssl cms -verify` accepts a signature, with its content in it, under this CA. */
export function opensslAccepts(signature: Buffer, ca: TestSigner): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'reset-hub-cms-'));
  try {
    writeFileSync(join(folder, 'signature'), signature);
    writeFileSync(join(folder, 'ca.pem'), ca.certificate.toString());
    const args = ['-inform', 'DER', '-in', 'signature', '-CAfile', 'ca.pem', '-purpose', 'any', '-cades'];
    execFileSync('openssl', ['cms', '-verify', ...args, '-out', 'content'], { cwd: folder, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
