import { loadNodeConfig, measureCounts, openNode, startNode } from '#node';
import { runProcess, systemClock, systemIds } from '#platform';
import { quarantineChore, quarantineConfig } from '#quarantine';
import { AuditorModule } from './auditor.module.ts';
import { readLogSigner, transparencyLogConfig } from './config.ts';
import { TakeIn } from './intake/take-in.ts';
import { LOG_COUNTS } from './log-health.ts';
import { LogWriter } from './log/log-writer.ts';
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
    { transparencyLog: transparencyLogConfig, quarantine: quarantineConfig, witnesses: witnessesConfig },
    process.env,
  );
  const signer = readLogSigner(config.transparencyLog);
  const node = await openNode(config, AUDITOR_MIGRATIONS);
  const { work, registry, verifier, metrics, logger } = node;
  measureCounts(node, LOG_COUNTS);
  const takeIn = new TakeIn({ work, registry, verifier, clock: systemClock, metrics });
  const writer = await LogWriter.open({
    work,
    url: config.identity.DATABASE_URL,
    holder: `${node.name}/${systemIds.uuid()}`,
    signer,
    logger,
    permit: requireUncontradicted,
  });
  const witnessParts: WitnessParts = {
    ...{ work, registry, logger, signer: node.signer, clock: systemClock, ids: systemIds },
    ...{ tls: config.tls, settings: config.witnesses },
    log: { origin: config.transparencyLog.LOG_ORIGIN, keys: [signer.verifier] },
    isWriting: () => writer.active,
  };
  const witnesses = new Witnesses(witnessParts);
  measureWitnesses(witnessParts, metrics);
  const running = await startNode({
    config,
    node,
    module: WitnessesModule.beside(AuditorModule.of(takeIn, writer), witnessParts),
    streams: auditorStreams(node),
    probes: (health) => {
      watchWitnesses(health, witnessParts);
    },
    housekeeping: [quarantineChore(config.quarantine)],
    onPoison: (record, error) => takeIn.refuse(record, error),
    openApi: { title: 'Re.Se.T. hub auditor', version: '1.0' },
    close: async () => {
      await witnesses.close();
      await writer.close();
    },
  });
  await witnesses.examineAll();
  writer.start();
  witnesses.start();
  return running;
});
