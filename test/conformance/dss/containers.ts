/** Containers of evidence (ASiC-E), whole and tampered with, and the documents in them as other tools find them there. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { ContainerReader, ContainerWriter, packEvidence } from '#audit';
import type { Signer } from '#evidence';
import { aLoggedPractice } from '../../../libs/testing/src/builders/evidence.ts';
import { aNetwork } from '../../../libs/testing/src/builders/network.ts';
import { repack, type Tampering } from '../../../libs/testing/src/builders/repack.ts';
import type { Network } from './network.ts';
import { valid, type Sample } from './sample.ts';

export async function containers({ pki, revoked, stranger }: Network, at: Date): Promise<readonly Sample[]> {
  const folder = await mkdtemp(join(tmpdir(), 'containers-'));
  try {
    const network = await aNetwork().withPki(pki).founded();
    const { log, practice } = await aLoggedPractice(network);
    const source = log.source(network, practice);
    const sealedBy = async (signer: Signer, name: string): Promise<string> => {
      const path = join(folder, name);
      const writer = await ContainerWriter.open(Writable.toWeb(createWriteStream(path)));
      await packEvidence(source, writer, { signer, at });
      return path;
    };
    const whole = await sealedBy(network.signerOf('auditor'), 'whole.zip');
    const tampered = async (name: string, tampering: Tampering): Promise<Buffer> =>
      readFile(await repack(whole, join(folder, name), tampering));
    const ofSeal = async (signer: Signer, name: string): Promise<Buffer> =>
      readFile(await sealedBy(signer, name));
    const event = 'eventi/0001-practice.filed.xml';
    const bad = [
      [
        'container, an event altered',
        await tampered('event.zip', { change: { [event]: spoiled } }),
        'HASH_FAILURE',
      ],
      [
        'container, its summary altered',
        await tampered('page.zip', { change: { 'riepilogo.html': spoiled } }),
        'HASH_FAILURE',
      ],
      [
        'container, a receipt taken out',
        await tampered('gone.zip', { change: { 'ricevute/0001-p_cr-received.xml': null } }),
        'SIGNED_DATA_NOT_FOUND',
      ],
      ['container, seal on the CRL', await ofSeal(revoked, 'revoked.zip'), 'REVOKED_NO_POE'],
      ['container, seal of another CA', await ofSeal(stranger, 'stranger.zip'), 'NO_CERTIFICATE_CHAIN_FOUND'],
    ] as const;
    return [
      { ...valid('container of evidence', await readFile(whole)), type: 'zip' },
      ...(await documentsIn(whole)),
      ...bad.map(([about, bytes, expected]): Sample => ({ about, bytes, expected, type: 'zip' })),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every document in it that has a signature of its own. */
async function documentsIn(path: string): Promise<readonly Sample[]> {
  const container = await ContainerReader.open(path);
  const samples: Sample[] = [];
  for (const name of container.names.filter((each) => /^(eventi|lotti|registro)\//.test(each)))
    samples.push(valid(`in it: ${name.slice(0, 32)}`, await container.read(name)));
  await container.close();
  return samples;
}

/** One letter of a text changed. */
function spoiled(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString().replace('0', '1'));
}
