import { parseIpaCode, topics } from '#contracts';
import { FileDocumentStore } from '#documents';
import { watchEquivocations } from '#equivocations';
import { park } from '#messaging';
import { openNode, startNode, type NodeConfig, type OpenNode } from '#node';
import { HealthRegistry, readPem, systemClock, systemIds, type LoadedConfig, type Running } from '#platform';
import type { AUTHORITY_CONFIG } from './authority-config.ts';
import { AuthorityModule } from './authority.module.ts';
import { DocumentFetching } from './documents/document-fetching.ts';
import { loadTrustAnchors } from './documents/load-trust-anchors.ts';
import { SignatureChecking } from './documents/signature-checking.ts';
import { UnnamedDocuments } from './documents/unnamed-documents.ts';
import { FeedBell } from './feed/feed-bell.ts';
import { feedChores } from './feed/keep-feed.ts';
import { GapHealing } from './gaps/gap-healing.ts';
import { JudgeFetched } from './gaps/judge-fetched.ts';
import { watchGaps } from './gaps/watch-gaps.ts';
import { parkLocally } from './inbox/park-locally.ts';
import { ReceiveBatch } from './inbox/receive-batch.ts';
import { AUTHORITY_MIGRATIONS } from './store/migrations.ts';
import type { NodeParts } from './node-parts.ts';
import { OPEN_API } from './open-api.ts';
import { intakeHealth } from './practices/intake-health.ts';
import { OutboxBound } from './practices/outbox-bound.ts';
import { RecoverAuthority } from './recovery/recover-authority.ts';
import { WebhookClient } from './webhooks/webhook-client.ts';
import type { WebhookParts } from './webhooks/webhook-parts.ts';
import { WebhookSender } from './webhooks/webhook-sender.ts';

/** How often what is past its time is cleared away, milliseconds. */
const HOUSEKEEPING_MS = 3_600_000;

export type AuthorityConfig = NodeConfig & LoadedConfig<typeof AUTHORITY_CONFIG>;

/** Opens a public body's node and puts it into service. */
export async function startAuthority(config: AuthorityConfig): Promise<Running> {
  const anchors = await loadTrustAnchors(config.documents.trustAnchors);
  const node = await openNode(config, AUTHORITY_MIGRATIONS);
  const documents = new FileDocumentStore({ root: config.documents.dir });
  const parts: NodeParts = {
    ipa: parseIpaCode(node.name),
    work: node.work,
    registry: node.registry,
    signer: node.signer,
    verifier: node.verifier,
    documents,
    clock: systemClock,
    ids: systemIds,
    logger: node.logger,
    protocol: config.protocol,
  };
  const bell = new FeedBell(config.identity.DATABASE_URL);
  const fetching = new DocumentFetching(parts, config.tls, node.logger);
  const outbox = new OutboxBound(node.work, config.outbox, () => node.relay.error?.code ?? null);
  const checking = new SignatureChecking({ parts, anchors, logger: node.logger });
  const webhooks = openWebhooks(config, node, parts, bell);
  const healing = new GapHealing({
    ...{ parts, tls: config.tls, ...config.gaps, logger: node.logger },
    judge: new JudgeFetched(parts, new ReceiveBatch(parts)),
    taken: () => {
      fetching.wake();
    },
  });
  await documents.start();
  await bell.open();
  const { connection, reader, logger } = node;
  const recovery = new RecoverAuthority({ parts, connection, reader, logger, auditor: config.auditor });
  let endHousekeeping = (): void => undefined;
  const running = await startNode({
    config,
    node,
    module: AuthorityModule.of({
      node: parts,
      limits: { fileBytes: config.documents.maxFileBytes },
      auditor: config.auditor,
      fetching,
      bell,
      outbox,
      webhooks,
    }),
    housekeeping: feedChores(config.feed),
    probes: (health) => {
      intakeHealth(health, outbox);
    },
    streams: [{ stream: 'inbox', topics: [topics.inbox(parts.ipa)], group: `${node.name}.inbox` }],
    recovery: {
      topics: [topics.outbox(parts.ipa), topics.said(parts.ipa)],
      recover: () => recovery.run(),
      onDone: () => {
        fetching.start();
        healing.start();
        webhooks.sender.start();
        // A restored database does not name the newest documents yet: nothing may be cleared away before it does.
        endHousekeeping = keepHouse(node, documents);
      },
    },
    onPoison: async (record, error) => {
      await node.work.run((tx) => parkLocally(tx, parts, { record, error }));
      return park(error.code);
    },
    openApi: OPEN_API,
    peer: { ...config.peer, tls: config.tls },
    close: async () => {
      endHousekeeping();
      await healing.close();
      await fetching.close();
      await checking.close();
      await webhooks.sender.close();
      await webhooks.client.close();
      await bell.close();
    },
  });
  watchGaps(running.http.app.get(HealthRegistry), node);
  watchEquivocations(running.http.app.get(HealthRegistry), node);
  checking.start();
  return running;
}

function openWebhooks(
  { webhooks: { allowedAddresses, ca } }: AuthorityConfig,
  { name, logger }: OpenNode,
  parts: NodeParts,
  bell: FeedBell,
): WebhookParts {
  const client = new WebhookClient({ allowedAddresses, ca: ca === null ? null : readPem(ca) });
  const holder = `${name}/${systemIds.uuid()}`;
  return { client, sender: new WebhookSender({ parts, bell, client, holder, logger }) };
}

/** Deletes what crashed requests left in the store, once an hour. */
function keepHouse(node: OpenNode, documents: FileDocumentStore): () => void {
  const unnamed = new UnnamedDocuments(documents, node.work);
  const clear = async (): Promise<void> => {
    const deleted = await unnamed.sweep();
    if (deleted > 0) node.logger.warn({ deleted }, 'documents of requests that never ended were deleted');
  };
  const timer = setInterval(() => {
    clear().catch((error: unknown) => {
      node.logger.warn({ err: error }, 'housekeeping failed');
    });
  }, HOUSEKEEPING_MS);
  return () => {
    clearInterval(timer);
  };
}
