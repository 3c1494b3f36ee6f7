import { readFileSync } from 'node:fs';

import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { MutualTlsFiles } from '../config/fragments.ts';
import { createLogger } from '../logging/logger.ts';
import { readMutualTls } from '../tls-files.ts';

import { makeCertificateFiles } from './certificates.fixture.ts';
import { ThingsModule } from './http-app.fixture.ts';
import { runHttpApp, type HttpApp } from './run-http-app.ts';

const logger = createLogger('things', { level: 'silent' });
const free = { host: '127.0.0.1', port: 0 };

describe('a server for other nodes', () => {
  let network: MutualTlsFiles;
  let stranger: MutualTlsFiles;
  let http: HttpApp;

  beforeAll(async () => {
    [network, stranger] = await Promise.all([
      makeCertificateFiles('network'),
      makeCertificateFiles('stranger'),
    ]);
    http = await runHttpApp(ThingsModule, {
      name: 'things',
      http: free,
      peer: { ...free, tls: network },
      logger,
    });
  });
  afterAll(async () => {
    await http.close();
  });

  async function statusWith(url: string, connect: NonNullable<Agent.Options['connect']>): Promise<number> {
    const dispatcher = new Agent({ connect });
    try {
      return (await fetch(url, { dispatcher })).status;
    } finally {
      await dispatcher.destroy();
    }
  }

  it('serves the same routes to a client with a certificate of the network', async () => {
    expect(await statusWith(`${http.peerUrl ?? ''}/health`, readMutualTls(network))).toBe(200);
    expect(await statusWith(`${http.url}/health`, {})).toBe(200);
  });

  it('refuses a client without a certificate in the handshake', async () => {
    const withoutCertificate = { ca: readFileSync(network.ca) };
    await expect(statusWith(`${http.peerUrl ?? ''}/health`, withoutCertificate)).rejects.toThrow();
  });

  it('refuses a client with a certificate of another authority in the handshake', async () => {
    const foreign = { ...readMutualTls(stranger), ca: readFileSync(network.ca) };
    await expect(statusWith(`${http.peerUrl ?? ''}/health`, foreign)).rejects.toThrow();
  });

  it('speaks TLS without client certificates when no authority is configured', async () => {
    const { cert, key, ca } = network;
    const app = await runHttpApp(ThingsModule, {
      name: 'tls',
      http: { ...free, tls: { cert, key } },
      logger,
    });
    try {
      expect(app.url).toMatch(/^https:/);
      expect(await statusWith(`${app.url}/health`, { ca: readFileSync(ca) })).toBe(200);
    } finally {
      await app.close();
    }
  });

  it('does not start with a key that is not the key of its certificate, or with no key at all', async () => {
    const mixed = { cert: network.cert, key: stranger.key };
    const wrongKey = runHttpApp(ThingsModule, { name: 'tls', http: { ...free, tls: mixed }, logger });
    await expect(wrongKey).rejects.toMatchObject({ code: 'TLS_FILE_UNREADABLE' });
    const absent = { cert: network.cert, key: '/nonexistent/key.pem' };
    const noKey = runHttpApp(ThingsModule, { name: 'tls', http: { ...free, tls: absent }, logger });
    await expect(noKey).rejects.toMatchObject({ code: 'TLS_FILE_UNREADABLE' });
  });
});
