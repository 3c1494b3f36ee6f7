/** A node's destroying of documents in a process of its own, until it is done or killed where its orders say. */
import { readFile } from 'node:fs/promises';
import { FileDocumentStore, FileKeyStore, FileMasterKey } from '#documents';
import { pemSigner } from '#evidence';
import { createDataSource, UnitOfWork } from '#persistence';
import { followFaultOrders, systemClock, systemIds } from '#platform';
import { DestroyDocuments } from './destroy-documents.ts';

const [url = '', orders = '', home = '', keysFolder = '', certFile = '', keyFile = ''] =
  process.argv.slice(2);
followFaultOrders(orders);
// The spec has made the tables.
const source = await createDataSource({ url, name: 'authority', migrations: [] });
const keys = new FileKeyStore({
  root: keysFolder,
  master: new FileMasterKey(`${keysFolder}/master`),
});
const node = {
  work: new UnitOfWork(source),
  signer: pemSigner(await readFile(certFile, 'utf8'), await readFile(keyFile, 'utf8')),
  documents: new FileDocumentStore({ root: home, keys }),
  clock: systemClock,
  ids: systemIds,
};
await new DestroyDocuments(node, keys).run();
await source.destroy();
