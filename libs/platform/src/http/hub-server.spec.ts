import type { RequestListener, Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterEach, describe, expect, it } from 'vitest';

import { systemIds } from '../ids.ts';

import { createServer, listen, type ArrivalLimits } from './hub-server.ts';

const PATIENT: ArrivalLimits = {
  headersMs: 60_000,
  wholeMs: 60_000,
  silenceMs: 60_000,
  answeredMs: 60_000,
};
const LOCAL = { host: '127.0.0.1', port: 0 };
const POST = 'POST / HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: 10\r\n\r\n';
const open: Server[] = [];

/** Answers when the whole body is there. */
const countBody: RequestListener = (request, response) => {
  void text(request).then(
    (body) => response.end(`got ${body.length}`),
    () => undefined,
  );
};
/** Answers at once, and reads on. */
const refuse: RequestListener = (request, response) => {
  response.end('refused');
  request.resume();
};

async function sending(listener: RequestListener, limits: Partial<ArrivalLimits>): Promise<Socket> {
  const server = createServer(LOCAL, listener, systemIds, { ...PATIENT, ...limits });
  open.push(server);
  const { hostname, port } = new URL(await listen(server, LOCAL));
  return connect({ host: hostname, port: Number(port) });
}

afterEach(() => {
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

describe('a request', () => {
  it('may take hours to arrive, its headers a minute', () => {
    const server = createServer(LOCAL, countBody, systemIds);
    expect(server.requestTimeout).toBeGreaterThan(4 * 3_600_000);
    expect(server.headersTimeout).toBe(60_000);
  });

  it('whose body falls silent is cut off', async () => {
    const socket = await sending(countBody, { silenceMs: 50 });
    socket.on('error', () => undefined);
    socket.write(`${POST}xxx`);
    expect(await text(socket).catch(() => '')).toBe('');
    expect(socket.closed || socket.readableEnded).toBe(true);
  });

  it('that goes on after its answer is cut off', async () => {
    const socket = await sending(refuse, { answeredMs: 50 });
    socket.on('error', () => undefined);
    socket.write(`${POST.replace('Connection: close\r\n', '')}xxx`);
    expect(await text(socket)).toContain('refused');
  });

  it('that has arrived waits for its answer, however long it takes', async () => {
    const answering = Promise.withResolvers<undefined>();
    const server = createServer(
      LOCAL,
      (request, response) => {
        request.resume();
        void answering.promise.then(() => response.end('at last'));
      },
      systemIds,
      { ...PATIENT, silenceMs: 40 },
    );
    open.push(server);
    const { hostname, port } = new URL(await listen(server, LOCAL));
    const [whole, silent] = [0, 0].map(() => connect({ host: hostname, port: Number(port) }));
    const answer = text(whole!);
    whole!.write(`${POST}xxxxxxxxxx`);
    // Arrived later: when it is cut off for its silence, the first has been silent for longer.
    silent!.on('error', () => undefined).write(POST);
    await text(silent!).catch(() => '');
    answering.resolve(undefined);
    expect(await answer).toContain('at last');
  });
});
