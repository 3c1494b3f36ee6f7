/**
 * A process that files in authors' names, on the authors' own databases. The first author's node runs, and relays and
 * receives; of the others there is only this process, which relays for them.
 */
import { AccessLog } from '#access-log';
import { parseIpaCode } from '#contracts';
import { FileDocumentStore } from '#documents';
import { loadNodeConfig, openNode, type OpenNode } from '#node';
import { systemClock, systemIds } from '#platform';
import { AUTHORITY_CONFIG } from '../../../apps/authority/src/authority-config.ts';
import type { NodeParts } from '../../../apps/authority/src/node-parts.ts';
import { formOf, readExampleForm } from './catalogue.ts';
import { given, say, untilReleased } from './children.ts';
import { Filer } from './filing.ts';
import { serveLoad } from './load.ts';

const { authors } = given() as { readonly authors: readonly string[] };
const example = await readExampleForm();
const nodes: OpenNode[] = [];
const filers: (() => Promise<void>)[] = [];
for (const author of authors) await open(author);
let next = 0;
serveLoad(async () => {
  next = (next + 1) % filers.length;
  await filers[next]?.();
  return 1;
});
untilReleased(async () => {
  await Promise.all(nodes.map((node) => node.close()));
});
say({ kind: 'ready' });

async function open(author: string): Promise<void> {
  const config = loadNodeConfig(AUTHORITY_CONFIG, environmentOf(author));
  const node = await openNode(config, []);
  if (nodes.length > 0) node.relay.start();
  nodes.push(node);
  const parts: NodeParts = {
    ipa: parseIpaCode(node.name),
    work: node.work,
    registry: node.registry,
    signer: node.signer,
    verifier: node.verifier,
    documents: new FileDocumentStore({ root: config.documents.dir }),
    clock: systemClock,
    ids: systemIds,
    accesses: new AccessLog({ node: node.name, clock: systemClock, ids: systemIds }),
    logger: node.logger,
    protocol: config.protocol,
  };
  const filer = new Filer(parts);
  const form = formOf(example, author);
  filers.push(() => filer.file(form));
}

/**
 * The first author's, with another name in every path, address and identity. No threads: own events are few. No witness: it
 * only files.
 */
function environmentOf(author: string): Record<string, string> {
  const [first = author] = authors;
  const pairs = Object.entries(process.env)
    .filter(([name]) => !name.startsWith('WITNESS_'))
    .map(([name, value]) => [name, value?.replaceAll(first, author)]);
  return { ...(Object.fromEntries(pairs) as Record<string, string>), VERIFIER_THREADS: '0' };
}
