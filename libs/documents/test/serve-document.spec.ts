import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import {
  FileDocumentStore,
  serveDocument,
  type DocumentStore,
  type Served,
  type StoredDocument,
} from '#documents';

import { generated, KEY, until } from './contents.ts';
import { aFolder, listen, type Loopback } from './loopback.ts';

const SIZE = 200_000;
const LARGE = { ...KEY, document: '0197f3a2-0000-7000-8000-000000000002' as typeof KEY.document };
const LARGE_SIZE = 64 * 1024 * 1024;

let folder: Awaited<ReturnType<typeof aFolder>>;
let node: Loopback;
let partner: Loopback;
let whole: Buffer;
let stored: StoredDocument;
/** What the store gave out, and how many readers it has. */
const watch = { given: 0, readers: 0, served: [] as Served[] };

function watched(store: FileDocumentStore): DocumentStore {
  return Object.assign(Object.create(store) as DocumentStore, {
    stat: store.stat.bind(store),
    async *open(...[key, range]: Parameters<DocumentStore['open']>) {
      watch.readers += 1;
      try {
        for await (const bytes of store.open(key, range)) {
          watch.given += bytes.length;
          yield bytes;
        }
      } finally {
        watch.readers -= 1;
      }
    },
  });
}

beforeAll(async () => {
  folder = await aFolder();
  const store = new FileDocumentStore({ root: folder.path });
  whole = await buffer(generated(SIZE));
  stored = await store.put(KEY, generated(SIZE), { maxBytes: SIZE, name: 'città.pdf' });
  await store.put(LARGE, generated(LARGE_SIZE), { maxBytes: LARGE_SIZE });
  const serve = (audience: 'node' | 'partner') =>
    listen(async (request, response) => {
      const document = (request.url ?? '').slice(1) as typeof KEY.document;
      const key = { ...KEY, document };
      const options = { store: watched(store), key, mediaType: 'application/pdf', audience };
      watch.served.push(await serveDocument(request, response, options));
    });
  node = await serve('node');
  partner = await serve('partner');
});
afterAll(async () => {
  await node.close();
  await partner.close();
  await folder.remove();
});
afterEach(() => until(() => watch.readers === 0, 'every reader of the store has ended'));

const get = (headers: Record<string, string> = {}, method = 'GET', from = node) =>
  fetch(`${from.url}/${KEY.document}`, { headers, method });

describe('a document over HTTP', () => {
  it('comes whole, with its validator and what a node needs to check it', async () => {
    const answer = await get();
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(whole)).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      etag: `"${stored.saltedDigest}"`,
      'accept-ranges': 'bytes',
      'content-length': String(SIZE),
      'content-type': 'application/pdf',
      'reset-hub-document-salt': stored.salt.toString('base64'),
      'reset-hub-document-sha256': stored.sha256,
      'reset-hub-document-name': "UTF-8''citt%C3%A0.pdf",
    });
  });

  it('comes to a partner to be saved, without salt or digest', async () => {
    const answer = await get({}, 'GET', partner);
    await answer.arrayBuffer();
    expect(answer.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''citt%C3%A0.pdf");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect([...answer.headers.keys()].filter((name) => name.startsWith('reset-hub'))).toEqual([]);
  });

  it('comes in part', async () => {
    const answer = await get({ range: 'bytes=65530-65549', 'if-match': `"${stored.saltedDigest}"` });
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe(`bytes 65530-65549/${SIZE}`);
    expect(answer.headers.get('content-length')).toBe('20');
    expect(Buffer.from(await answer.arrayBuffer()).equals(whole.subarray(65_530, 65_550))).toBe(true);
  });

  it('outside its size is 416 with the size', async () => {
    const answer = await get({ range: `bytes=${SIZE}-` });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, `bytes */${SIZE}`]);
    expect(await answer.json()).toEqual({ code: 'DOCUMENT_RANGE_UNSATISFIABLE' });
  });

  it('of another content is 412, and the known one 304', async () => {
    expect((await get({ 'if-match': '"other"' })).status).toBe(412);
    const known = await get({ 'if-none-match': `"${stored.saltedDigest}"` });
    expect([known.status, known.headers.get('etag'), await known.text()]).toEqual([
      304,
      `"${stored.saltedDigest}"`,
      '',
    ]);
  });

  it('answers HEAD with the headers alone', async () => {
    const answer = await get({ range: 'bytes=0-9' }, 'HEAD');
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([
      200,
      String(SIZE),
      '',
    ]);
  });

  it('that is not there is 404', async () => {
    expect((await fetch(`${node.url}/0197f3a2-0000-7000-8000-0000000000ff`)).status).toBe(404);
  });

  it('is read at the pace of a slow caller, and no further once the caller has gone', async () => {
    watch.given = 0;
    const served = watch.served.length;
    const { port } = new URL(node.url);
    const caller = connect(Number(port), '127.0.0.1');
    caller.pause();
    caller.write(`GET /${LARGE.document} HTTP/1.1\r\nHost: x\r\n\r\n`);
    // The sockets' buffers fill, then nothing more is read from the disk.
    let before = -1;
    let same = 0;
    await until(() => {
      same = watch.given > 0 && watch.given === before ? same + 1 : 0;
      before = watch.given;
      return same > 20;
    }, 'reading stops');
    expect(watch.given).toBeLessThan(LARGE_SIZE / 2);
    caller.destroy();
    await until(() => watch.served.length > served, 'the server ends its answer');
    expect(watch.served.at(-1)).toEqual({ status: 200, outcome: 'client-gone' });
    expect(watch.given).toBeLessThan(LARGE_SIZE / 2);
  });
});
