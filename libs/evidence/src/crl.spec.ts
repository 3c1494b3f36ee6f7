import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { issueAuthority, issueCertificate, issueCrl, type IssuedCertificate } from '#embedded';
import { readCrl, readCrlOf } from './crl.ts';

const day = (n: number): Date => new Date(Date.UTC(2026, 2, n));
const VALIDITY = {
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2028-01-01T00:00:00Z'),
};
const WINDOW = { thisUpdate: day(10), nextUpdate: day(20) };
const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const NULL_VALUE = new Uint8Array([0x05, 0x00]);

let authority: IssuedCertificate;
let issuer: X509Certificate;
let member: IssuedCertificate;
let serial: string;

beforeAll(async () => {
  authority = await issueAuthority(VALIDITY);
  issuer = new X509Certificate(authority.certificate);
  const subject = { holder: 'c_d150', role: 'authority', purpose: 'signing', generation: 1 } as const;
  member = await issueCertificate(authority, { subject, ...VALIDITY });
  serial = new X509Certificate(member.certificate).serialNumber;
});

type Params = Partial<x509.X509CrlCreateParams>;

/** A list signed for real, by default by the authority; whatever is given may be wrong. */
async function aCrl(other: Params = {}, by = authority): Promise<Buffer> {
  const key = x509.PemConverter.decodeFirst(by.key);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', key, P256, true, ['sign']);
  const crl = await x509.X509CrlGenerator.create(
    {
      issuer: new x509.X509Certificate(authority.certificate).subjectName,
      ...WINDOW,
      signingKey,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      entries: [{ serialNumber: serial, revocationDate: day(5) }],
      ...other,
    },
    webcrypto,
  );
  return Buffer.from(crl.rawData);
}

const extension = (oid: string, critical: boolean, value: Uint8Array = NULL_VALUE) => [
  new x509.Extension(oid, critical, value),
];
const coded = (code: string): unknown => expect.objectContaining({ code });

describe('a revocation list', () => {
  it('says from when a certificate is revoked, in DER as in PEM, and nothing of others', async () => {
    const der = await aCrl();
    const pem = Buffer.from(new x509.X509Crl(der).toString('pem'));
    for (const bytes of [der, pem]) {
      const list = readCrl(bytes, issuer);
      expect(list).toMatchObject({ thisUpdate: day(10), nextUpdate: day(20), size: 1 });
      expect(list.revocation(serial)).toMatchObject({ revokedFrom: day(5), reason: 'unspecified' });
      expect(list.revocation(`00${serial.toLowerCase()}`)?.revokedFrom).toEqual(day(5));
      expect(list.revocation('0102')).toBeUndefined();
    }
  });

  it('counts the invalidity date when it is the earlier one, and never when it is later', async () => {
    const revokedFrom = (entries: x509.X509CrlEntryParams[]) =>
      aCrl({ entries }).then((bytes) => readCrl(bytes, issuer).revocation(serial)?.revokedFrom);
    const entry = { serialNumber: serial, revocationDate: day(5) };
    expect(await revokedFrom([{ ...entry, invalidity: day(2) }])).toEqual(day(2));
    expect(await revokedFrom([{ ...entry, invalidity: day(8) }])).toEqual(day(5));
  });

  it('tells a suspension from a revocation, and names the reason', async () => {
    const reasonOf = async (reason: x509.X509CrlReason) => {
      const bytes = await aCrl({ entries: [{ serialNumber: serial, revocationDate: day(5), reason }] });
      return readCrl(bytes, issuer).revocation(serial);
    };
    expect(await reasonOf(x509.X509CrlReason.certificateHold)).toMatchObject({ suspended: true });
    expect(await reasonOf(x509.X509CrlReason.keyCompromise)).toMatchObject({
      reason: 'keyCompromise',
      suspended: false,
    });
  });

  it('is stale after its next update, and still says what it revokes', async () => {
    const list = readCrl(await aCrl(), issuer);
    expect([list.isStale(day(20)), list.isStale(day(21))]).toEqual([false, true]);
    expect(list.revocation(serial)).toBeDefined();
  });

  it('is taken from the development authority, which signs it for the network', async () => {
    const pem = await issueCrl(authority, {
      ...WINDOW,
      revoked: [{ certificate: member.certificate, revokedFrom: day(5), invalidFrom: day(4) }],
    });
    expect(readCrl(Buffer.from(pem), issuer).revocation(serial)?.revokedFrom).toEqual(day(4));
  });

  it('is found by its issuer among several', async () => {
    const other = new X509Certificate((await issueAuthority(VALIDITY, 'Other CA')).certificate);
    expect(readCrlOf(await aCrl(), [other, issuer]).issuer).toBe(readCrl(await aCrl(), issuer).issuer);
    await expect(aCrl().then((bytes) => readCrlOf(bytes, [other]))).rejects.toThrow(coded('CRL_UNTRUSTED'));
    await expect(aCrl().then((bytes) => readCrlOf(bytes, []))).rejects.toThrow(coded('CRL_UNTRUSTED'));
  });
});

describe('a revocation list is refused', () => {
  const hostile: readonly (readonly [string, string, () => Promise<Buffer>])[] = [
    ['no list at all', 'CRL_MALFORMED', () => Promise.resolve(Buffer.from('no list'))],
    ['nothing', 'CRL_MALFORMED', () => Promise.resolve(Buffer.alloc(0))],
    ['a certificate in its place', 'CRL_MALFORMED', () => Promise.resolve(issuer.raw)],
    ['PEM that holds no DER', 'CRL_MALFORMED', () => Promise.resolve(pemOf('AAAA'))],
    ['bytes after it', 'CRL_MALFORMED', async () => Buffer.concat([await aCrl(), Buffer.from([0])])],
    ['cut off', 'CRL_MALFORMED', async () => (await aCrl()).subarray(0, -7)],
    [
      'a length that promises gigabytes',
      'CRL_MALFORMED',
      () => Promise.resolve(Buffer.from('3084ffffffff30', 'hex')),
    ],
    ['an indefinite length', 'CRL_MALFORMED', () => Promise.resolve(Buffer.from('30800000', 'hex'))],
    ['larger than is read', 'CRL_MALFORMED', () => Promise.resolve(Buffer.alloc(11 * 1024 * 1024, 0x30))],
    ['signed by another key under the same name', 'CRL_UNTRUSTED', async () => aCrl({}, await namesake())],
    ['under another name', 'CRL_UNTRUSTED', () => aCrl({ issuer: 'CN=Somebody else' })],
    ['a revocation taken out after signing', 'CRL_UNTRUSTED', async () => flipped(await aCrl())],
    ['a delta list', 'CRL_UNSUITABLE', () => aCrl({ extensions: extension('2.5.29.27', true) })],
    [
      'a critical extension that nobody knows',
      'CRL_UNSUITABLE',
      () => aCrl({ extensions: extension('1.2.3.4', true) }),
    ],
    [
      'an indirect list',
      'CRL_UNSUITABLE',
      () => aCrl({ extensions: extension('2.5.29.28', true, Buffer.from('30038401ff', 'hex')) }),
    ],
    [
      'a list for some reasons only',
      'CRL_UNSUITABLE',
      () => aCrl({ extensions: extension('2.5.29.28', true, Buffer.from('300483020640', 'hex')) }),
    ],
    ['an entry of another issuer', 'CRL_UNSUITABLE', () => withEntry(extension('2.5.29.29', true))],
    ['a critical extension of an entry', 'CRL_UNSUITABLE', () => withEntry(extension('1.2.3.4', true))],
    [
      'removeFromCRL outside a delta list',
      'CRL_UNSUITABLE',
      () => withReason(x509.X509CrlReason.removeFromCRL),
    ],
    ['no next update', 'CRL_MALFORMED', () => aCrl(withoutNextUpdate())],
    ['a next update before this one', 'CRL_MALFORMED', () => aCrl({ nextUpdate: day(9) })],
    [
      'signed with SHA-1',
      'CRL_UNSUITABLE',
      () => aCrl({ signingAlgorithm: { name: 'ECDSA', hash: 'SHA-1' } as never }),
    ],
  ];

  it.each(hostile)('%s', async (_, code, make) => {
    const bytes = await make();
    expect(() => readCrl(bytes, issuer)).toThrow(coded(code));
  });

  it('by an issuer that is no authority, or may not sign lists', async () => {
    const bytes = await aCrl({ issuer: new x509.X509Certificate(member.certificate).subjectName }, member);
    expect(() => readCrl(bytes, new X509Certificate(member.certificate))).toThrow(coded('CRL_UNTRUSTED'));
  });
});

function pemOf(base64: string): Buffer {
  return Buffer.from(`-----BEGIN X509 CRL-----\n${base64}\n-----END X509 CRL-----\n`);
}

function namesake(): Promise<IssuedCertificate> {
  return issueAuthority(VALIDITY);
}

/** The serial number in the list changed in one bit: it revokes somebody else. */
function flipped(der: Buffer): Buffer {
  const at = der.indexOf(Buffer.from(serial, 'hex'));
  const copy = Buffer.from(der);
  copy[at + 5] = (copy[at + 5] ?? 0) ^ 1;
  return copy;
}

function withEntry(extensions: x509.Extension[]): Promise<Buffer> {
  return aCrl({ entries: [{ serialNumber: serial, revocationDate: day(5), extensions }] });
}

function withReason(reason: x509.X509CrlReason): Promise<Buffer> {
  return aCrl({ entries: [{ serialNumber: serial, revocationDate: day(5), reason }] });
}

function withoutNextUpdate(): Params {
  return { nextUpdate: undefined } as unknown as Params;
}
