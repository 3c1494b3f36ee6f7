import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RestClient } from './rest-client.ts';

const servers: ReturnType<typeof createServer>[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A node that ends every connection under its second request, or a POST, and keeps what it was asked. */
async function closing(): Promise<{ readonly client: RestClient; readonly seen: string[] }> {
  const seen: string[] = [];
  const used = new WeakSet<Socket>();
  const server = createServer((request, response) => {
    seen.push(request.method ?? '');
    if (request.method === 'POST' || used.has(request.socket)) {
      request.socket.destroy();
      return;
    }
    used.add(request.socket);
    request.resume().once('end', () => response.end('{}'));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { client: new RestClient('node', `http://127.0.0.1:${port}`, 'token'), seen };
}

describe('a node that closes the connection that was kept', () => {
  it('is asked again what has no effect, and told nothing twice', async () => {
    const { client, seen } = await closing();
    for (let n = 0; n < 3; n += 1) expect(await client.get('/v1/x', z.object({}))).toEqual({});
    expect(seen.length).toBeGreaterThan(3);
    seen.length = 0;
    await expect(client.post('/v1/x', z.object({}))).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
    expect(seen).toEqual(['POST']);
  });
});
