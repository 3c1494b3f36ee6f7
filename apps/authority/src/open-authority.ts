import type { X509Certificate } from 'node:crypto';
import { AccessLog } from '#access-log';
import { ActionLog } from '#actions';
import { parseIpaCode, topics } from '#contracts';
import { FileDocumentStore } from '#documents';
import type { Chore, NodeConfig, OpenNode } from '#node';
import { diskStep, readPem, systemClock, systemIds, type LoadedConfig } from '#platform';
import { ownTopicsApart, REGISTRY_APART, type StreamsParts } from '#streams';
import type { AUTHORITY_CONFIG } from './authority-config.ts';
import type { AuthorityParts } from './authority.module.ts';
import { DocumentFetching } from './documents/document-fetching.ts';
import { LostDocuments } from './documents/lost-documents.ts';
import { SignatureChecking } from './documents/signature-checking.ts';
import { UnnamedDocuments } from './documents/unnamed-documents.ts';
import { FeedBell } from './feed/feed-bell.ts';
import { GapHealing } from './gaps/gap-healing.ts';
import { JudgeFetched } from './gaps/judge-fetched.ts';
import { ReceiveBatch } from './inbox/receive-batch.ts';
import type { NodeParts } from './node-parts.ts';
import { OutboxBound } from './practices/outbox-bound.ts';
import { Reconciling } from './reconciliation/reconciling.ts';
import { RecoverAuthority } from './recovery/recover-authority.ts';
import { WebhookClient } from './webhooks/webhook-client.ts';
import type { WebhookParts } from './webhooks/webhook-parts.ts';
import { WebhookSender } from './webhooks/webhook-sender.ts';
import { readWitness } from './witness/witness-config.ts';
import { WitnessReports } from './witness/witness-reports.ts';

export type AuthorityConfig = NodeConfig & LoadedConfig<typeof AUTHORITY_CONFIG>;

/** What a public body's node holds open beside what every node does, and what it does in the background. */
export interface OpenAuthority {
  readonly authority: AuthorityParts;
  readonly recovery: RecoverAuthority;
  /** Done once an hour, once the database names every document that there is. */
  readonly housekeeping: readonly Chore[];
  /** Checks signatures in documents: nothing depends on it, so that it may begin at once. */
  readonly startChecking: () => void;
  /** Begins what writes: only when the node knows what it has published. */
  readonly startWriting: () => void;
  readonly close: () => Promise<void>;
}

/** Opens the parts of a public body's node over an open node; nothing runs yet. */
export async function openAuthority(
  config: AuthorityConfig,
  node: OpenNode,
  anchors: readonly X509Certificate[],
): Promise<OpenAuthority> {
  const documents = new FileDocumentStore({ root: config.documents.dir, onDiskStep: diskStep });
  const parts = partsOf(config, node, documents);
  const bell = new FeedBell(node.work, config.identity.DATABASE_URL);
  const { tls } = config;
  const { connection, reader, logger } = node;
  const fetching = new DocumentFetching(parts, tls, logger);
  const taken = (): void => {
    fetching.wake();
  };
  const found = (): void => {
    fetching.wakeLost();
  };
  const lost = new LostDocuments({ parts, found, logger });
  const checking = new SignatureChecking({ parts, anchors, logger });
  const webhooks = openWebhooks(config, node, parts, bell);
  const judge = new JudgeFetched(parts, new ReceiveBatch(parts));
  const healing = new GapHealing({ parts, tls, ...config.gaps, logger, judge, taken });
  const reconciling = new Reconciling({ parts, tls, taken, settings: config.reconcile, logger });
  const outbox = new OutboxBound(node.work, config.outbox, () => node.relay.error?.code ?? null);
  const limits = { fileBytes: config.documents.maxFileBytes };
  const { auditor } = config;
  const settings = readWitness(config.witness);
  const vkey = settings?.cosigner.verifier.vkey ?? null;
  const witness = { settings, reports: new WitnessReports({ parts, vkey, logger }) };
  const unnamed = new UnnamedDocuments(documents, node.work, logger);
  await documents.start();
  await bell.open();
  return {
    authority: {
      ...{ node: parts, limits, auditor, fetching, bell, outbox, webhooks, reconciling, lost, witness },
      streams: streamsOf(node, parts),
    },
    recovery: new RecoverAuthority({ parts, connection, reader, logger, auditor }),
    housekeeping: [
      () => unnamed.sweep(),
      () => {
        lost.checkDaily();
        return Promise.resolve();
      },
    ],
    startChecking: () => {
      checking.start();
    },
    startWriting: () => {
      fetching.start();
      lost.checkSoon();
      healing.start();
      reconciling.start();
      webhooks.sender.start();
      witness.reports.start();
    },
    close: async () => {
      await witness.reports.close();
      await healing.close();
      await reconciling.close();
      await lost.close();
      await fetching.close();
      await checking.close();
      await webhooks.sender.close();
      await webhooks.client.close();
      await bell.close();
    },
  };
}

function partsOf(config: AuthorityConfig, node: OpenNode, documents: FileDocumentStore): NodeParts {
  return {
    ipa: parseIpaCode(node.name),
    work: node.work,
    registry: node.registry,
    signer: node.signer,
    verifier: node.verifier,
    documents,
    clock: systemClock,
    ids: systemIds,
    accesses: new AccessLog({ node: node.name, clock: systemClock, ids: systemIds }),
    logger: node.logger,
    protocol: config.protocol,
  };
}

function streamsOf({ connection, streams }: OpenNode, parts: NodeParts): StreamsParts {
  const { ipa, work, clock, ids, signer } = parts;
  return {
    ...{ at: ipa, work, clock, ids, connection, streams },
    actions: new ActionLog({ role: 'authority', signer, clock, ids }),
    apart: [REGISTRY_APART, ownTopicsApart([topics.outbox(ipa), topics.said(ipa)])],
  };
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
