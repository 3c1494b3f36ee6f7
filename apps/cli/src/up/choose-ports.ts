import { freePort, portLike } from '#embedded';
import { readRemembered, remember } from './remembered.ts';

/** A port of the loopback address for each name: the one of last time while it is free, or another free one. */
export async function choosePorts(
  path: string,
  names: readonly string[],
): Promise<Readonly<Record<string, number>>> {
  const before = await readRemembered(path);
  const chosen: Record<string, number> = {};
  for (const name of names) chosen[name] = await portOf(before[name], Object.values(chosen));
  await remember(path, chosen);
  return chosen;
}

async function portOf(wanted: string | number | undefined, taken: readonly number[]): Promise<number> {
  let port = await portLike(wanted === undefined ? undefined : Number(wanted));
  while (taken.includes(port)) port = await freePort();
  return port;
}
