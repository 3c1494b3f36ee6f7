import { parseIpaCode, topics } from '#contracts';
import { FileDocumentStore } from '#documents';
import { park } from '#messaging';
import { openNode, startNode, type NodeConfig, type OpenNode } from '#node';
import { diskStep, systemClock, systemIds, type LoadedConfig, type Running } from '#platform';
import { CreateQuarantine1767225600030 } from '#quarantine';
import type { AUTHORITY_CONFIG } from './authority-config.ts';
import { AuthorityModule } from './authority.module.ts';
import { DocumentFetching } from './documents/document-fetching.ts';
import { loadTrustAnchors } from './documents/load-trust-anchors.ts';
import { SignatureChecking } from './documents/signature-checking.ts';
import { UnnamedDocuments } from './documents/unnamed-documents.ts';
import { FeedBell } from './feed/feed-bell.ts';
import { parkLocally } from './inbox/park-locally.ts';
import type { NodeParts } from './node-parts.ts';
import { OPEN_API } from './open-api.ts';
import { CreateProtocol1767225602002 } from './protocol/create-protocol.ts';
import { CreateAuthority1767225602001 } from './store/create-authority.ts';

/** How often what is past its time is cleared away, milliseconds. */
const HOUSEKEEPING_MS = 3_600_000;

export type AuthorityConfig = NodeConfig & LoadedConfig<typeof AUTHORITY_CONFIG>;

/** Opens a public body's node and puts it into service. */
export async function startAuthority(config: AuthorityConfig): Promise<Running> {
  const anchors = await loadTrustAnchors(config.documents.trustAnchors);
  const node = await openNode(config, [
    CreateQuarantine1767225600030,
    CreateAuthority1767225602001,
    CreateProtocol1767225602002,
  ]);
  const documents = new FileDocumentStore({ root: config.documents.dir, onDiskStep: diskStep });
  const parts: NodeParts = {
    ipa: parseIpaCode(node.name),
    work: node.work,
    registry: node.registry,
    signer: node.signer,
    verifier: node.verifier,
    documents,
    clock: systemClock,
    ids: systemIds,
    protocol: config.protocol,
  };
  const bell = new FeedBell(config.identity.DATABASE_URL);
  const fetching = new DocumentFetching(parts, config.tls, node.logger);
  const checking = new SignatureChecking({ parts, anchors, logger: node.logger });
  await documents.start();
  await bell.open();
  const endHousekeeping = keepHouse(node, documents);
  const running = await startNode({
    config,
    node,
    module: AuthorityModule.of({
      node: parts,
      limits: { fileBytes: config.documents.maxFileBytes },
      auditor: config.auditor,
      fetching,
      bell,
    }),
    streams: [{ stream: 'inbox', topics: [topics.inbox(parts.ipa)], group: `${node.name}.inbox` }],
    onPoison: async (record, error) => {
      await node.work.run((tx) => parkLocally(tx, record, error, systemIds.uuidv7(), systemClock.now()));
      return park(error.code);
    },
    openApi: OPEN_API,
    peer: { ...config.peer, tls: config.tls },
    close: async () => {
      endHousekeeping();
      await fetching.close();
      await checking.close();
      await bell.close();
    },
  });
  fetching.start();
  checking.start();
  return running;
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
