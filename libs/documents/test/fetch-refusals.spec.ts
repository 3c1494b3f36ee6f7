import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { DocumentFetcher } from '#documents';

import { AUTHOR, FetchBench, SECOND, SIZE } from './fetch-bench.ts';
import { generated, KEY } from './contents.ts';
import { aFolder, aNode } from './loopback.ts';

let bench: FetchBench;

beforeAll(async () => {
  bench = await FetchBench.create();
});
afterEach(() => bench.reset());
afterAll(() => bench.end());

describe('a document', () => {
  it('with wrong bytes is refused with an alarm, and asked of the second source from its first byte', async () => {
    const result = await bench.fetch(bench.serving(bench.forgedStore()), bench.serving());
    const error = expect.objectContaining({ code: 'DOCUMENT_DIGEST_MISMATCH' }) as unknown;
    expect(result).toMatchObject({
      state: 'complete',
      from: SECOND,
      problems: [{ kind: 'wrong', source: AUTHOR, error }],
    });
    expect(bench.ranges).toEqual([undefined, undefined]);
    await bench.expectHere();
  });

  it('with wrong bytes everywhere keeps nothing', async () => {
    const result = await bench.fetch(bench.serving(bench.forgedStore()));
    expect(result).toMatchObject({ state: 'fetching', problems: [{ kind: 'wrong' }] });
    expect(await bench.mine.has(KEY)).toBe(false);
    const again = await bench.mine.resume(KEY, { size: SIZE, saltedDigest: bench.stored.saltedDigest });
    expect(again.offset).toBe(0);
    await again.close();
  });

  it('does not blame a source for wrong bytes that came from another', async () => {
    const half = await bench.mine.resume(KEY, { size: SIZE, saltedDigest: bench.stored.saltedDigest });
    await half.begin(bench.stored.salt, null);
    await half.append(Buffer.alloc(1_000_000, 'forged'));
    await half.close();
    const result = await bench.fetch(bench.serving());
    expect(result).toMatchObject({ state: 'complete', from: AUTHOR, problems: [] });
    expect(bench.ranges).toEqual(['bytes=983040-', undefined]);
    await bench.expectHere();
  });

  it('does not go on with bytes of another salt', async () => {
    const half = await bench.mine.resume(KEY, { size: SIZE, saltedDigest: bench.stored.saltedDigest });
    await half.begin(Buffer.alloc(32, 1), null);
    await half.append(Buffer.alloc(1_000_000));
    await half.close();
    expect(await bench.fetch(bench.serving())).toMatchObject({
      state: 'complete',
      problems: [],
    });
    await bench.expectHere();
  });

  it('that is larger than the event says stops at once', async () => {
    const url = await bench.node(async (_request, response) => {
      response.setHeader('etag', `"${bench.stored.saltedDigest}"`);
      response.setHeader('reset-hub-document-salt', bench.stored.salt.toString('base64'));
      for await (const bytes of generated(SIZE + 10 * 65_536)) {
        if (!response.write(bytes)) await new Promise((resolve) => response.once('drain', resolve));
      }
      response.end();
    });
    const error = expect.objectContaining({ code: 'DOCUMENT_TOO_LARGE' }) as unknown;
    expect(await bench.fetcher.fetch(bench.order(url))).toMatchObject({
      state: 'fetching',
      problems: [{ kind: 'wrong', error }],
    });
  });

  it.each([
    ['no salt', { 'reset-hub-document-salt': undefined }],
    ['a salt of the wrong length', { 'reset-hub-document-salt': 'AAAA' }],
    ['another entity tag', { etag: '"x"' }],
    ['another length', { 'content-length': '5' }],
    ['an encoded content', { 'content-encoding': 'gzip' }],
  ])('refuses an answer with %s before its first byte', async (_what, change) => {
    const headers = {
      etag: `"${bench.stored.saltedDigest}"`,
      'reset-hub-document-salt': bench.stored.salt.toString('base64'),
      ...change,
    };
    const url = await bench.node(async (_request, response) => {
      for (const [name, value] of Object.entries(headers))
        if (value !== undefined) response.setHeader(name, value);
      await new Promise<void>((resolve) => response.end('12345', resolve));
    });
    const error = expect.objectContaining({ code: 'DOCUMENT_SOURCE_INVALID' }) as unknown;
    expect(await bench.fetcher.fetch(bench.order(url))).toMatchObject({
      problems: [{ kind: 'wrong', error }],
    });
  });

  it('from a server whose certificate is by another authority raises an alarm', async () => {
    const elsewhere = await aFolder();
    const impostor = await aNode(elsewhere.path);
    const url = await bench.node(bench.serving(), impostor);
    const error = expect.objectContaining({ code: 'DOCUMENT_SOURCE_INVALID' }) as unknown;
    expect(await bench.fetcher.fetch(bench.order(url))).toMatchObject({
      problems: [{ kind: 'wrong', error }],
    });
    expect(bench.ranges).toEqual([]);
    await elsewhere.remove();
  });

  it('is asked for over TLS or not at all', async () => {
    const result = await bench.fetcher.fetch(bench.order('http://127.0.0.1:1'));
    const error = expect.objectContaining({ code: 'DOCUMENT_SOURCE_INVALID' }) as unknown;
    expect(result).toMatchObject({ problems: [{ kind: 'wrong', error }] });
  });

  it('by a node with a certificate of another authority is refused by the server', async () => {
    const elsewhere = await aFolder();
    const stranger = await aNode(elsewhere.path);
    const mixed = { ...stranger.files, ca: bench.pki.files.ca };
    const strangers = new DocumentFetcher({ store: bench.mine, tls: mixed });
    const result = await strangers.fetch(bench.order(await bench.node(bench.serving())));
    expect(result.state).not.toBe('complete');
    expect(bench.ranges).toEqual([]);
    await strangers.close();
    await elsewhere.remove();
  });
});
