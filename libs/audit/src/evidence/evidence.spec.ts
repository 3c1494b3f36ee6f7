import { randomUUID, X509Certificate } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aLoggedPractice,
  aNetwork,
  TEST_NOW,
  TestAuthority,
  type EvidenceLog,
  type TestNetwork,
} from '#testing';
import { quorumPolicy } from '#tlog';
import {
  ContainerReader,
  ContainerWriter,
  packEvidence,
  verifyEvidence,
  type EvidenceReport,
} from '../index.ts';

let folder: string;
let network: TestNetwork;
let log: EvidenceLog;
let practice: { readonly owner: string; readonly uuid: string };
const LATER = new Date(TEST_NOW.getTime() + 3_600_000);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evidence-'));
  network = await aNetwork().small().founded();
  ({ log, practice } = await aLoggedPractice(network));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function pack(wholeRegistry = false): Promise<string> {
  const path = join(folder, `${randomUUID()}.zip`);
  const writer = await ContainerWriter.open(Writable.toWeb(createWriteStream(path)));
  await packEvidence(log.source(network, practice), writer, {
    ...{ signer: network.signerOf('auditor'), at: LATER, wholeRegistry },
  });
  return path;
}

function verify(path: string): Promise<EvidenceReport> {
  const witnesses = log.witnesses.map(({ cosigner }) => cosigner.verifier);
  const policy = quorumPolicy(log.signer.verifier, witnesses, 2);
  return verifyEvidence(path, { root: network.root.fingerprint, policy, at: LATER });
}

describe('a container of evidence', () => {
  it('verifies offline, down to the last file, with the root and the log’s key alone', async () => {
    const report = await verify(await pack());
    expect(report.faults).toEqual([]);
    expect(report).toMatchObject({ valid: true, counts: { events: 2, documents: 11 } });
    expect(report.checks.filter(({ result }) => result !== 'passed')).toEqual([]);
  });

  it('has the whole registry if that is asked for, and then says that no revocation is missing', async () => {
    const report = await verify(await pack(true));
    expect(report.faults).toEqual([]);
    expect(report.checks.find(({ step }) => step === 'registry')?.detail).toContain(
      'no revocation is missing',
    );
    expect(report.notes).toEqual([]);
  });

  it('begins with mimetype as ASiC-E wants it, and is the same each time but for the seal', async () => {
    const [one, other] = [await pack(), await pack()];
    const bytes = await readFile(one);
    expect(bytes.subarray(0, 4).toString('hex')).toBe('504b0304');
    expect(bytes.readUInt16LE(8)).toBe(0);
    expect(bytes.readUInt16LE(28)).toBe(0);
    expect(bytes.toString('latin1', 30, 69)).toBe('mimetypeapplication/vnd.etsi.asic-e+zip');
    const [first, second] = [await ContainerReader.open(one), await ContainerReader.open(other)];
    expect(first.names).toEqual(second.names);
    const differing = [];
    for (const name of first.names) {
      if (!(await first.read(name)).equals(await second.read(name))) differing.push(name);
    }
    await Promise.all([first.close(), second.close()]);
    expect(differing).toEqual(['META-INF/signatures001.xml']);
  });

  it('has a summary in Italian that a screen reader can follow, without scripts or anything from elsewhere', async () => {
    const container = await ContainerReader.open(await pack());
    const page = (await container.read('riepilogo.html')).toString();
    const all = (pattern: RegExp): string[] => [...page.matchAll(pattern)].map(([, found = '']) => found);
    expect(page).toContain('<html lang="it">');
    expect(page).toMatch(/<title>Riepilogo delle prove della pratica c_d150\/2026\/[0-9]+<\/title>/);
    expect(all(/<(h1)>/g)).toHaveLength(1);
    for (const element of ['header', 'nav', 'main']) expect(page).toContain(`</${element}>`);
    const tables = all(
      /<table>\n<caption>([^<]+)<\/caption>\n<thead><tr>(?:<th scope="col">[^<]*<\/th>)+<\/tr><\/thead>/g,
    );
    expect(tables).toHaveLength(all(/<(table)>/g).length);
    expect(tables).toContain('Eventi della pratica, in ordine');
    const ids = all(/ id="([^"]+)"/g);
    expect(new Set(ids).size).toBe(ids.length);
    const links = all(/ href="([^"]+)"/g);
    expect(links.filter((link) => link.startsWith('#')).every((link) => ids.includes(link.slice(1)))).toBe(
      true,
    );
    const files = links.filter((link) => !link.startsWith('#'));
    expect(files.filter((file) => !container.has(file))).toEqual([]);
    await container.close();
    expect(page).not.toMatch(/<script|<img|<link|https?:|javascript:|undefined|\[object/);
    for (const said of [
      'Presentazione dell’istanza',
      'Comune di',
      'protocollo n. 0000042 del 04/03/2026',
      '04/03/2026, 10:00:00',
    ])
      expect(page).toContain(said);
    await container.close();
  });
});

it('what was signed before its key was revoked counts, and is named', async () => {
  const own = await aNetwork().small().founded();
  const logged = await aLoggedPractice(own);
  const clock = own.clock as typeof own.clock & { advance(milliseconds: number): void };
  clock.advance(86_400_000);
  await own.revoke('p_cr', new Date(TEST_NOW.getTime() - 60_000));
  const path = join(folder, 'revoked.zip');
  const writer = await ContainerWriter.open(Writable.toWeb(createWriteStream(path)));
  const at = own.clock.now();
  await packEvidence(logged.log.source(own, logged.practice), writer, {
    signer: own.signerOf('auditor'),
    at,
  });
  const policy = quorumPolicy(logged.log.signer.verifier, [], 0);
  const report = await verifyEvidence(path, { root: own.root.fingerprint, policy, at });
  expect(report.faults).toEqual([]);
  const named = report.notes.filter(({ kind }) => kind === 'key-revoked-later').map(({ file }) => file);
  expect(named).toContain('eventi/0002-conclusion.issued.xml');
  expect(named).toContain('ricevute/0001-p_cr-received.xml');
  expect(named).not.toContain('eventi/0001-practice.filed.xml');
});

it('has certificates and revocation lists as files that any tool for X.509 reads, and no other than the registry’s', async () => {
  const own = await aNetwork().small().founded();
  const issuer = await TestAuthority.create();
  await own.publish({ kind: 'anchor.published', anchor: issuer.anchor });
  const der = await issuer.crl('2026-03-01T00:00:00Z', '2026-03-31T00:00:00Z');
  await own.publish({ kind: 'crl.published', issuer: issuer.fingerprint, crl: der });
  const list = `crl/${String(own.entries.length).padStart(6, '0')}.crl`;
  const logged = await aLoggedPractice(own);
  const signer = own.signerOf('auditor');
  const path = join(folder, 'lists.zip');
  const writer = await ContainerWriter.open(Writable.toWeb(createWriteStream(path)));
  await packEvidence(logged.log.source(own, logged.practice), writer, { signer, at: LATER });

  const container = await ContainerReader.open(path);
  expect((await container.read(list)).toString('base64')).toBe(der);
  const pems = container.names.filter((name) => name.endsWith('.pem'));
  const certificates = await Promise.all(
    pems.map(async (name) => new X509Certificate(await container.read(name)).fingerprint256),
  );
  const signers = ['c_d150', 'p_cr', 'router-1'].map(
    (one) => own.signerOf(one).certificate.x509.fingerprint256,
  );
  expect(certificates).toEqual(expect.arrayContaining(signers));

  const other = join(folder, 'other-list.zip');
  const again = await ContainerWriter.open(Writable.toWeb(createWriteStream(other)));
  const forged = Buffer.from(await issuer.crl('2026-03-02T00:00:00Z', '2026-03-31T00:00:00Z'), 'base64');
  for (const name of container.names.filter((one) => one !== 'mimetype' && !one.startsWith('META-INF/')))
    await again.add(name, 'application/xml', name === list ? forged : await container.read(name));
  await again.seal(signer, LATER);
  await container.close();

  const policy = quorumPolicy(logged.log.signer.verifier, [], 0);
  const trust = { root: own.root.fingerprint, policy, at: LATER };
  expect((await verifyEvidence(path, trust)).faults).toEqual([]);
  expect((await verifyEvidence(other, trust)).faults).toMatchObject([
    { step: 'copies', code: 'EVIDENCE_CONTENT_DISAGREES', file: list },
  ]);
});
