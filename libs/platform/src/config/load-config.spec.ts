import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { HubError } from '#errors';

import { httpConfig, logConfig, mutualTlsConfig } from './fragments.ts';
import { loadConfig, type ConfigFragment, type Environment } from './load-config.ts';

const ownPath = import.meta.filename;

function faultOf(fragments: Record<string, ConfigFragment>, env: Environment): HubError {
  try {
    loadConfig(fragments, env);
  } catch (error) {
    if (error instanceof HubError) return error;
  }
  throw new Error('the configuration was accepted');
}

describe('configuration', () => {
  it('gives each fragment its coerced values under its name', () => {
    const config = loadConfig(
      { http: httpConfig, log: logConfig },
      { HTTP_PORT: '8080', LOG_LEVEL: 'debug' },
    );
    expect(config).toEqual({ http: { host: '127.0.0.1', port: 8080 }, log: { level: 'debug' } });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(loadConfig({ http: httpConfig }, { HTTP_PORT: '', HTTP_HOST: '' }).http).toEqual({
      host: '127.0.0.1',
      port: 0,
    });
  });

  it('reports every fault of every fragment at once: the variable, what it got, what it wants', () => {
    const error = faultOf(
      { http: httpConfig, log: logConfig, tls: mutualTlsConfig },
      {
        HTTP_PORT: 'eighty',
        LOG_LEVEL: 'loud',
        TRANSPORT_KEY: '/nonexistent/key.pem',
        TRANSPORT_CA: ownPath,
      },
    );
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message.split('\n')).toEqual([
      'HTTP_PORT is "eighty"; wants a port from 0 to 65535 (0 = a free one)',
      'LOG_LEVEL is "loud"; wants one of trace, debug, info, warn, error, fatal, silent',
      "TRANSPORT_CERT is not set; wants the path of this node's transport certificate, PEM",
      'TRANSPORT_KEY is "/nonexistent/key.pem"; wants the path of a file that this process can read',
    ]);
    expect(error.details['faults']).toHaveLength(4);
  });

  it('wants certificate and key together', () => {
    const error = faultOf({ http: httpConfig }, { HTTP_TLS_CERT: ownPath });
    expect(error.message).toMatch(/^HTTP_TLS_KEY is not set; wants the path of a PEM file/);
    const { http } = loadConfig({ http: httpConfig }, { HTTP_TLS_CERT: ownPath, HTTP_TLS_KEY: ownPath });
    expect(http.tls).toEqual({ cert: ownPath, key: ownPath });
  });

  it('tells a fault of a variable that two fragments share once', () => {
    expect(faultOf({ one: logConfig, two: logConfig }, { LOG_LEVEL: 'loud' }).details['faults']).toHaveLength(
      1,
    );
  });

  it('never shows a secret', () => {
    const secrets = z.object({
      ADMIN_TOKEN_SHA256: z.string().length(64),
      DATABASE_URL: z.url(),
      SIGNING_KEY: z.string().max(10),
    });
    const { message, details } = faultOf(
      { secrets },
      {
        ADMIN_TOKEN_SHA256: 'hunter2',
        DATABASE_URL: 'postgres//hub:hunter2@p@localhost/hub',
        SIGNING_KEY: '-----BEGIN PRIVATE KEY-----\nhunter2',
      },
    );
    expect(message + JSON.stringify(details)).not.toContain('hunter2');
    expect(message).toContain('ADMIN_TOKEN_SHA256');
    expect(message).toContain('DATABASE_URL is "***@localhost/hub"');
  });
});
