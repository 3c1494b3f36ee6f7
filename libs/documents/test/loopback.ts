/** Real servers on this machine for the specs of this room. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { vi } from 'vitest';

import { issueAuthority, issueCertificate, type IssuedCertificate } from '#embedded';
import { HubError } from '#errors';

// Handshakes and megabytes take their time on a machine where everything else is tested too.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>;

export interface Loopback {
  readonly url: string;
  readonly server: Server;
  close(): Promise<void>;
}

/** Answers a thrown HubError with its status and code, as an app's filter does. */
function answering(handler: Handler) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    handler(request, response).catch((error: unknown) => {
      if (response.headersSent || !(error instanceof HubError)) return response.destroy();
      response.statusCode = error.policy.http;
      return response.end(JSON.stringify({ code: error.code }));
    });
  };
}

/** Listens on a free port of 127.0.0.1; over mutual TLS when given certificates. */
export async function listen(
  handler: Handler,
  tls?: { own: IssuedCertificate; ca: string },
): Promise<Loopback> {
  const server =
    tls === undefined
      ? createServer(answering(handler))
      : createTlsServer(
          {
            key: tls.own.key,
            cert: tls.own.certificate,
            ca: tls.ca,
            requestCert: true,
            rejectUnauthorized: true,
          },
          answering(handler),
        );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    server,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** An authority, and a certificate by it for a node, as PEM and as files. */
export async function aNode(dir: string) {
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const ca = await issueAuthority(validity);
  const subject = { holder: 'c_d150', role: 'authority', purpose: 'transport', generation: 1 } as const;
  const own = await issueCertificate(ca, { subject, ...validity });
  const files = { key: join(dir, 'key.pem'), cert: join(dir, 'cert.pem'), ca: join(dir, 'ca.pem') };
  await writeFile(files.key, own.key);
  await writeFile(files.cert, own.certificate);
  await writeFile(files.ca, ca.certificate);
  return { own, ca: ca.certificate, files };
}

export async function aFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'documents-'));
  return { path, remove: () => rm(path, { recursive: true }) };
}

/** Bytes held by living buffers. Buffers are freed in the background of a collection: the second one waits for it. */
export function liveBufferBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().arrayBuffers;
}
