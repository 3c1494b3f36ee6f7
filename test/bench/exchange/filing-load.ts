/** A process that files in an author's name, on the author's own database: the node itself relays and receives. */
import { parseIpaCode } from '#contracts';
import { FileDocumentStore } from '#documents';
import { loadNodeConfig, openNode } from '#node';
import { systemClock, systemIds } from '#platform';
import { AUTHORITY_CONFIG } from '../../../apps/authority/src/authority-config.ts';
import type { NodeParts } from '../../../apps/authority/src/node-parts.ts';
import { FilePractice } from '../../../apps/authority/src/practices/file-practice.ts';
import { formOf, readExampleForm } from './catalogue.ts';
import { say, untilReleased } from './children.ts';
import { fileOne } from './filing.ts';
import { serveLoad } from './load.ts';

/** Calls at once: a desk and some partner systems; the pool has five connections. */
const CALLERS = 16;

const config = loadNodeConfig(AUTHORITY_CONFIG, process.env);
const node = await openNode(config, []);
const parts: NodeParts = {
  ipa: parseIpaCode(node.name),
  work: node.work,
  registry: node.registry,
  signer: node.signer,
  verifier: node.verifier,
  documents: new FileDocumentStore({ root: config.documents.dir }),
  clock: systemClock,
  ids: systemIds,
  protocol: config.protocol,
};
const useCase = new FilePractice(parts);
const form = formOf(await readExampleForm(), node.name);
serveLoad(CALLERS, async () => {
  await fileOne(parts, useCase, form);
  return 1;
});
untilReleased(() => node.close());
say({ kind: 'ready' });
