import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { issueCertificate } from './issue.ts';
import { ensureNetworkPki, type Holder } from './network-pki.ts';
import { principalOf } from './principal.ts';
import * as x509 from './x509.ts';

const HOLDERS: Holder[] = [
  { holder: 'c_d150', role: 'authority' },
  { holder: 'router-1', role: 'router' },
];
const NOW = new Date('2026-03-01T10:00:00.000Z');
const ORGANISATION = 'Re.Se.T. hub development (not qualified)';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pki-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

it('names holder, role, purpose and generation in the subject, the role in the first OU', async () => {
  const { holders } = await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  const { signing } = holders['c_d150']!;
  const certificate = new X509Certificate(await readFile(signing.certFile));
  expect(certificate.subject).toBe(`CN=c_d150\nOU=authority\nOU=signing-g1\nO=${ORGANISATION}`);
  expect(signing.fingerprint).toBe(certificate.fingerprint256.replaceAll(':', '').toLowerCase());
});

it('says in the subject of every certificate that it is for development and not qualified, the authority’s included', async () => {
  const { ca, broker, admin, holders } = await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  const all = Object.values(holders).flatMap(({ signing, transport }) => [signing, transport]);
  for (const { certFile } of [ca, broker, admin, ...all]) {
    const { subject, issuer } = new X509Certificate(await readFile(certFile));
    expect(subject.split('\n')).toContain(`O=${ORGANISATION}`);
    expect(issuer.split('\n')).toContain(`O=${ORGANISATION}`);
  }
});

it('gives the principal in the order in which Kafka writes it, the reverse of the encoding', async () => {
  const { holders, broker } = await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  expect(holders['router-1']!.transport.principal).toBe(
    `O=${ORGANISATION},OU=transport-g1,OU=router,CN=router-1`,
  );
  expect(broker.principal).toBe(`O=${ORGANISATION},OU=transport-g1,OU=broker,CN=broker`);
});

it('escapes in a principal what RFC 2253 escapes', async () => {
  const { ca } = await ensureNetworkPki({ dir, holders: [], now: NOW });
  const authority = {
    certificate: await readFile(ca.certFile, 'utf8'),
    key: await readFile(ca.keyFile, 'utf8'),
  };
  const odd = await issueCertificate(authority, {
    subject: [{ CN: ['a,b+c"d'] }, { O: ['x;y'] }],
    purpose: 'transport',
    notBefore: NOW,
    notAfter: new Date('2026-04-01T00:00:00.000Z'),
  });
  expect(principalOf(odd.certificate)).toBe(String.raw`O=x\;y,CN=a\,b\+c\"d`);
});

it('keeps signing keys out of TLS and lets transport keys be client and server on this machine', async () => {
  const { holders, ca } = await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  const authority = new X509Certificate(await readFile(ca.certFile));
  const signing = new X509Certificate(await readFile(holders['c_d150']!.signing.certFile));
  const transport = new X509Certificate(await readFile(holders['c_d150']!.transport.certFile));
  expect(signing.keyUsage).toEqual(['1.3.6.1.5.5.7.3.36']);
  expect(transport.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']);
  expect(transport.checkHost('localhost')).toBe('localhost');
  expect(transport.checkIP('127.0.0.1')).toBe('127.0.0.1');
  for (const certificate of [signing, transport]) {
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.validFromDate).toEqual(NOW);
  }
});

it('keeps every private key readable by its owner only, and paired with its certificate', async () => {
  const pki = await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  const { signing, transport } = pki.holders['c_d150']!;
  for (const { certFile, keyFile } of [signing, transport, pki.broker, pki.admin, pki.ca]) {
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    const key = createPrivateKey(await readFile(keyFile));
    expect(new X509Certificate(await readFile(certFile)).checkPrivateKey(key)).toBe(true);
  }
});

it('gives the same certificates again, and adds those of a new holder', async () => {
  const before = await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  const after = await ensureNetworkPki({
    dir,
    holders: [...HOLDERS, { holder: 'p_cr', role: 'authority' }],
    now: new Date(NOW.getTime() + 60_000),
  });
  expect(after.holders['c_d150']).toEqual(before.holders['c_d150']);
  expect(after.ca).toEqual(before.ca);
  expect(after.holders['p_cr']?.transport.generation).toBe(1);
});

it('replaces a certificate that ends soon by one of the next generation, under another principal', async () => {
  const before = await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  const after = await ensureNetworkPki({ dir, holders: HOLDERS, now: new Date('2028-02-15T00:00:00.000Z') });
  expect(after.holders['c_d150']?.transport.generation).toBe(2);
  expect(after.holders['c_d150']?.transport.principal).toBe(
    before.holders['c_d150']!.transport.principal.replace('-g1', '-g2'),
  );
});

it('makes a certificate anew whose issue was cut off before it was whole', async () => {
  const { holders } = await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  await rm(holders['c_d150']!.signing.certFile);
  const again = await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  expect(again.holders['c_d150']?.signing.fingerprint).not.toBe(holders['c_d150']!.signing.fingerprint);
});

it("refuses another holder's certificate in a holder's place", async () => {
  const { holders } = await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  const foreign = await readFile(holders['router-1']!.signing.certFile);
  await writeFile(holders['c_d150']!.signing.certFile, foreign);
  await expect(ensureNetworkPki({ dir, holders: HOLDERS, now: NOW })).rejects.toMatchObject({
    code: 'PKI_INVALID',
  });
});

it('gives the authority a list of revocations that is kept, and made anew before it ends', async () => {
  const endOf = async (now: Date): Promise<number | undefined> => {
    const { ca } = await ensureNetworkPki({ dir, holders: [], now });
    return new x509.X509Crl(await readFile(ca.crlFile, 'utf8')).nextUpdate?.getTime();
  };
  const first = await endOf(NOW);
  expect(await endOf(new Date('2026-04-01T00:00:00.000Z'))).toBe(first);
  expect(await endOf(new Date('2026-05-15T00:00:00.000Z'))).toBeGreaterThan(first ?? 0);
  await writeFile(join(dir, 'ca.crl.pem'), 'damaged');
  await expect(ensureNetworkPki({ dir, holders: [], now: NOW })).rejects.toMatchObject({
    code: 'PKI_INVALID',
  });
});
