/** An auditor that packs its archive, in a process of its own, until there is nothing left or it is killed. */
import { writePack } from '#audit';
import { createDataSource, UnitOfWork } from '#persistence';
import { followFaultOrders } from '#platform';
import { PackArchive } from './pack-archive.ts';

const [url = '', orders = '', dies = ''] = process.argv.slice(2);
followFaultOrders(orders);
// The spec has made the tables.
const source = await createDataSource({ url, name: 'auditor', migrations: [] });
const archive = new PackArchive({
  work: new UnitOfWork(source),
  fenced: () => Promise.resolve(),
  write: async (items) => {
    if (dies === 'before-write') process.kill(process.pid, 'SIGKILL');
    const pack = await writePack(items);
    if (dies === 'after-write') process.kill(process.pid, 'SIGKILL');
    return pack;
  },
});
while ((await archive.step()) === 'packed');
await source.destroy();
