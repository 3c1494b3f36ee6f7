import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { parseDocumentId } from '#contracts';
import {
  FileDocumentStore,
  readMultipart,
  saltedDigest,
  type DocumentKey,
  type MultipartRequest,
} from '#documents';
import { HubError } from '#errors';

import { generated, KEY, until } from './contents.ts';
import { aFolder, listen, type Loopback } from './loopback.ts';

const LIMITS = { fileBytes: 300_000, files: 3, fields: 2, fieldBytes: 20 };

interface Stored {
  readonly key: DocumentKey;
  readonly field: string;
  readonly mediaType: string;
}

let folder: Awaited<ReturnType<typeof aFolder>>;
let store: FileDocumentStore;
let server: Loopback;
let results: (MultipartRequest<Stored> | HubError)[] = [];
/** Set by a test to be called before a file is stored. */
let beforeFile: (field: string) => void = () => undefined;

beforeAll(async () => {
  folder = await aFolder();
  let documents = 0;
  store = new FileDocumentStore({ root: folder.path });
  server = await listen(async (request, response) => {
    const read = readMultipart<Stored>(request, {
      limits: LIMITS,
      onFile: async ({ field, name, mediaType, content }) => {
        beforeFile(field);
        documents += 1;
        const document = parseDocumentId(`0197f3a2-0000-7000-8000-${String(documents).padStart(12, '0')}`);
        const key = { ...KEY, document };
        await store.put(key, content, { maxBytes: LIMITS.fileBytes, name });
        return { key, field, mediaType };
      },
      discard: async ({ key }) => {
        await store.delete(key);
      },
    });
    results.push(await read.catch((error: unknown) => error as HubError));
    const last = results.at(-1);
    if (last instanceof HubError) throw last;
    response.end('{"code":"OK"}');
  });
});
beforeEach(() => {
  results = [];
  beforeFile = () => undefined;
});
afterAll(async () => {
  await server.close();
  await folder.remove();
});

async function kept(): Promise<number> {
  let count = 0;
  for await (const key of store.keys()) count += key.document.length > 0 ? 1 : 0;
  return count;
}

async function post(form: FormData): Promise<{ status: number; code: unknown }> {
  const answer = await fetch(server.url, { method: 'POST', body: form });
  const { code } = (await answer.json()) as { code: unknown };
  return { status: answer.status, code };
}

async function aForm(sizes: Record<string, number>, fields: Record<string, string> = {}): Promise<FormData> {
  const form = new FormData();
  for (const [field, size] of Object.entries(sizes)) {
    form.append(
      field,
      new Blob([await buffer(generated(size))], { type: 'application/pdf' }),
      `${field} à.pdf`,
    );
  }
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

/** Sends a request by hand, so that it can be wrong, and closes the connection when `end` says so. */
function send(body: string, length: number, headers = 'Content-Type: multipart/form-data; boundary=b') {
  const { port } = new URL(server.url);
  const caller = connect(Number(port), '127.0.0.1');
  caller.on('error', () => undefined);
  caller.resume();
  caller.write(`POST / HTTP/1.1\r\nHost: x\r\n${headers}\r\nContent-Length: ${length}\r\n\r\n${body}`);
  return caller;
}

const part = (name: string, content: string, file = false) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${file ? '; filename="a.pdf"' : ''}\r\n\r\n${content}\r\n`;

describe('a filing by multipart', () => {
  it('is stored file by file, with names, media types, fields and their order', async () => {
    const form = await aForm({ form: 10, plan: 300_000 }, { procedure: 'edilizia.scia' });
    expect(await post(form)).toEqual({ status: 200, code: 'OK' });
    const result = results[0] as MultipartRequest<Stored>;
    expect([...result.fields]).toEqual([['procedure', ['edilizia.scia']]]);
    expect(result.files.map((each) => [each.field, each.mediaType])).toEqual([
      ['form', 'application/pdf'],
      ['plan', 'application/pdf'],
    ]);
    const plan = await store.stat(result.files[1]!.key);
    expect(plan).toMatchObject({ size: 300_000, name: 'plan à.pdf' });
    expect(plan.saltedDigest).toBe(saltedDigest(plan.salt, await buffer(generated(300_000))));
    for (const { key } of result.files) await store.delete(key);
  });

  it('with an empty file stores an empty document', async () => {
    expect(await post(await aForm({ empty: 0 }))).toMatchObject({ code: 'OK' });
    const result = results[0] as MultipartRequest<Stored>;
    expect((await store.stat(result.files[0]!.key)).size).toBe(0);
    await store.delete(result.files[0]!.key);
  });
});

describe('a filing of thousands of small files', () => {
  it('is read no faster than they are stored', async () => {
    let sent = 0;
    const body = function* (): Generator<Buffer> {
      for (; sent < 1_500; sent += 1) yield Buffer.from(part(`a${sent}`, 'x'.repeat(1_000), true));
      yield Buffer.from('--b--\r\n');
    };
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const request = Object.assign(Readable.from(body(), { objectMode: false }), { headers });
    let furthest = 0;
    const { files } = await readMultipart<string>(request as unknown as IncomingMessage, {
      limits: { ...LIMITS, files: 1_500 },
      onFile: async ({ field, content }) => {
        await buffer(content);
        // Turns of the event loop in which the request could go on, and long before the last file would.
        for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        furthest = Math.max(furthest, sent - Number(field.slice(1)));
        return field;
      },
      discard: () => Promise.resolve(),
    });
    expect(files).toHaveLength(1_500);
    expect(files.at(-1)).toBe('a1499');
    // Those that wait, and what the streams between hold: not all that is to come.
    expect(furthest).toBeLessThan(250);
  });
});

describe('a filing that fails leaves no document behind:', () => {
  afterEach(async () => {
    expect(await kept()).toBe(0);
  });

  it('a file one byte too large, after a good one', async () => {
    const form = await aForm({ good: 1_000, large: 300_001 });
    expect(await post(form)).toEqual({ status: 413, code: 'DOCUMENT_TOO_LARGE' });
  });

  it('a file far too large, whose sender still gets the answer', async () => {
    const form = await aForm({ good: 1_000, large: 8_000_000 });
    expect(await post(form)).toEqual({ status: 413, code: 'DOCUMENT_TOO_LARGE' });
  });

  it.each([
    ['files', { a: 1, b: 1, c: 1, d: 1 }, {}],
    ['fields', { a: 1 }, { x: '1', y: '2', z: '3' }],
  ])('one too many of the %s', async (_what, files, fields) => {
    expect(await post(await aForm(files, fields))).toEqual({ status: 413, code: 'TOO_MANY_PARTS' });
  });

  it('parts without end that are neither field nor file', async () => {
    const body = '--b\r\nContent-Type: text/plain\r\n\r\nx\r\n'.repeat(1_000);
    send(body, body.length);
    await until(() => results.length === 1, 'the request ends');
    expect(results[0]).toMatchObject({ code: 'TOO_MANY_PARTS' });
  });

  it('a field that is too long, and not one that is just long enough', async () => {
    const form = (value: string) => aForm({ good: 10 }, { note: value });
    expect(await post(await form('x'.repeat(21)))).toEqual({ status: 413, code: 'FIELD_TOO_LARGE' });
    expect(await post(await form('x'.repeat(20)))).toMatchObject({ code: 'OK' });
    for (const { key } of (results[1] as MultipartRequest<Stored>).files) await store.delete(key);
  });

  it('a disk that is full at the second file', async () => {
    beforeFile = (field) => {
      if (field === 'second') throw new HubError('DISK_FULL', 'no room');
    };
    const form = await aForm({ first: 1_000, second: 200_000, third: 200_000 });
    expect(await post(form)).toEqual({ status: 507, code: 'DISK_FULL' });
  });

  it('a body cut off in the middle of a file', async () => {
    let reached = false;
    beforeFile = (field) => {
      reached = field === 'cut';
    };
    const body = part('good', 'x', true) + part('cut', 'y'.repeat(100_000), true);
    const caller = send(body.slice(0, -50), 500_000);
    await until(() => reached, 'the file begins to arrive');
    caller.destroy();
    await until(() => results.length === 1, 'the request ends');
    expect(results[0]).toMatchObject({ code: 'MULTIPART_MALFORMED' });
  });

  it.each([
    ['that ends before its last boundary', part('good', 'x', true)],
    ['that ends within a file', part('good', 'x', true) + part('cut', 'y', true).slice(0, -5)],
    ['with a malformed part header', `${part('good', 'x', true)}--b\r\n\u0001: x\r\n\r\nx\r\n--b--\r\n`],
    [
      'with a part that has no name',
      `${part('good', 'x', true)}--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n`,
    ],
    ['that is empty', ''],
  ])('a body %s', async (_what, body) => {
    send(body, Buffer.byteLength(body));
    await until(() => results.length === 1, 'the request ends');
    expect(results[0]).toMatchObject({ code: 'MULTIPART_MALFORMED' });
  });

  it.each(['Content-Type: multipart/form-data', 'Content-Type: application/json', 'X-None: 1'])(
    'a request with "%s" alone',
    async (headers) => {
      send('{}', 2, headers);
      await until(() => results.length === 1, 'the request ends');
      expect(results[0]).toMatchObject({ code: 'MULTIPART_MALFORMED' });
    },
  );
});
