import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issueAuthority, issueCertificate, type IssuedCertificate } from '#embedded';
import { readCertificatePem, signXml } from '#evidence';
import { RotatingSigner, type KeyFiles, type KeyRegistry } from './rotating-signer.ts';

const DAY = 86_400_000;
const NOW = new Date('2026-03-04T09:00:00.000Z');
const inDays = (days: number): Date => new Date(NOW.getTime() + days * DAY);
const authority = await issueAuthority({ notBefore: inDays(-10), notAfter: inDays(4000) });
const keyOf = (generation: number, from = -1): Promise<IssuedCertificate> =>
  issueCertificate(authority, {
    subject: { holder: 'c_d150', role: 'authority', purpose: 'signing', generation },
    notBefore: inDays(from),
    notAfter: inDays(400),
  });
const [first, second] = [await keyOf(1), await keyOf(2)];

let dir: string;
let files: KeyFiles;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'reset-hub-signer-'));
  files = {
    NODE_NAME: 'c_d150',
    SIGNING_CERT: join(dir, 'signing.crt.pem'),
    SIGNING_KEY: join(dir, 'signing.key.pem'),
  };
  await put(first);
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

async function put({ certificate, key }: Partial<IssuedCertificate>, suffix = ''): Promise<void> {
  if (key !== undefined) await writeFile(`${files.SIGNING_KEY}${suffix}`, key);
  if (certificate !== undefined) await writeFile(`${files.SIGNING_CERT}${suffix}`, certificate);
}

const listing = (...keys: IssuedCertificate[]): Pick<KeyRegistry, 'certificate'> => ({
  certificate: (fingerprint) =>
    keys.some((key) => readCertificatePem(key.certificate).fingerprint === fingerprint)
      ? ({ revokedFrom: null } as ReturnType<KeyRegistry['certificate']>)
      : undefined,
});
const generationOf = (signer: RotatingSigner) => signer.certificate.subject?.generation;

describe('the key that a node signs with', () => {
  it('becomes the next one when it is there and the registry lists it, not before', async () => {
    const signer = new RotatingSigner(files);
    await put(second, '.next');
    expect(signer.look(listing(first), NOW)).toBe(false);
    expect(generationOf(signer)).toBe(1);
    expect(signer.look(listing(first, second), NOW)).toBe(true);
    expect(signer.look(listing(first, second), NOW)).toBe(false);
    expect([generationOf(signer), signer.holder]).toEqual([2, 'c_d150']);
  });

  it('begins at the moment from which the next one is valid', async () => {
    const signer = new RotatingSigner(files);
    const later = await keyOf(2, 1);
    await put(later, '.next');
    expect(signer.look(listing(first, later), NOW)).toBe(false);
    expect(signer.look(listing(first, later), inDays(1))).toBe(true);
  });

  it('stays while its files are replaced, half written or gone, and a node starts with either pair', async () => {
    await put(second, '.next');
    const signer = new RotatingSigner(files);
    signer.look(listing(first, second), NOW);
    await put({ key: second.key });
    expect(signer.look(listing(first, second), NOW)).toBe(false);
    expect(generationOf(new RotatingSigner(files))).toBe(2);
    await put(second);
    await rm(`${files.SIGNING_CERT}.next`);
    expect(signer.look(listing(first, second), NOW)).toBe(false);
    expect(generationOf(new RotatingSigner(files))).toBe(2);
    await rm(files.SIGNING_CERT);
    expect(signer.look(listing(first, second), NOW)).toBe(false);
    expect(() => new RotatingSigner(files)).toThrow(expect.objectContaining({ code: 'TLS_FILE_UNREADABLE' }));
  });

  it('signs each document whole with one key, however the key changes meanwhile', async () => {
    await put(second, '.next');
    const signer = new RotatingSigner(files);
    const signing = Array.from({ length: 50 }, (_, index) => {
      if (index === 25) signer.look(listing(first, second), NOW);
      return signXml(Buffer.from('<a xmlns="urn:test"></a>'), signer, NOW);
    });
    const signed = (await Promise.all(signing)).map(String);
    const embedded = signed.map((xml) => /<ds:X509Certificate>([^<]+)</.exec(xml)?.[1]);
    const der = (key: IssuedCertificate) => readCertificatePem(key.certificate).encoded;
    expect(embedded.filter((one) => one === der(first).der)).toHaveLength(25);
    expect(embedded.filter((one) => one === der(second).der)).toHaveLength(25);
    const digests = signed.map(
      (xml) => /<ds:DigestValue>([^<]+)<\/ds:DigestValue><\/xades:CertDigest>/.exec(xml)?.[1],
    );
    expect(digests).toEqual(
      embedded.map((one) => (one === der(first).der ? der(first).digest : der(second).digest)),
    );
  });
});
