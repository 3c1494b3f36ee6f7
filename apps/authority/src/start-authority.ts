import { parseIpaCode, topics } from '#contracts';
import { FileDocumentStore } from '#documents';
import { park } from '#messaging';
import { openNode, startNode, type NodeConfig } from '#node';
import { systemClock, systemIds, type LoadedConfig, type Running } from '#platform';
import { AUTHORITY_CONFIG } from './authority-config.ts';
import { AuthorityModule } from './authority.module.ts';
import { DocumentFetching } from './documents/document-fetching.ts';
import { FeedBell } from './feed/feed-bell.ts';
import { forgetOldAnswers } from './idempotency/answer-once.ts';
import { parkLocally } from './inbox/park-locally.ts';
import type { NodeParts } from './node-parts.ts';
import { OPEN_API } from './open-api.ts';
import { CreateAuthority1767225602001 } from './store/create-authority.ts';

/** How often answers past their time are forgotten, milliseconds. */
const HOUSEKEEPING_MS = 3_600_000;

/** Opens a public body's node and puts it into service. */
export async function startAuthority(
  config: NodeConfig & LoadedConfig<typeof AUTHORITY_CONFIG>,
): Promise<Running> {
  const node = await openNode(config, [CreateAuthority1767225602001]);
  const documents = new FileDocumentStore({ root: config.documents.dir });
  await documents.start();
  const parts: NodeParts = {
    ipa: parseIpaCode(node.name),
    work: node.work,
    registry: node.registry,
    signer: node.signer,
    documents,
    clock: systemClock,
    ids: systemIds,
  };
  const fetching = new DocumentFetching(parts, config.tls, node.logger);
  const bell = new FeedBell(config.identity.DATABASE_URL);
  await bell.open();
  const housekeeping = setInterval(() => {
    node.work
      .run((tx) => forgetOldAnswers(tx, systemClock.now()))
      .catch((error: unknown) => {
        node.logger.warn({ err: error }, 'old answers could not be forgotten');
      });
  }, HOUSEKEEPING_MS);
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
      clearInterval(housekeeping);
      await fetching.close();
      await bell.close();
    },
  });
  fetching.start();
  return running;
}
