import { createServer } from 'node:net';
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
  for (let port = Number(wanted ?? 0); ; port = 0) {
    const free = await listenOnce(port);
    if (free !== undefined && !taken.includes(free)) return free;
  }
}

/** The port if a server could listen on it now (0: one that the system chose), otherwise undefined. */
function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' ? address?.port : undefined);
      });
    });
  });
}
