import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Announcement } from './announcement.ts';
import type { Network } from './network-file.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'announcement-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const network = (routerPid: number): Network => ({ home, router: { pid: routerPid } }) as Network;
const written = async (): Promise<Network> =>
  JSON.parse(await readFile(join(home, 'network.json'), 'utf8')) as Network;

describe('what a network says of itself', () => {
  it('is what runs last, whole, when nodes come back in the same moment', async () => {
    const announcement = new Announcement(home);
    let pid = 0;
    await Promise.all(Array.from({ length: 20 }, () => announcement.publish(() => network(++pid))));
    expect(await written()).toEqual(network(20));
    expect(await readdir(home)).toEqual(['network.json']);
  });

  it('can be said again after it could not be written', async () => {
    const announcement = new Announcement(home);
    const unwritable = { ...network(1), home: join(home, 'nowhere') };
    const [failed] = await Promise.allSettled([
      announcement.publish(() => unwritable),
      announcement.publish(() => network(2)),
    ]);
    expect(failed).toMatchObject({ status: 'rejected', reason: { code: 'ENOENT' } });
    expect(await written()).toEqual(network(2));
  });

  it('does not come back once it was taken back', async () => {
    const announcement = new Announcement(home);
    const late = announcement.publish(() => network(1));
    await announcement.withdraw();
    await late;
    await announcement.publish(() => network(2));
    expect(await readdir(home)).toEqual([]);
  });
});
