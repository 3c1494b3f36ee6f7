import { topics } from '#contracts';
import { park } from '#messaging';
import { watchEquivocations } from '#equivocations';
import { loadNodeConfig, openNode, startNode } from '#node';
import { HealthRegistry, peerHttpConfig, runProcess, systemClock, systemIds } from '#platform';
import { crashConfig, crashPoints } from './crash-points.ts';
import { GapHealing } from './gaps/gap-healing.ts';
import { gapsConfig } from './gaps/gaps-config.ts';
import { watchWaiting } from './gaps/watch-waiting.ts';
import { parkRecords } from './quarantine/park-records.ts';
import { RouterModule } from './router.module.ts';
import { RouteBatch } from './routing/route-batch.ts';
import { ROUTER_MIGRATIONS } from './store/migrations.ts';

runProcess('router', async () => {
  const config = loadNodeConfig({ crash: crashConfig, peer: peerHttpConfig, gaps: gapsConfig }, process.env);
  const node = await openNode(config, ROUTER_MIGRATIONS);
  let healing: GapHealing | undefined;
  const running = await startNode({
    config,
    node,
    module: RouterModule.of(crashPoints(config.crash.CRASH_AT, config.crash.CRASH_ONCE_FILE)),
    streams: [
      {
        stream: 'outboxes',
        topics: () => node.registry.members().map(({ ipa }) => topics.outbox(ipa)),
        group: `${node.name}.outboxes`,
      },
      { stream: 'receipts', topics: [topics.receipts], group: `${node.name}.receipts` },
    ],
    onPoison: async (record, error) => {
      const refused = [{ origin: record, bytes: record.value, headers: record.headers, error }];
      await node.work.run((tx) => parkRecords(tx, refused, { now: systemClock.now(), ids: systemIds }));
      return park(error.code);
    },
    openApi: { title: 'Re.Se.T. hub router', version: '1.0' },
    peer: { ...config.peer, tls: config.tls },
    close: async () => {
      await healing?.close();
    },
  });
  const { app } = running.http;
  watchWaiting(app.get(HealthRegistry), node);
  watchEquivocations(app.get(HealthRegistry), node);
  const { work, registry, logger } = node;
  const parts = { work, registry, logger, clock: systemClock, tls: config.tls };
  healing = new GapHealing({ ...parts, ...config.gaps, route: app.get(RouteBatch, { strict: false }) });
  healing.start();
  return running;
});
