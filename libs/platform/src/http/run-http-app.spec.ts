import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createLogger } from '../logging/logger.ts';

import { slow, ThingsController, ThingsModule } from './http-app.fixture.ts';
import { problemDocument, type ProblemDocument } from './problem.ts';
import { runHttpApp, type HttpApp } from './run-http-app.ts';

const ID = '0199b1d2-6c00-7a00-8000-000000000001';
const lines: string[] = [];
const logger = createLogger('things', { level: 'debug', destination: { write: (line) => lines.push(line) } });

function start({ drainMs = 200 } = {}): Promise<HttpApp> {
  return runHttpApp(ThingsModule, {
    name: 'things',
    http: { host: '127.0.0.1', port: 0 },
    logger,
    drainMs,
    openApi: { title: 'Things', version: '1.0.0' },
  });
}

async function problemOf(response: Response): Promise<ProblemDocument> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  return problemDocument.parse(await response.json());
}

/** Sends raw bytes and gives back everything that the server answers until it closes. */
async function raw(url: string, request: string, { half = true } = {}): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  if (half) socket.end(request);
  else socket.write(request);
  return await text(socket);
}

describe('an HTTP application', () => {
  let http: HttpApp;
  const post = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${http.url}/v1/things/${ID}?limit=5`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });

  beforeAll(async () => {
    http = await start();
  });
  afterAll(async () => {
    await http.close();
  });

  it('listens on a free port and hands parsed parameters to the route', async () => {
    const response = await post(JSON.stringify({ name: 'one' }));
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ id: ID, query: { limit: 5 }, body: { name: 'one', tags: [] } });
  });

  it('names every field that is wrong, with its path', async () => {
    const problem = await problemOf(await post(JSON.stringify({ name: '', tags: ['a', 1] })));
    expect(problem).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
      type: 'urn:reset-hub:error:REQUEST_INVALID',
    });
    expect(problem.details).toMatchObject({ fields: [{ path: 'body.name' }, { path: 'body.tags.1' }] });
  });

  it('refuses a path parameter and a query that do not fit', async () => {
    const wrongId = await fetch(`${http.url}/v1/things/one`, { method: 'POST' });
    expect((await problemOf(wrongId)).details).toMatchObject({ fields: [{ path: 'id' }] });
    const wrongQuery = await fetch(`${http.url}/v1/things/${ID}?limit=0`, { method: 'POST' });
    expect((await problemOf(wrongQuery)).details).toMatchObject({ fields: [{ path: 'query.limit' }] });
  });

  it('speaks Italian unless the caller prefers English', async () => {
    const titleFor = async (languages: string): Promise<string> => {
      const response = await fetch(`${http.url}/nothing`, { headers: { 'accept-language': languages } });
      return `${response.headers.get('content-language') ?? ''}: ${(await problemOf(response)).title}`;
    };
    expect(await titleFor('*')).toBe('it: Questo indirizzo non esiste.');
    expect(await titleFor('de')).toBe('it: Questo indirizzo non esiste.');
    expect(await titleFor('en-GB,it;q=0.5')).toBe('en: There is nothing at this address.');
  });

  it('answers an unknown route without repeating what was searched for', async () => {
    const problem = await problemOf(await fetch(`${http.url}/nothing?cf=AAAAAA00A00A000A`));
    expect(problem).toMatchObject({ status: 404, code: 'ROUTE_NOT_FOUND', detail: 'GET /nothing' });
  });

  it('refuses malformed JSON, another content type, compression and another charset', async () => {
    expect(await problemOf(await post('{"name": '))).toMatchObject({
      status: 400,
      code: 'REQUEST_MALFORMED',
    });
    const unsupported = { status: 415, code: 'CONTENT_TYPE_UNSUPPORTED' };
    expect(await problemOf(await post('<a/>', { 'content-type': 'application/xml' }))).toMatchObject(
      unsupported,
    );
    expect(await problemOf(await post('{}', { 'content-encoding': 'gzip' }))).toMatchObject(unsupported);
    const latin1 = 'application/json; charset=iso-8859-1';
    expect(await problemOf(await post('{}', { 'content-type': latin1 }))).toMatchObject(unsupported);
  });

  it('refuses a request without the body that the route needs', async () => {
    expect(await problemOf(await post(''))).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('refuses an oversized body, by its announced length and by its real one', async () => {
    const tooLarge = { status: 413, code: 'BODY_TOO_LARGE', details: { limitBytes: 1_000 } };
    expect(await problemOf(await post(JSON.stringify({ name: 'x'.repeat(5_000_000) })))).toMatchObject(
      tooLarge,
    );
    const chunked = new ReadableStream({
      start(controller) {
        for (let part = 0; part < 50; part += 1) controller.enqueue(Buffer.alloc(100, ' '));
        controller.close();
      },
    });
    const response = await fetch(`${http.url}/v1/things/${ID}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: chunked,
      duplex: 'half',
    });
    expect(await problemOf(response)).toMatchObject(tooLarge);
  });

  it('answers a body cut off midway and goes on serving', async () => {
    const cut = `POST /v1/things/${ID} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"na`;
    expect(await raw(http.url, cut)).toContain('"code":"BODY_CUT_OFF"');
    expect((await post(JSON.stringify({ name: 'next' }))).status).toBe(201);
  });

  it('survives a client that resets the connection in the middle of its body', async () => {
    const { hostname, port } = new URL(http.url);
    lines.length = 0;
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /v1/things/${ID} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{`,
    );
    socket.resetAndDestroy();
    await expect.poll(() => lines.some((line) => line.includes('went away')), { timeout: 5_000 }).toBe(true);
    expect((await post(JSON.stringify({ name: 'next' }))).status).toBe(201);
  });

  it('answers bytes that are not HTTP, and headers over the limit', async () => {
    expect(await raw(http.url, 'hello\r\n\r\n')).toContain('"code":"REQUEST_MALFORMED"');
    const headers = `GET /health HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(300_000)}\r\n\r\n`;
    expect(await raw(http.url, headers, { half: false })).toContain('"code":"HEADERS_TOO_LARGE"');
  });

  it('takes a header of 200 KiB, as a decision presented by a node', async () => {
    const response = await fetch(`${http.url}/health`, { headers: { 'x-decision': 'x'.repeat(200 * 1024) } });
    expect(response.status).toBe(200);
  });

  it('tells nothing of an unknown error but the id under which it is logged', async () => {
    const response = await fetch(`${http.url}/v1/broken`);
    const body = await response.clone().text();
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status: 500, code: 'INTERNAL_ERROR' });
    expect(body).not.toContain('hunter2');
    const logged = lines.find((line) => line.includes('hunter2'));
    expect(problem.instance).toBe(`urn:uuid:${response.headers.get('x-request-id') ?? ''}`);
    expect(logged).toContain(problem.instance.slice('urn:uuid:'.length));
  });

  it('says when to come back', async () => {
    const response = await fetch(`${http.url}/v1/refused`);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('7');
  });

  it('cuts off an answer that fails half-way, so that nobody takes it for whole', async () => {
    const response = await fetch(`${http.url}/v1/half`);
    await expect(response.text()).rejects.toThrow();
  });

  it('sends the security headers and hides the framework', async () => {
    const { headers } = await fetch(`${http.url}/health`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('reports 503 only when something that is required is down', async () => {
    const { health } = http.app.get(ThingsController);
    health.register('database', () => ({ status: 'up' }));
    health.register('auditor', () => ({ status: 'down', detail: 'no answer' }), { required: false });
    const degraded = await fetch(`${http.url}/health`);
    expect(degraded.status).toBe(200);
    expect(await degraded.json()).toEqual({
      status: 'degraded',
      checks: { database: { status: 'up' }, auditor: { status: 'down', detail: 'no answer' } },
    });
    health.register('database', () => Promise.reject(new Error('password hunter3')));
    const down = await fetch(`${http.url}/health`);
    expect(down.status).toBe(503);
    expect(await down.text()).not.toContain('hunter3');
  });

  it('times requests by route template, never by path', async () => {
    await post(JSON.stringify({ name: 'one' }));
    const figures = await (await fetch(`${http.url}/metrics`)).text();
    expect(figures).toMatch(
      /http_request_duration_seconds_count\{.*method="POST",route="\/v1\/things\/:id",status="201"/,
    );
    expect(figures).toContain('service="things"');
    expect(figures).toContain('nodejs_eventloop_lag_seconds');
    expect(figures).not.toContain(ID);
  });

  it('serves Swagger UI and a document whose schemas are those that are checked', async () => {
    const page = await fetch(`${http.url}/docs`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('swagger-ui');
    expect((await fetch(`${http.url}/docs/swagger-ui-bundle.js`)).status).toBe(200);
    const document: unknown = await (await fetch(`${http.url}/docs/openapi.json`)).json();
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Things', version: '1.0.0' },
      paths: {
        '/v1/things/{id}': {
          post: {
            parameters: [
              { name: 'limit', in: 'query', required: false, schema: { maximum: 100 } },
              { name: 'q', in: 'query', required: false },
              { name: 'id', in: 'path', required: true },
            ],
            requestBody: { content: { 'application/json': { schema: { required: ['name'] } } } },
            responses: { 201: { content: { 'application/json': { schema: { type: 'object' } } } } },
          },
        },
      },
    });
  });

  it('refuses a port that is taken, by its code', async () => {
    const { port } = new URL(http.url);
    const second = runHttpApp(ThingsModule, {
      name: 'second',
      http: { host: '127.0.0.1', port: Number(port) },
      logger,
    });
    await expect(second).rejects.toMatchObject({ code: 'PORT_UNAVAILABLE' });
  });
});

describe('closing an HTTP application', () => {
  it('lets a request under way end, ends open streams, and takes no new connection', async () => {
    const http = await start({ drainMs: 60_000 });
    const answer = fetch(`${http.url}/v1/slow`);
    const stream = await fetch(`${http.url}/v1/stream`);
    await slow.arrived.promise;
    const closed = http.close();
    expect(await stream.text()).toBe('open closed');
    await expect(fetch(`${http.url}/health`)).rejects.toThrow();
    slow.release.resolve(undefined);
    expect(await (await answer).json()).toEqual({ done: true });
    // Not after the seconds for which an idle connection is kept open.
    const answered = performance.now();
    await closed;
    expect(performance.now() - answered).toBeLessThan(2_000);
    await http.close();
  });

  it('cuts what does not end within the deadline', async () => {
    const http = await start();
    const stream = await fetch(`${http.url}/v1/endless`);
    await http.close();
    await expect(stream.text()).rejects.toThrow();
  });
});
