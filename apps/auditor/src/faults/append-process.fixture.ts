/**
 * An instance of the log in a process of its own. When it is told to begin it writes the log and keeps it as files, until it
 * is killed, or told to end.
 */
import { createDataSource, UnitOfWork } from '#persistence';
import { createLogger, followFaultOrders } from '#platform';
import { parseSkey } from '#tlog';
import { KeepFiles } from '../files/keep-files.ts';
import { LogWriter } from '../log/log-writer.ts';

const [url = '', orders = '', path = '', skey = '', leaseTtlMs = ''] = process.argv.slice(2);
followFaultOrders(orders);
const logger = createLogger('test', { level: 'silent' });
// The spec has made the tables.
const source = await createDataSource({ url, name: 'auditor', migrations: [] });
const work = new UnitOfWork(source);
const signer = parseSkey(skey);
let close = (): Promise<unknown> => Promise.resolve();

async function begin(): Promise<void> {
  const config = { check: 'files', path, entries: true };
  const folder = KeepFiles.of(config, { work, key: signer.verifier, logger });
  const writer = await LogWriter.open({
    ...{ work, url, signer, logger, holder: `auditor/${process.pid}`, leaseTtlMs: Number(leaseTtlMs) },
    mayWrite: (tx) => folder.requireSameHistory(tx),
  });
  for (const one of [writer, folder]) one.start();
  close = () => Promise.all([writer.close(), folder.close()]);
}

async function end(): Promise<void> {
  await close();
  await source.destroy();
  process.disconnect();
}

process.on('message', (told) => {
  (told === 'begin' ? begin() : end()).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.send?.('ready');
