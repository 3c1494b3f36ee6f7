import { createServer } from 'node:net';
import { HubError } from '#errors';

/**
 * Below what systems give to outgoing connections (Linux: from 32768 on, others from 49152): a port that is free now is
 * still free when somebody listens on it a second later.
 */
const FIRST = 20_000;
const COUNT = 12_000;
/** Processes that look at the same time begin in places of their own. */
const APART = 64;
let next = (process.pid * APART) % COUNT;

/** True if a server could listen on that port of the loopback address now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/**
 * A port of the loopback address that is free, and that this process has not been given before the others.
 * @throws HubError `PORT_UNAVAILABLE` if there is none
 */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < COUNT; tried += 1) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if (await isFree(port)) return port;
  }
  throw new HubError('PORT_UNAVAILABLE', `no port from ${FIRST} to ${FIRST + COUNT - 1} is free`);
}

/** The wanted port while it is free, otherwise another one: a restart keeps its address when it can. */
export async function portLike(wanted: number | undefined): Promise<number> {
  return wanted !== undefined && (await isFree(wanted)) ? wanted : await freePort();
}
