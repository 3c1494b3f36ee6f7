import { topics } from '#contracts';
import { park } from '#messaging';
import { loadNodeConfig, openNode, startNode } from '#node';
import { runProcess, systemClock, systemIds } from '#platform';
import { CreateQuarantine1767225600030 } from '#quarantine';
import { parkRecords } from './quarantine/park-records.ts';
import { RouterModule } from './router.module.ts';
import { CreateRouting1767225601001 } from './store/create-routing.ts';

runProcess('router', async () => {
  const config = loadNodeConfig({}, process.env);
  const node = await openNode(config, [CreateQuarantine1767225600030, CreateRouting1767225601001]);
  return startNode({
    config,
    node,
    module: RouterModule,
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
  });
});
