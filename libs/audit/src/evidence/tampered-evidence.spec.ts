import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSha256 } from '#contracts';
import {
  aLoggedPractice,
  aNetwork,
  repack,
  TEST_NOW,
  type EvidenceLog,
  type Tampering,
  type TestNetwork,
} from '#testing';
import { noteSigner, quorumPolicy } from '#tlog';
import {
  ContainerReader,
  ContainerWriter,
  packEvidence,
  verifyEvidence,
  type EvidenceTrust,
} from '../index.ts';
import { formatContents, contentsShape } from './container-format.ts';

const LATER = new Date(TEST_NOW.getTime() + 3_600_000);
const EVENT = 'eventi/0001-practice.filed.xml';
const RECEIPT = 'ricevute/0001-p_cr-received.xml';

let folder: string;
let network: TestNetwork;
let log: EvidenceLog;
let practice: { readonly owner: string; readonly uuid: string };
let whole: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evidence-'));
  network = await aNetwork().small().founded();
  ({ log, practice } = await aLoggedPractice(network));
  whole = await packed('whole.zip');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function packed(name: string, holder = 'auditor'): Promise<string> {
  const path = join(folder, name);
  const writer = await ContainerWriter.open(Writable.toWeb(createWriteStream(path)));
  await packEvidence(log.source(network, practice), writer, { signer: network.signerOf(holder), at: LATER });
  return path;
}

/** Tampered with by somebody who has the auditor's own seal: everything that was listed is sealed again. */
async function sealedAgain({ change = {}, add = {} }: Tampering): Promise<string> {
  const path = join(folder, 'sealed-again.zip');
  const container = await ContainerReader.open(whole);
  const writer = await ContainerWriter.open(Writable.toWeb(createWriteStream(path)));
  for (const name of container.names) {
    if (name === 'mimetype' || name.startsWith('META-INF/')) continue;
    const changed = change[name];
    const bytes = await container.read(name);
    if (changed !== null) await writer.add(name, 'application/xml', changed?.(bytes) ?? bytes);
  }
  for (const [name, bytes] of Object.entries(add)) await writer.add(name, 'application/xml', bytes);
  await writer.seal(network.signerOf('auditor'), LATER);
  await container.close();
  return path;
}

async function patched(patch: (bytes: Buffer) => Buffer): Promise<string> {
  const path = join(folder, 'patched.zip');
  await writeFile(path, patch(await readFile(whole)));
  return path;
}

function trust(other: Partial<EvidenceTrust> = {}): EvidenceTrust {
  const witnesses = log.witnesses.map(({ cosigner }) => cosigner.verifier);
  return {
    root: network.root.fingerprint,
    policy: quorumPolicy(log.signer.verifier, witnesses, 2),
    at: LATER,
    ...other,
  };
}

/** What is found wrong: step and code of each kind of fault, once. */
async function faultsOf(path: string, other: Partial<EvidenceTrust> = {}): Promise<string[]> {
  const { valid, faults } = await verifyEvidence(path, trust(other));
  expect(valid).toBe(faults.length === 0);
  return [...new Set(faults.map(({ step, code }) => `${step} ${code}`))];
}

const altered = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('latin1').replace('0', '1'), 'latin1');
const renamed = (from: string, to: string) => (bytes: Buffer) =>
  Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1');

describe('a container that was tampered with', () => {
  it.each<[string, Tampering, string[]]>([
    ['an event altered', { change: { [EVENT]: altered } }, ['files EVIDENCE_FILE_ALTERED', 'documents']],
    [
      'the summary altered',
      { change: { 'riepilogo.html': altered } },
      ['files EVIDENCE_FILE_ALTERED', 'summary EVIDENCE_SUMMARY_DIFFERS'],
    ],
    [
      'a receipt taken out',
      { change: { [RECEIPT]: null } },
      ['manifest EVIDENCE_FILE_MISSING', 'files EVIDENCE_FILE_MISSING', 'documents EVIDENCE_FILE_MISSING'],
    ],
    [
      'a file put in',
      { add: { 'eventi/9999-other.xml': Buffer.from('<x/>') } },
      ['manifest EVIDENCE_FILE_UNSEALED', 'files EVIDENCE_FILE_UNSEALED', 'copies EVIDENCE_FILE_UNSEALED'],
    ],
    [
      'a file hidden in META-INF',
      { add: { 'META-INF/other.xml': Buffer.from('<x/>') } },
      ['manifest EVIDENCE_FILE_UNSEALED'],
    ],
    [
      'the manifest altered',
      { change: { 'META-INF/manifest.xml': renamed('text/plain', 'text/other') } },
      ['manifest EVIDENCE_CONTENT_DISAGREES'],
    ],
    [
      'the seal altered',
      { change: { 'META-INF/signatures001.xml': renamed('Id="signature"', 'Id="Signature"') } },
      ['seal SIGNATURE_SHAPE'],
    ],
    ['the seal gone', { change: { 'META-INF/signatures001.xml': null } }, ['seal EVIDENCE_NOT_SEALED']],
  ])('%s', async (_, tampering, expected) => {
    const found = await faultsOf(await repack(whole, join(folder, 'tampered.zip'), tampering));
    for (const each of expected) expect(found.join('\n')).toContain(each);
  });
});

describe('a ZIP that programs read in different ways, or that is dangerous to open', () => {
  it.each<[string, () => Promise<string>, string]>([
    [
      'a name that leads out of the folder',
      () => repack(whole, join(folder, 'a.zip'), { add: { '../../etc/passwd': Buffer.from('x') } }),
      'EVIDENCE_NAME_UNSAFE',
    ],
    [
      'an absolute name',
      () => repack(whole, join(folder, 'b.zip'), { add: { '/etc/passwd': Buffer.from('x') } }),
      'EVIDENCE_NAME_UNSAFE',
    ],
    [
      'a name with a backslash',
      () => repack(whole, join(folder, 'c.zip'), { add: { 'eventi\\x.xml': Buffer.from('x') } }),
      'EVIDENCE_NAME_UNSAFE',
    ],
    [
      'two files of one name',
      async () => {
        const twice = await repack(whole, join(folder, 'd.zip'), {
          add: { 'eventi/0001-practice.filed.xmX': Buffer.from('<x/>') },
        });
        await writeFile(twice, renamed('filed.xmX', 'filed.xml')(await readFile(twice)));
        return twice;
      },
      'EVIDENCE_NAME_DUPLICATE',
    ],
    [
      'a file that unfolds to more than it may',
      () =>
        repack(whole, join(folder, 'e.zip'), {
          add: { 'eventi/bomb.xml': Buffer.alloc(3_000_000) },
          options: { level: 6 },
        }),
      'EVIDENCE_TOO_LARGE',
    ],
    [
      'something before it',
      () => patched((bytes) => Buffer.concat([Buffer.from('MZ'), bytes])),
      'EVIDENCE_CONTAINER_MALFORMED',
    ],
    [
      'something behind it',
      () => patched((bytes) => Buffer.concat([bytes, Buffer.from('more')])),
      'EVIDENCE_CONTAINER_MALFORMED',
    ],
    [
      'extra fields',
      () => repack(whole, join(folder, 'f.zip'), { options: { extendedTimestamp: true } }),
      'EVIDENCE_CONTAINER_MALFORMED',
    ],
    [
      'sizes behind the data',
      () => repack(whole, join(folder, 'g.zip'), { options: { dataDescriptor: true } }),
      'EVIDENCE_CONTAINER_MALFORMED',
    ],
    [
      'another mimetype',
      () =>
        patched(
          renamed('mimetypeapplication/vnd.etsi.asic-e+zip', 'mimetypeapplication/vnd.etsi.asic-s+zip'),
        ),
      'EVIDENCE_CONTAINER_MALFORMED',
    ],
    ['no ZIP at all', () => patched(() => Buffer.from('<html></html>')), 'EVIDENCE_CONTAINER_MALFORMED'],
    [
      'its second half',
      () => patched((bytes) => bytes.subarray(bytes.length / 2)),
      'EVIDENCE_CONTAINER_MALFORMED',
    ],
    [
      'its first half',
      () => patched((bytes) => bytes.subarray(0, bytes.length / 2)),
      'EVIDENCE_CONTAINER_MALFORMED',
    ],
  ])('%s', async (_, made, code) => {
    expect(await faultsOf(await made())).toEqual([`container ${code}`]);
  });

  it('bytes whose checksum is another', async () => {
    const stored = await repack(whole, join(folder, 'h.zip'));
    await writeFile(stored, renamed('Presentazione', 'presentazione')(await readFile(stored)));
    expect(await faultsOf(stored)).toContain('files EVIDENCE_CONTAINER_MALFORMED');
  });

  it('a header before the data that names another file than the directory', async () => {
    const path = await patched((bytes) => {
      const at = bytes.indexOf(EVENT);
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from('eventi/0001-practice.fileX.xml'),
        bytes.subarray(at + EVENT.length),
      ]);
    });
    expect(await faultsOf(path)).toContain('files EVIDENCE_CONTAINER_MALFORMED');
  });
});

describe('whoever has the auditor’s seal', () => {
  it.each<[string, Tampering, string[]]>([
    [
      'cannot make the summary say something else',
      { change: { 'riepilogo.html': renamed('Presentazione', 'Bocciatura') } },
      ['summary EVIDENCE_SUMMARY_DIFFERS'],
    ],
    [
      'cannot make a readable copy say something else',
      { change: { [`leggibili/${RECEIPT}`]: renamed('received', 'refused!') } },
      ['copies EVIDENCE_CONTENT_DISAGREES'],
    ],
    [
      'cannot put in another certificate',
      { add: { 'certificati/c_d150-0000000000000000.pem': Buffer.from('x') } },
      ['copies EVIDENCE_FILE_UNSEALED'],
    ],
    [
      'cannot leave an event out',
      {
        change: {
          'contenuto.json': without('0001-practice.filed'),
          [EVENT]: null,
          'prove/eventi/0001-practice.filed.tlog-proof': null,
        },
      },
      ['positions EVIDENCE_POSITION_MISSING'],
    ],
    [
      'cannot swap a proof',
      {
        change: {
          'contenuto.json': renamed(
            'prove/eventi/0001-practice.filed.tlog-proof',
            'prove/eventi/0002-conclusion.issued.tlog-proof',
          ),
        },
      },
      ['proofs EVIDENCE_CONTENT_DISAGREES'],
    ],
    [
      'cannot show another state of the log',
      { change: { 'trasparenza/checkpoint': signedMore } },
      ['proofs EVIDENCE_CONTENT_DISAGREES'],
    ],
    [
      'cannot alter the registry',
      { change: { 'registro/000002.xml': altered } },
      ['registry REFERENCE_DIGEST_MISMATCH'],
    ],
  ])('%s', async (_, tampering, expected) => {
    const found = await faultsOf(await sealedAgain(tampering));
    for (const each of expected) expect(found.join('\n')).toContain(each);
  });

  it('is not a member: its seal is no auditor’s', async () => {
    expect(await faultsOf(await packed('member.zip', 'p_cr'))).toContain('seal CERTIFICATE_ROLE_WRONG');
  });
});

describe('what the verifier knows', () => {
  it('decides: another log’s key, another root, more witnesses than there are', async () => {
    const other = noteSigner(log.signer.verifier.name, Buffer.alloc(32, 9)).verifier;
    expect(await faultsOf(whole, { policy: quorumPolicy(other, [], 0) })).toContain(
      'checkpoint LOG_KEY_UNKNOWN',
    );
    const root = parseSha256('ab'.repeat(32));
    expect(await faultsOf(whole, { root })).toContain('registry REGISTRY_ROOT_REFUSED');
    const stranger = (await aLoggedPractice(network)).log.witnesses.map(({ cosigner }) => cosigner.verifier);
    expect(stranger).toHaveLength(3);
    const { signer, witnesses } = log;
    const policy = quorumPolicy(
      signer.verifier,
      witnesses.map(({ cosigner }) => cosigner.verifier),
      3,
    );
    expect(await faultsOf(whole, { policy })).toEqual([]);
  });

  it('counts: without a root or witnesses of his own he is told so', async () => {
    const report = await verifyEvidence(
      whole,
      trust({ root: null, policy: quorumPolicy(log.signer.verifier, [], 0) }),
    );
    expect(report.valid).toBe(true);
    expect(report.notes.map(({ kind }) => kind)).toEqual([
      'root-from-container',
      'no-witness-asked',
      'registry-in-part',
    ]);
  });
});

/** A checkpoint with one more signature, by nobody who is known. */
function signedMore(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.from(`— x ${Buffer.alloc(68).toString('base64')}\n`)]);
}

/** Contents that do not name a leaf. */
function without(name: string): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const contents = contentsShape.parse(JSON.parse(bytes.toString()));
    return formatContents({
      ...contents,
      leaves: contents.leaves.filter(({ file }) => !file.startsWith(`eventi/${name}`)),
    });
  };
}
