/**
 * A log of so many filings, each with its decision and three receipts, as a folder: what the auditor's tools are tried on.
 * Everything in it was signed and verified; nothing was made up in SQL.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { archivePath } from '#audit';
import { sha256Hex, VerifierPool } from '#evidence';
import { TILE_WIDTH } from '#tlog';
import { ReadPacks } from '../../../apps/auditor/src/archive/read-packs.ts';
import { DISK } from '../../../apps/auditor/src/files/disk.ts';
import { LogFolder } from '../../../apps/auditor/src/files/log-folder.ts';
import { PublishArchive } from '../../../apps/auditor/src/files/publish-archive.ts';
import { PublishFiles } from '../../../apps/auditor/src/files/publish-files.ts';
import { ReadRegistryEntries } from '../../../apps/auditor/src/served/read-registry-entries.ts';
import type { TestNetwork } from '../../../libs/testing/src/builders/network.ts';
import type { BenchServer } from '../hot-path/server.ts';
import type { BenchOptions, Figure } from '../measure.ts';
import { fillLog, foundRealNetwork, LEAVES } from './documents.ts';
import { openLog, type OpenLog } from './open-log.ts';

/** @returns events a second, from their signing to the published log */
export async function fillFolder(server: BenchServer, options: BenchOptions): Promise<readonly Figure[]> {
  const { events, to, tell } = options;
  if (to === undefined) throw new Error('--only fill needs --to DIR');
  await mkdir(to, { recursive: true });
  if ((await readdir(to)).length > 0) throw new Error(`${to} is not empty`);
  const verifier = new VerifierPool();
  const log = await openLog(await server.database('fill'));
  try {
    const network = await foundRealNetwork();
    const start = performance.now();
    await fillLog(log, network, { events, verifier, tell });
    while ((await log.size()) < events * LEAVES);
    const seconds = (performance.now() - start) / 1_000;
    await writeCopy(log, network, to);
    const key = log.signer.verifier.vkey;
    const { fingerprint } = network.root;
    tell(`npm run hub -- audit verify ${to} --vkey '${key}' --root ${fingerprint}`);
    return [
      {
        name: 'audit.fill',
        value: events / seconds,
        unit: 'filings/s',
        baseline: null,
        ratio: null,
        spread: 0,
      },
    ];
  } finally {
    await log.close();
    await verifier.close();
  }
}

async function writeCopy(log: OpenLog, network: TestNetwork, to: string): Promise<void> {
  const { work, signer } = log;
  await log.packAll();
  for (const [n, bytes] of network.entries.entries())
    await work.run((tx) =>
      tx.query('insert into registry_copy (number, bytes, digest) values ($1, $2, $3)', [
        n + 1,
        bytes,
        sha256Hex(bytes),
      ]),
    );
  const folder = new LogFolder(to, DISK);
  const packs = new ReadPacks(work);
  const registry = new ReadRegistryEntries(work, network.registry);
  const steps = [
    new PublishFiles({ work, key: signer.verifier, folder, entries: true }),
    new PublishArchive(folder, { work, packs, registry }),
  ];
  for (const publish of steps) while (await publish.step());
  // A folder that is kept has no pack of what is not full yet; this one is done.
  const size = await log.size();
  const last = { index: Math.floor(size / TILE_WIDTH), width: size % TILE_WIDTH };
  if (last.width > 0) {
    await folder.put([{ path: archivePath(last), bytes: (await packs.run(last)).bytes }]);
  }
  await writeFile(join(to, 'log.vkey'), `${signer.verifier.vkey}\n`);
}
