import { Controller, Get, Module, Req } from '@nestjs/common';
import type { Request } from 'express';
import type { DataSource } from 'typeorm';
import { Agent, fetch as fetchWith } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createDataSource } from '#persistence';
import { createLogger, readMutualTls, runHttpApp, systemIds, type HttpApp } from '#platform';
import { freshDatabase, kafkaFor } from '#testing';

import { AccessModule } from './access.module.ts';
import { ACCESS_MIGRATIONS } from './access-migrations.ts';
import { CallingPrincipal, Public, Requires, RequiresPeer } from './decorators.ts';
import { peerOf, type Principal } from './principal.ts';
import type { Scope } from './scopes.ts';
import { TokenStore } from './token-store.ts';
import { hashToken, TOKEN_BYTES, tokenText } from './token-text.ts';

const logger = createLogger('access', { level: 'silent' });
const ADMIN = tokenText(systemIds.bytes(TOKEN_BYTES));
const adminTokenSha256 = hashToken(ADMIN).toString('hex');

@Controller('v1')
class PracticesController {
  @Get('open')
  @Public()
  open(): unknown {
    return { open: true };
  }

  @Get('practices')
  @Requires('read', 'act')
  list(@CallingPrincipal() principal: Principal): unknown {
    return principal;
  }

  @Get('nodes-only')
  @RequiresPeer()
  forNodes(): unknown {
    return { node: true };
  }

  @Get('documents')
  @RequiresPeer('read')
  document(@Req() request: Request): unknown {
    return { node: peerOf(request) !== undefined };
  }
}

@Controller('v1/forgetful')
class ForgetfulController {
  @Get('remembered')
  @Public()
  remembered(): unknown {
    return {};
  }

  @Get('forgotten')
  forgotten(): unknown {
    return {};
  }

  /** No route: it needs no permission. */
  helper(): unknown {
    return {};
  }
}

let dataSource: DataSource;
let http: HttpApp;

function start(controller: new () => object): Promise<HttpApp> {
  @Module({ imports: [AccessModule.forRoot({ dataSource, adminTokenSha256 })], controllers: [controller] })
  class AppModule {}
  const free = { host: '127.0.0.1', port: 0 };
  const { certFile: cert, keyFile: key, caFile: ca } = kafkaFor('c_d150');
  return runHttpApp(AppModule, {
    name: 'access',
    http: free,
    peer: { ...free, tls: { cert, key, ca } },
    logger,
  });
}

beforeAll(async () => {
  const url = await freshDatabase();
  dataSource = await createDataSource({
    url,
    name: 'access spec',
    migrations: ACCESS_MIGRATIONS,
  });
  http = await start(PracticesController);
});
afterAll(async () => {
  await http.close();
  await dataSource.destroy();
});

const createdToken = z.object({ id: z.string(), token: z.string() });

interface Init extends RequestInit {
  readonly headers?: Readonly<Record<string, string>>;
}

function call(path: string, authorization?: string, init: Init = {}): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    ...(authorization === undefined ? {} : { authorization }),
  };
  return fetch(`${http.url}${path}`, { ...init, headers: { ...headers, ...init.headers } });
}

async function createToken(...scopes: Scope[]): Promise<z.output<typeof createdToken>> {
  const body = JSON.stringify({ label: 'desk', scopes });
  const response = await call('/v1/tokens', `Bearer ${ADMIN}`, { method: 'POST', body });
  expect(response.status).toBe(201);
  return createdToken.parse(await response.json());
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).parse(await response.json());
}

describe('access', () => {
  it('opens a route that says it is public, and health, to anyone', async () => {
    expect((await call('/v1/open')).status).toBe(200);
    expect((await call('/health')).status).toBe(200);
  });

  it('tells a caller without a token that it needs one', async () => {
    for (const authorization of [undefined, 'Basic aHViOmh1Yg==']) {
      const response = await call('/v1/practices', authorization);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="reset-hub"');
      expect(await problemOf(response)).toMatchObject({ code: 'TOKEN_MISSING' });
    }
    expect((await call('/metrics')).status).toBe(401);
  });

  it('lets a token with any one of the scopes in, under its own name', async () => {
    const { id, token } = await createToken('act');
    const response = await call('/v1/practices', `bearer ${token}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ tokenId: id, label: 'desk', scopes: ['act'] });
  });

  it('tells a token without the scope which it needs', async () => {
    const { token } = await createToken('file', 'quarantine', 'admin');
    const response = await call('/v1/practices', `Bearer ${token}`);
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toContain(
      'error="insufficient_scope", scope="read act"',
    );
    expect(await problemOf(response)).toMatchObject({
      code: 'SCOPE_MISSING',
      details: { anyOf: ['read', 'act'] },
    });
  });

  it('shuts a revoked token out at once, with the same answer as an unknown one', async () => {
    const { id, token } = await createToken('read');
    expect((await call('/v1/practices', `Bearer ${token}`)).status).toBe(200);
    const revoked = await call(`/v1/tokens/${id}`, `Bearer ${ADMIN}`, { method: 'DELETE' });
    expect(await problemOf(revoked)).toMatchObject({ id, revokedAt: expect.any(String) as string });
    const unknown = tokenText(systemIds.bytes(TOKEN_BYTES));
    const answers = await Promise.all(
      [token, unknown, 'rh_short', '', `${ADMIN} ${ADMIN}`].map(async (text) => {
        const response = await call('/v1/practices', `Bearer ${text}`);
        const { instance, ...same } = await problemOf(response);
        expect(instance).toBeDefined();
        return { ...same, challenge: response.headers.get('www-authenticate') };
      }),
    );
    expect(answers[0]).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it('opens a route for nodes to a certificate only, unless it names a scope too', async () => {
    const { token } = await createToken('read');
    const refused = await call('/v1/nodes-only', `Bearer ${ADMIN}`);
    expect(refused.status).toBe(401);
    expect(await problemOf(refused)).toMatchObject({ code: 'CLIENT_CERTIFICATE_MISSING' });
    expect(await (await call('/v1/documents', `Bearer ${token}`)).json()).toEqual({ node: false });
    expect((await call('/v1/documents')).status).toBe(401);
  });

  it('knows another node by its transport certificate, on the server for nodes', async () => {
    const { certFile: cert, keyFile: key, caFile: ca } = kafkaFor('p_cr');
    const dispatcher = new Agent({ connect: readMutualTls({ cert, key, ca }) });
    const asNode = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<unknown> => {
      const response = await fetchWith(`${http.peerUrl ?? ''}${path}`, { dispatcher, headers });
      return await response.json();
    };
    expect(await asNode('/v1/nodes-only')).toEqual({ node: true });
    expect(await asNode('/v1/documents')).toEqual({ node: true });
    // Who sends a token beside the certificate calls with the token, where one will do.
    const { token } = await createToken('read');
    expect(await asNode('/v1/documents', { authorization: `Bearer ${token}` })).toEqual({ node: false });
    expect(await asNode('/v1/documents', { authorization: 'Bearer no' })).toMatchObject({
      code: 'TOKEN_INVALID',
    });
    expect(await asNode('/v1/nodes-only', { authorization: `Bearer ${token}` })).toEqual({ node: true });
    // A certificate is no token: the partner's routes stay closed to it.
    expect(await asNode('/v1/practices')).toMatchObject({ code: 'TOKEN_MISSING' });
    await dispatcher.close();
  });

  it('shows a token once and stores only its hash', async () => {
    const { id, token } = await createToken('read');
    await call('/v1/practices', `Bearer ${token}`);
    const listed = await (await call('/v1/tokens', `Bearer ${ADMIN}`)).text();
    expect(listed).toContain(id);
    expect(listed).not.toContain(token);
    const rows: unknown = await dataSource.query('select * from access_token where id = $1', [id]);
    expect(rows).toMatchObject([{ sha256: hashToken(token), last_used_at: expect.any(Date) as Date }]);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('makes one token per Idempotency-Key, and gives its text again to whoever asked, to nobody else', async () => {
    const ask = (key: string, label: string, by = ADMIN): Promise<Response> =>
      call('/v1/tokens', `Bearer ${by}`, {
        method: 'POST',
        body: JSON.stringify({ label, scopes: ['admin'] }),
        headers: { 'idempotency-key': key },
      });
    const answers = await Promise.all(
      Array.from({ length: 4 }, async () => (await ask('lost', 'desk')).text()),
    );
    expect(new Set(answers).size).toBe(1);
    const { id, token } = createdToken.parse(JSON.parse(answers[0] ?? ''));
    expect((await call('/v1/tokens', `Bearer ${token}`)).status).toBe(200);
    expect(await problemOf(await ask('lost', 'another'))).toMatchObject({
      status: 409,
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect(await problemOf(await ask('lost key', 'desk'))).toMatchObject({
      status: 400,
      code: 'IDEMPOTENCY_KEY_MALFORMED',
    });
    const other = createdToken.parse(await (await ask('lost', 'desk', token)).json());
    expect(other.id).not.toBe(id);
    const kept: unknown = await dataSource.query('select * from idempotency');
    for (const text of [token, other.token]) expect(JSON.stringify(kept)).not.toContain(text);
  });

  it('refuses unknown scopes, none at all, and an empty label', async () => {
    const wrong = [
      { label: 'desk', scopes: ['root'] },
      { label: 'desk', scopes: [] },
      { label: ' ', scopes: ['read'] },
      { label: 'desk', scopes: ['read'], sha256: '00' },
    ];
    for (const body of wrong) {
      const init = { method: 'POST', body: JSON.stringify(body) };
      const response = await call('/v1/tokens', `Bearer ${ADMIN}`, init);
      expect(await problemOf(response)).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    }
  });

  it('says so when there is no such token to revoke, and revokes twice without harm', async () => {
    const revoke = (id: string): Promise<Response> =>
      call(`/v1/tokens/${id}`, `Bearer ${ADMIN}`, { method: 'DELETE' });
    expect(await problemOf(await revoke(systemIds.uuid()))).toMatchObject({
      status: 404,
      code: 'TOKEN_UNKNOWN',
    });
    const { id } = await createToken('read');
    const first = await problemOf(await revoke(id));
    expect(await problemOf(await revoke(id))).toEqual(first);
  });

  it('admits the admin token of the configuration once, with every scope there is, and never again after its revocation', async () => {
    const store = http.app.get(TokenStore);
    const other = hashToken(tokenText(systemIds.bytes(TOKEN_BYTES))).toString('hex');
    const known = new Set((await store.list()).map(({ id }) => id));
    await Promise.all([store.admitAdmin(other), store.admitAdmin(other)]);
    const admitted = (await store.list()).filter(({ id }) => !known.has(id));
    expect(admitted).toMatchObject([
      {
        label: 'bootstrap admin',
        scopes: ['file', 'act', 'read', 'quarantine', 'webhooks', 'audit', 'accesses', 'retention', 'admin'],
      },
    ]);
    // As a version without some scopes would have left it.
    await dataSource.query(`update access_token set scopes = '{read,admin}' where id = $1`, [
      admitted[0]!.id,
    ]);
    await store.admitAdmin(other);
    expect((await store.list()).find(({ id }) => id === admitted[0]!.id)).toEqual(admitted[0]);
    await store.revoke(admitted[0]!.id);
    await store.admitAdmin(other);
    expect((await store.list()).find(({ id }) => id === admitted[0]!.id)?.revokedAt).not.toBeNull();
    expect(await store.list()).toHaveLength(known.size + 1);
  });

  it('does not start with a route that names no permission, and says which', async () => {
    await expect(start(ForgetfulController)).rejects.toMatchObject({
      code: 'ROUTE_WITHOUT_PERMISSION',
      details: { routes: ['ForgetfulController.forgotten'] },
      message: 'add @Requires(…), @RequiresPeer() or @Public() to ForgetfulController.forgotten',
    });
  });
});
