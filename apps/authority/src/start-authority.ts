import { accessesChore } from '#access-log';
import { topics } from '#contracts';
import { watchEquivocations } from '#equivocations';
import { park } from '#messaging';
import { openNode, startNode } from '#node';
import type { Running } from '#platform';
import { quarantineChore } from '#quarantine';
import { AuthorityModule } from './authority.module.ts';
import { loadTrustAnchors } from './documents/load-trust-anchors.ts';
import { watchLost } from './documents/watch-lost.ts';
import { feedChores } from './feed/keep-feed.ts';
import { watchGaps } from './gaps/watch-gaps.ts';
import { parkLocally } from './inbox/park-locally.ts';
import { openAuthority, type AuthorityConfig } from './open-authority.ts';
import { OPEN_API } from './open-api.ts';
import { intakeHealth } from './practices/intake-health.ts';
import { watchLostNumbers } from './protocol/watch-lost-numbers.ts';
import { watchWitness } from './witness/watch-witness.ts';
import { reconciliationChore } from './reconciliation/prune-reconciliations.ts';
import { untilReadAgain } from './recovery/read-again.ts';
import { AUTHORITY_MIGRATIONS } from './store/migrations.ts';

/** Opens a public body's node and puts it into service. */
export async function startAuthority(config: AuthorityConfig): Promise<Running> {
  const anchors = await loadTrustAnchors(config.documents.trustAnchors);
  const node = await openNode(config, AUTHORITY_MIGRATIONS);
  const open = await openAuthority(config, node, anchors);
  const { authority, recovery } = open;
  const parts = authority.node;
  const group = `${node.name}.inbox`;
  const running = await startNode({
    config,
    node,
    module: AuthorityModule.of(authority),
    housekeeping: [
      ...feedChores(config.feed),
      quarantineChore(config.quarantine),
      accessesChore(config.accesses),
      reconciliationChore(config.reconciliations),
    ],
    probes: (health) => {
      intakeHealth(health, authority.outbox);
      watchGaps(health, node);
      watchLost(health, node);
      watchLostNumbers(health, node);
      watchEquivocations(health, node);
      if (authority.witness.settings !== null) watchWitness(health, node);
    },
    streams: [{ stream: 'inbox', topics: [topics.inbox(parts.ipa)], group }],
    recovery: {
      topics: [topics.outbox(parts.ipa), topics.said(parts.ipa)],
      recover: () => recovery.run(),
      readAgain: (signal) => untilReadAgain({ ...node, parts, group }, signal),
      onDone: open.startWriting,
      housekeeping: open.housekeeping,
    },
    onPoison: async (record, error) => {
      await node.work.run((tx) => parkLocally(tx, parts, { record, error }));
      return park(error.code);
    },
    openApi: OPEN_API,
    peer: { ...config.peer, tls: config.tls },
    close: open.close,
  });
  open.startChecking();
  return running;
}
