import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContainerWriter, packEvidence, type EvidenceReport } from '#audit';
import {
  aLoggedPractice,
  aNetwork,
  aPractice,
  repack,
  TestLog,
  type EvidenceLog,
  type TestNetwork,
} from '#testing';
import { cli, homeWith, standIns, type Seen } from '../cli.fixture.ts';

const standIn = standIns();
let folder: string;
let network: TestNetwork;
let log: EvidenceLog;
let practice: { readonly owner: string; readonly uuid: string };
let container: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evidence-'));
  network = await aNetwork().founded();
  ({ log, practice } = await aLoggedPractice(network));
  const path = join(folder, 'made.zip');
  const writer = await ContainerWriter.open(Writable.toWeb(createWriteStream(path)));
  const at = network.clock.now();
  await packEvidence(log.source(network, practice), writer, { signer: network.signerOf('auditor'), at });
  container = await readFile(path);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function auditor(
  answer: (request: Seen) => object | undefined,
): Promise<{ home: string; seen: Seen[] }> {
  const { url, seen } = await standIn(answer);
  const { vkey, name: origin } = log.signer.verifier;
  return { home: await homeWith({ auditor: url }, { log: { origin, vkey } }), seen };
}

const named = () => `${practice.owner}/${practice.uuid}`;

describe('audit evidence', () => {
  it('writes the container as the auditor has sealed it, once it is witnessed', async () => {
    let asked = 0;
    const { home, seen } = await auditor(() => {
      asked += 1;
      return asked === 1
        ? { status: 422, json: { code: 'LOG_NOT_WITNESSED', detail: 'not yet' } }
        : { bytes: container };
    });
    const out = join(folder, 'pratica.zip');
    const ran = await cli(['audit', 'evidence', named(), '--out', out, '--home', home, '--json']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    const sha256 = createHash('sha256').update(container).digest('hex');
    expect(JSON.parse(ran.out)).toMatchObject({ owner: 'c_d150', out, size: container.length, sha256 });
    expect(seen.map(({ path, query }) => [path, query])).toEqual(
      Array.from({ length: 2 }, () => [
        `/v1/practices/${named()}/evidence`,
        { unwitnessed: 'false', registry: 'part' },
      ]),
    );
  });

  it('gives what audit verify takes as a file', async () => {
    const made = join(folder, 'made.zip');
    const keys = ['--vkey', log.signer.verifier.vkey, '--root', network.root.fingerprint];
    const verified = await cli(['audit', 'verify', made, ...keys, '--json']);
    const report = JSON.parse(verified.out) as EvidenceReport;
    expect([verified.code, report.faults, report.valid]).toEqual([0, [], true]);
  });

  it('is refused by audit verify once it was altered, in Italian if that is asked for', async () => {
    const made = join(folder, 'made.zip');
    const keys = ['--vkey', log.signer.verifier.vkey, '--root', network.root.fingerprint];
    const bad = await repack(made, join(folder, 'bad.zip'), {
      change: { 'riepilogo.html': () => Buffer.from('x') },
    });
    const refused = await cli(['audit', 'verify', bad, ...keys], { LANG: 'it_IT.UTF-8' });
    expect(refused.code).toBe(1);
    expect(refused.out).toContain('NON VERIFICATO');
    expect(refused.out).toContain('EVIDENCE_FILE_ALTERED  riepilogo.html');
  });

  it('leaves no file behind for what was refused or cut off', async () => {
    const { home } = await auditor(() => ({
      status: 404,
      json: { code: 'PRACTICE_NOT_FOUND', detail: 'none' },
    }));
    const out = join(folder, 'none.zip');
    const ran = await cli([
      'audit',
      'evidence',
      named(),
      '--out',
      out,
      '--wait',
      '0',
      '--home',
      home,
      '--json',
    ]);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out)).toMatchObject({ error: { code: 'PRACTICE_NOT_FOUND' } });
    expect((await readdir(folder)).filter((name) => name.startsWith('none'))).toEqual([]);
  });
});

describe('audit evidence --in, of a copy of the log', () => {
  const noHome = ['--home', join(tmpdir(), 'there-is-no-network-here')];
  let copy: string;
  let own: TestLog;
  let filed: { readonly owner: string; readonly uuid: string; readonly cui: string };

  beforeAll(async () => {
    own = new TestLog(network);
    const signed = await aPractice(network).filedBy('c_d150').signed();
    filed = signed.event.practice;
    own.event(signed);
    copy = join(folder, 'copy');
    await own.writeTo(copy, { archive: { of: 'everything' } });
  });

  const keys = () => ['--vkey', own.vkey, '--root', network.root.fingerprint];
  const made = (...more: readonly string[]) =>
    cli([
      ...['audit', 'evidence', filed.cui, '--in', copy, ...keys(), '--out', join(folder, 'of-copy.zip')],
      ...[...noHome, ...more],
    ]);

  it('needs no network, says what nobody was asked for, and is verified without a seal', async () => {
    const ran = await made('--json');
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(ran.out)).toMatchObject({
      ...{ owner: filed.owner, practiceId: filed.uuid, sealed: false },
      missing: ['seal', 'later', 'accesses', 'documents', 'held', 'witnesses'],
    });
    const told = await made();
    expect(told.out).toContain(`audit verify ${join(folder, 'of-copy.zip')}`);
    expect(told.out).toContain('who has read the practice: the authorities know');
    const verify = (...more: readonly string[]) =>
      cli(['audit', 'verify', join(folder, 'of-copy.zip'), ...keys(), ...more]);
    expect((await verify('--unsealed')).code).toBe(0);
    const refused = await verify();
    expect([refused.code, refused.out.includes('EVIDENCE_NOT_SEALED')]).toEqual([1, true]);
  });

  it('leaves no file of a practice that the copy does not have', async () => {
    const out = join(folder, 'nothing.zip');
    const ran = await cli([
      ...[
        'audit',
        'evidence',
        'c_d150/2026/999999',
        '--in',
        copy,
        ...keys(),
        '--out',
        out,
        '--json',
        ...noHome,
      ],
    ]);
    expect([ran.code, JSON.parse(ran.out)]).toMatchObject([1, { error: { code: 'PRACTICE_NOT_FOUND' } }]);
    expect((await readdir(folder)).filter((name) => name.startsWith('nothing'))).toEqual([]);
  });

  it('takes a key for a seal with its certificate and of a copy only', async () => {
    for (const more of [
      ['--cert', 'a.pem'],
      ['--key', 'a.key'],
    ])
      expect((await made(...more)).code).toBe(2);
    const served = await cli([
      'audit',
      'evidence',
      filed.cui,
      '--out',
      'x.zip',
      '--vkey',
      own.vkey,
      ...noHome,
    ]);
    expect(served.code).toBe(2);
  });
});
