import { AccessLog, accessesChore, accessesConfig, AnchorWorker } from '#access-log';
import { loadNodeConfig, measureCounts, openNode, startNode } from '#node';
import { peerHttpConfig, runProcess, systemClock, systemIds } from '#platform';
import { quarantineChore, quarantineConfig } from '#quarantine';
import { KeepPacking } from './archive/keep-packing.ts';
import { PackArchive } from './archive/pack-archive.ts';
import { ReadPacks } from './archive/read-packs.ts';
import { AuditorModule } from './auditor.module.ts';
import { readLogSigner, transparencyLogConfig } from './config.ts';
import { EvidenceModule } from './evidence/evidence.module.ts';
import { logFilesConfig } from './files/files-config.ts';
import { KeepFiles } from './files/keep-files.ts';
import { TakeIn } from './intake/take-in.ts';
import { LOG_COUNTS } from './log-health.ts';
import { LogWriter } from './log/log-writer.ts';
import { ReadRegistryEntries } from './served/read-registry-entries.ts';
import { AUDITOR_MIGRATIONS } from './store/migrations.ts';
import { auditorStreams } from './streams.ts';
import { requireUncontradicted } from './witnesses/contradictions.ts';
import { measureWitnesses, watchWitnesses } from './witnesses/watch-witnesses.ts';
import type { WitnessParts } from './witnesses/witness-parts.ts';
import { Witnesses } from './witnesses/witnesses.ts';
import { witnessesConfig } from './witnesses/witnesses-config.ts';
import { WitnessesModule } from './witnesses/witnesses.module.ts';

runProcess('auditor', async () => {
  const config = loadNodeConfig(
    {
      peer: peerHttpConfig,
      transparencyLog: transparencyLogConfig,
      logFiles: logFilesConfig,
      quarantine: quarantineConfig,
      accesses: accessesConfig,
      witnesses: witnessesConfig,
    },
    process.env,
  );
  const signer = readLogSigner(config.transparencyLog);
  const node = await openNode(config, AUDITOR_MIGRATIONS);
  const { work, registry, verifier, metrics, logger } = node;
  measureCounts(node, LOG_COUNTS);
  const takeIn = new TakeIn({ work, registry, verifier, clock: systemClock, metrics });
  const beside = { packs: new ReadPacks(work), registry: new ReadRegistryEntries(work, registry) };
  const folders = config.logFiles.map((folder) =>
    KeepFiles.of(folder, { work, key: signer.verifier, archive: beside, logger }),
  );
  const writer = await LogWriter.open({
    work,
    url: config.identity.DATABASE_URL,
    holder: `${node.name}/${systemIds.uuid()}`,
    signer,
    logger,
    permit: requireUncontradicted,
    mayWrite: async (tx) => {
      for (const folder of folders) await folder.requireSameHistory(tx);
    },
  });
  const archive = new PackArchive({ work, fenced: (tx) => writer.fenced(tx) });
  const packing = new KeepPacking({ archive, isWriting: () => writer.active, logger });
  const witnessParts: WitnessParts = {
    ...{ work, registry, logger, signer: node.signer, clock: systemClock, ids: systemIds },
    ...{ tls: config.tls, settings: config.witnesses },
    log: { origin: config.transparencyLog.LOG_ORIGIN, keys: [signer.verifier] },
    isWriting: () => writer.active,
  };
  const evidenceParts = {
    ...{ work, registry, signer: node.signer, clock: systemClock },
    accesses: new AccessLog({ node: node.name, clock: systemClock, ids: systemIds }),
    logKey: signer.verifier.vkey,
  };
  const witnesses = new Witnesses(witnessParts);
  measureWitnesses(witnessParts, metrics);
  const running = await startNode({
    config,
    node,
    module: WitnessesModule.beside(
      EvidenceModule.beside(AuditorModule.of(takeIn, writer), evidenceParts),
      witnessParts,
    ),
    streams: auditorStreams(node),
    housekeeping: [quarantineChore(config.quarantine), accessesChore(config.accesses)],
    onPoison: (record, error) => takeIn.refuse(record, error),
    openApi: { title: 'Re.Se.T. hub auditor', version: '1.0' },
    peer: { ...config.peer, tls: config.tls },
    probes: (health) => {
      watchWitnesses(health, witnessParts);
      for (const one of [packing, ...folders]) one.register(health);
    },
    close: async () => {
      await witnesses.close();
      await packing.close();
      await Promise.all([writer, ...folders].map((one) => one.close()));
    },
  });
  await witnesses.examineAll();
  const anchors = running.http.app.get(AnchorWorker, { strict: false });
  for (const one of [writer, packing, ...folders, witnesses, anchors]) one.start();
  return running;
});
