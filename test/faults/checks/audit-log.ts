/**
 * The log as somebody sees it who believes nobody: exported from the auditor, and verified as `audit verify` does it, with
 * the witnesses' cosignatures and every checkpoint that was seen on the way. And the folders that the auditor kept.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportLog, folderCopy, ServedLog, verifyFolder, type AuditReport } from '#audit';
import {
  parseVkey,
  parseWitnessVkey,
  quorumPolicy,
  verifyCheckpoint,
  VerifiedTiles,
  type ReadLogFile,
  type TrustPolicy,
} from '#tlog';
import { until } from '../../support/until.ts';
import { logFolder, type FaultNode } from '../network/fault-node.ts';
import type { FaultNetwork } from '../network/fault-network.ts';
import type { Random } from '../random.ts';
import { told } from '../told.ts';
import { alterationsNotFound } from './altered-copies.ts';
import type { Holdings } from './read-databases.ts';
import type { SeenCheckpoints } from './seen-checkpoints.ts';

/** Of the folders, behind the log: a disk that was full is tried again within half a minute. */
const FOLDERS_WITHIN_MS = 45_000;
const WITNESSED_WITHIN_MS = 45_000;

type Earlier = ReturnType<SeenCheckpoints['all']>;

/** @param altering from which alterations of the export are drawn, each of which has to be found; null: none is made */
export async function auditLog(
  network: FaultNetwork,
  { checkpoint }: Holdings,
  seen: SeenCheckpoints,
  altering: Random | null,
): Promise<string[]> {
  if (checkpoint === null) return ['the log has no checkpoint'];
  const key = parseVkey(network.file().log.vkey);
  const witnesses = (await network.witnessKeys()).map(parseWitnessVkey);
  const witnessed = quorumPolicy(key, witnesses, Math.floor(witnesses.length / 2) + 1);
  // Those seen until now: what is looked at from here on has to hold all of them, and grows on by itself meanwhile.
  const earlier = seen.all();
  const sizes = earlier.map(({ note }) => verifyCheckpoint(note, key).size);
  const size = Math.max(checkpoint.size, ...sizes);
  try {
    const folder = join(network.home, 'export');
    await exported(network, folder, size);
    const { pki } = network.file();
    const found = findingsOf('the export', await verified(network, folder, witnessed, earlier), size);
    const copy = { folder, root: pki.fingerprint, earlier: [...earlier, await exportedNote(folder)] };
    return [
      ...found,
      ...(await foldersWrong(network, quorumPolicy(key, [], 0), size, earlier)),
      // What is found in a copy that is wrong already says nothing.
      ...(altering === null || found.length > 0
        ? []
        : await alterationsNotFound({ ...copy, signer: await network.logSigner() }, altering)),
    ];
  } catch (error) {
    return [`the log cannot be verified: ${told(error)}`];
  }
}

/** @param size leaves that witnesses have to have seen: they are asked every few seconds */
async function exported(network: FaultNetwork, folder: string, size: number): Promise<void> {
  const read = served(network.node('auditor'));
  const { log, pki } = network.file();
  const key = parseVkey(log.vkey);
  const checkpoint = await until('the whole log is witnessed', WITNESSED_WITHIN_MS, async () => {
    const note = (await read('witnessed-checkpoint')) ?? Buffer.alloc(0);
    return verifyCheckpoint(note, key).size >= size ? note : undefined;
  });
  await exportLog({
    ...{ read, folder, log: key, scope: { of: 'everything' }, root: pki.fingerprint },
    ...{ checkpoint, now: () => new Date() },
  });
}

async function exportedNote(folder: string): Promise<Earlier[number]> {
  return { from: 'the export', note: await readFile(join(folder, 'checkpoint')) };
}

async function verified(
  network: FaultNetwork,
  folder: string,
  policy: TrustPolicy,
  earlier: Earlier,
): Promise<AuditReport> {
  return await verifyFolder({
    ...{ folder, policy, earlier, stateFolder: `${folder}-state` },
    root: network.file().pki.fingerprint,
    now: () => new Date(),
  });
}

/** Both folders are the log, whatever struck while they were written. */
async function foldersWrong(
  network: FaultNetwork,
  policy: TrustPolicy,
  size: number,
  earlier: Earlier,
): Promise<string[]> {
  const [hashes, whole] = [logFolder(network.home), logFolder(network.home, 'with-entries')];
  const key = parseVkey(network.file().log.vkey);
  const headIn = async (folder: string) =>
    verifyCheckpoint((await folderCopy(folder)('checkpoint')) ?? Buffer.alloc(0), key);
  await until('the folders have the whole log', FOLDERS_WITHIN_MS, async () => {
    const heads = await Promise.all([hashes, whole].map(headIn));
    // It grows on by itself: reads are anchored once a minute.
    return heads.every((head) => head.size >= size) ? true : undefined;
  });
  const tiles = await VerifiedTiles.open(await headIn(hashes), folderCopy(hashes));
  await tiles.rootAt(size);
  return findingsOf('the folder', await verified(network, whole, policy, earlier), size);
}

function findingsOf(what: string, { findings, log }: AuditReport, size: number): string[] {
  return [
    ...((log?.size ?? 0) >= size ? [] : [`${what} has ${log?.size ?? 'no'} leaves, the log ${size}`]),
    ...findings.listed.map(
      ({ code, index, message }) => `${what}, leaf ${index ?? 'none'}: ${code}: ${message}`,
    ),
  ];
}

function served({ url, token }: FaultNode): ReadLogFile {
  return new ServedLog({ url: new URL('/log', url).href, token }).read;
}
