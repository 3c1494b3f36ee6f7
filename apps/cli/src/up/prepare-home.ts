import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { HubError } from '#errors';
import { placesIn } from '../network/home.ts';

const marker = z.object({
  network: z.string(),
  /** Tells this folder's databases and log from those of another with the same network. */
  id: z.string().regex(/^[0-9a-f]{8}$/),
});
export type HomeMarker = z.output<typeof marker>;

/**
 * Makes the folder if need be, and refuses one that holds somebody else's data.
 * @throws HubError `HOME_NOT_OURS`
 */
export async function claimHome(home: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const { marker: markerFile, lock } = placesIn(home);
  const names = (await readdir(home)).filter((name) => name !== basename(lock));
  if (names.length === 0 || names.includes(basename(markerFile))) return;
  throw new HubError('HOME_NOT_OURS', `${home} is not empty, and has no ${basename(markerFile)}`);
}

/** Deletes what an earlier network left in a folder that `claimHome` took; the lock stays. */
export async function emptyHome(home: string): Promise<void> {
  const { marker: markerFile, lock } = placesIn(home);
  const names = (await readdir(home)).filter(
    (name) => name !== basename(lock) && name !== basename(markerFile),
  );
  await Promise.all(names.map(async (name) => rm(join(home, name), { recursive: true, force: true })));
  // Last: a folder that was emptied half-way is still recognised as ours.
  await rm(markerFile, { force: true });
}

/**
 * Marks the folder as that of `network`, or reads its mark.
 * @throws HubError `HOME_OF_ANOTHER_NETWORK`
 */
export async function markHome(home: string, network: string): Promise<HomeMarker> {
  const path = placesIn(home).marker;
  const known = await readMarker(path);
  if (known === undefined) {
    const made = { network, id: randomBytes(4).toString('hex') };
    await writeFile(path, `${JSON.stringify(made)}\n`);
    return made;
  }
  if (known.network === network) return known;
  throw new HubError('HOME_OF_ANOTHER_NETWORK', `${home} is of ${known.network}, not of ${network}`);
}

async function readMarker(path: string): Promise<HomeMarker | undefined> {
  try {
    return marker.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
