import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aLoggedPractice, aNetwork, TEST_NOW, type EvidenceLog, type TestNetwork } from '#testing';
import { quorumPolicy } from '#tlog';
import { ContainerReader, ContainerWriter, packEvidence, verifyEvidence, type EvidenceReport } from '../index.ts';

let folder: string;
let network: TestNetwork;
let log: EvidenceLog;
let practice: { readonly owner: string; readonly uuid: string };
const LATER = new Date(TEST_NOW.getTime() + 3_600_000);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evidence-'));
  network = await aNetwork().founded();
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
    expect(report.checks.find(({ step }) => step === 'registry')?.detail).toContain('no revocation is missing');
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
    expect(differing).toEqual(['META-INF/signatures001.xml']);
  });
});
