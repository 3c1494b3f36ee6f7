import { accessesChore, accessesConfig } from '#access-log';
import { topics } from '#contracts';
import { watchEquivocations } from '#equivocations';
import { park, PATIENT } from '#messaging';
import { loadNodeConfig, openNode, startNode } from '#node';
import { peerHttpConfig, runProcess, systemClock, systemIds } from '#platform';
import { quarantineChore, quarantineConfig } from '#quarantine';
import { IS_EVIDENCE } from './equivocations/find-first.ts';
import { GapHealing } from './gaps/gap-healing.ts';
import { gapsConfig } from './gaps/gaps-config.ts';
import { watchWaiting } from './gaps/watch-waiting.ts';
import { parkRecords } from './quarantine/park-records.ts';
import { RouterModule } from './router.module.ts';
import { RecoverRouter } from './recovery/recover-router.ts';
import { RouteBatch } from './routing/route-batch.ts';
import { ROUTER_MIGRATIONS } from './store/migrations.ts';

runProcess('router', async () => {
  const config = loadNodeConfig(
    { peer: peerHttpConfig, gaps: gapsConfig, quarantine: quarantineConfig, accesses: accessesConfig },
    process.env,
  );
  const node = await openNode(config, ROUTER_MIGRATIONS);
  const group = `${node.name}.outboxes`;
  const recovery = new RecoverRouter({ ...node, group });
  const recovered = Promise.withResolvers<undefined>();
  const started: { close(): Promise<void> }[] = [];
  const running = await startNode({
    config,
    node,
    module: RouterModule,
    probes: (health) => {
      watchWaiting(health, node);
      watchEquivocations(health, node);
    },
    streams: [
      {
        stream: 'outboxes',
        topics: () => node.registry.members().map(({ ipa }) => topics.outbox(ipa)),
        group,
      },
      { stream: 'receipts', topics: [topics.receipts], group: `${node.name}.receipts`, limits: PATIENT },
    ],
    housekeeping: [
      quarantineChore({ ...config.quarantine, unless: IS_EVIDENCE }),
      accessesChore(config.accesses),
    ],
    recovery: {
      topics: [topics.routing],
      recover: () => recovery.run(),
      onDone: () => {
        recovered.resolve(undefined);
      },
    },
    onPoison: async (record, error) => {
      const refused = [{ origin: record, bytes: record.value, headers: record.headers, error }];
      await node.work.run((tx) => parkRecords(tx, refused, { now: systemClock.now(), ids: systemIds }));
      return park(error.code);
    },
    openApi: { title: 'Re.Se.T. hub router', version: '1.0' },
    peer: { ...config.peer, tls: config.tls },
    close: async () => {
      for (const one of started) await one.close();
    },
  });
  const { work, registry, logger } = node;
  const parts = { work, registry, logger, clock: systemClock, tls: config.tls };
  const healing = new GapHealing({
    ...parts,
    ...config.gaps,
    route: running.http.app.get(RouteBatch, { strict: false }),
  });
  started.push(healing);
  // What it places it would place a second time, if this database does not know yet that it has.
  void recovered.promise.then(() => {
    healing.start();
  });
  return running;
});
