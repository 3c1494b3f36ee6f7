import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aNetwork,
  aPractice,
  aWitnessStatement,
  repack,
  signPractice,
  TEST_NOW,
  TestLog,
  type TestNetwork,
} from '#testing';
import { parseAction, parseSignedItem } from '#contracts';
import { openCheckpoint, parseVkey, quorumPolicy, type Cosigner } from '#tlog';
import {
  ContainerReader,
  ContainerWriter,
  copySource,
  folderCopy,
  packEvidence,
  practiceInCopy,
  readPracticeChoice,
  readRegistry,
  RegistryHistory,
  verifyEvidence,
  type EvidenceCopy,
  type EvidenceReport,
} from '../index.ts';

const WITNESSES = ['c_d150', 'p_cr', 'c_d142'];
const LATER = new Date(TEST_NOW.getTime() + 3_600_000);
let folder: string;
let network: TestNetwork;
let log: TestLog;
let practice: { readonly owner: string; readonly uuid: string };
let cui: string;
let containers = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copy-evidence-'));
  network = await aNetwork().small().founded();
  log = new TestLog(network);
  for (const holder of WITNESSES) {
    const statement = await aWitnessStatement(network, holder, log.witness(holder).verifier.vkey);
    await log.action(parseAction(parseSignedItem(statement).item), holder);
  }
  log.event(await aPractice(network).filedBy('c_d142').signed());
  practice = await signPractice(network, {
    event: (signed) => {
      cui = signed.event.practice.cui;
      log.event(signed);
    },
    decision: (decided) => {
      log.decision(decided);
    },
    receipt: async (receipt) => {
      await log.receipts([receipt], receipt.by);
    },
    action: async (action) => {
      await log.action(action, action.node);
    },
  });
  log.event(await aPractice(network).filedBy('c_d142').signed());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A copy in a folder, opened. */
async function aCopy(has: (index: number) => boolean = () => true): Promise<EvidenceCopy> {
  const dir = await mkdtemp(join(folder, 'copy-'));
  await log.writeTo(dir, { cosignedBy: WITNESSES, has });
  const read = folderCopy(dir);
  const note = (await read('checkpoint')) ?? Buffer.alloc(0);
  const key = parseVkey(log.vkey);
  const registryEntries = await readRegistry(read);
  return {
    ...{ read, note, logKey: log.vkey, registryEntries },
    head: openCheckpoint(note, { origin: key.name, keys: [key] }, []),
    registry: RegistryHistory.of(registryEntries, network.root.fingerprint),
  };
}

async function packed(copy: EvidenceCopy, isSealed = false): Promise<string> {
  containers += 1;
  const path = join(folder, `${containers}.zip`);
  const writer = await ContainerWriter.open(Writable.toWeb(createWriteStream(path)));
  const signer = isSealed ? network.signerOf('auditor') : null;
  await packEvidence(await copySource(copy, practice), writer, { signer, at: LATER });
  return path;
}

function verify(path: string, unsealed = false): Promise<EvidenceReport> {
  const keys = WITNESSES.map((name): Cosigner['verifier'] => log.witness(name).verifier);
  const policy = quorumPolicy(parseVkey(log.vkey), keys, 2);
  return verifyEvidence(path, { root: network.root.fingerprint, policy, at: LATER, unsealed });
}

async function summaryOf(path: string): Promise<string> {
  const container = await ContainerReader.open(path);
  const page = await container.read('riepilogo.html');
  await container.close();
  return page.toString('utf8');
}

describe('a practice’s evidence, made of a copy of the log', () => {
  it('verifies with the original signatures and cosignatures, and its summary says what nobody was asked for', async () => {
    const path = await packed(await aCopy());
    const report = await verify(path, true);
    expect(report.faults).toEqual([]);
    expect(report).toMatchObject({
      ...{ valid: true, sealed: null, counts: { events: 2, documents: 11 } },
      log: { size: log.leaves.length, witnessed: true },
    });
    expect(report.checks.filter(({ result }) => result !== 'passed').map(({ step }) => step)).toEqual([
      'files',
      'seal',
    ]);
    expect(report.checks.find(({ step }) => step === 'witnesses')?.detail).toContain('c_d150, p_cr, c_d142');
    const page = await summaryOf(path);
    for (const said of [
      'Fatto da una copia: che cosa manca',
      'Il sigillo di chi tiene il registro',
      '--unsealed',
    ])
      expect(page).toContain(said);
    expect(page).not.toContain('ha messo insieme questi file e nessun altro');
  });

  it('does not verify unsealed unless that is asked for: a seal cannot be taken off unnoticed', async () => {
    const unasked = await verify(await packed(await aCopy()));
    expect(unasked.faults.map(({ code }) => code)).toEqual(['EVIDENCE_NOT_SEALED']);
    const sealed = await packed(await aCopy(), true);
    expect(await verify(sealed)).toMatchObject({ valid: true, sealed: { by: 'auditor' } });
    const stripped = await repack(sealed, join(folder, 'stripped.zip'), {
      change: { 'META-INF/signatures001.xml': null },
    });
    // What the summary says of a seal, and the certificate of who made it, are left over.
    const found = (await verify(stripped, true)).faults.map(({ code }) => code);
    expect(found).toContain('EVIDENCE_SUMMARY_DIFFERS');
  });

  it('is found out if a document in it was altered, without any seal', async () => {
    const path = await packed(await aCopy());
    const altered = await repack(path, join(folder, 'altered.zip'), {
      change: {
        'eventi/0001-practice.filed.xml': (bytes) =>
          Buffer.from(bytes.toString('utf8').replace('c_d150/2026', 'c_d150/2025')),
      },
    });
    const report = await verify(altered, true);
    expect(report.valid).toBe(false);
    expect(report.faults.map(({ file }) => file)).toContain('eventi/0001-practice.filed.xml');
  });

  it('is not made of a copy that lacks one of its documents, or whose entries are not those of the root', async () => {
    const last = log.leaves.length - 2;
    await expect(packed(await aCopy((index) => index !== last))).rejects.toMatchObject({
      code: 'ARCHIVE_NOT_FOUND',
    });
    const copy = await aCopy();
    const head = { ...copy.head, root: Buffer.alloc(32, 1) };
    await expect(packed({ ...copy, head })).rejects.toMatchObject({ code: 'LOG_TILE_INVALID' });
  });
});

describe('a practice of a copy', () => {
  it('is found by its CUI, which only the signed filing has, and by its id', async () => {
    const copy = await aCopy();
    expect(await practiceInCopy(copy, readPracticeChoice(cui))).toEqual(practice);
    expect(await practiceInCopy(copy, readPracticeChoice(practice.uuid))).toEqual(practice);
  });

  it('is not there under a name that nothing of the copy has', async () => {
    const refused = { code: 'PRACTICE_NOT_FOUND' };
    const copy = await aCopy();
    await expect(practiceInCopy(copy, readPracticeChoice('c_d150/2026/999999'))).rejects.toMatchObject(
      refused,
    );
    const nobody = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
    await expect(practiceInCopy(copy, readPracticeChoice(nobody))).rejects.toMatchObject(refused);
    await expect(copySource(copy, { owner: 'c_d150', uuid: nobody })).resolves.toMatchObject({ leaves: [] });
  });
});
