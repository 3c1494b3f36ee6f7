import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { parseDocumentId } from '#contracts';
import { serveDocument } from '#documents';

import { AUTHOR, FetchBench, SECOND, SIZE } from './fetch-bench.ts';
import { generated, KEY } from './contents.ts';
import { liveBufferBytes } from './loopback.ts';

const LARGE_SIZE = 20 * 1024 * 1024;

let bench: FetchBench;

beforeAll(async () => {
  bench = await FetchBench.create();
});
afterEach(() => bench.reset());
afterAll(() => bench.end());

describe('fetching a document', () => {
  it('over mutual TLS brings it with salt, digest and name', async () => {
    const url = await bench.node(bench.serving());
    expect(await bench.fetcher.fetch(bench.order(url))).toMatchObject({
      state: 'complete',
      from: AUTHOR,
      problems: [],
    });
    await bench.expectHere();
  });

  it('of 20 MB holds none of it in memory, at either end', { timeout: 60_000 }, async () => {
    const key = { ...KEY, document: parseDocumentId('0197f3a2-0000-7000-8000-000000000002') };
    const large = await bench.authors.put(key, generated(LARGE_SIZE), { maxBytes: LARGE_SIZE });
    let [steps, peak] = [0, 0];
    const before = liveBufferBytes();
    await bench.reset((step) => {
      // Collecting takes longer than writing: it is looked at in the middle and near the end.
      if (step === 'write' && [120, 280].includes(++steps)) peak = Math.max(peak, liveBufferBytes() - before);
    });
    const url = await bench.node((request, response) =>
      serveDocument(request, response, {
        store: bench.authors,
        key,
        mediaType: 'application/pdf',
        audience: 'node',
      }),
    );
    const fetched = await bench.fetcher.fetch({
      ...bench.order(url),
      key,
      size: LARGE_SIZE,
      saltedDigest: large.saltedDigest,
    });
    expect(fetched).toMatchObject({ state: 'complete' });
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(4 * 1024 * 1024);
  });

  it('that is cut in the middle goes on where it stopped', async () => {
    const url = await bench.node(bench.cuttingAfter(800_000, 2));
    expect(await bench.fetcher.fetch(bench.order(url))).toMatchObject({ state: 'complete' });
    const offsets = bench.ranges.map((range) => Number(/\d+/.exec(range ?? '0')?.[0]));
    expect(offsets).toHaveLength(3);
    expect(offsets[1]).toBeGreaterThan(500_000);
    expect(offsets[2]).toBeGreaterThan(offsets[1]! + 500_000);
    await bench.expectHere();
  });

  it('goes on in a later call, at a whole chunk, when the author went away in the middle', async () => {
    const first = await bench.fetch(bench.dyingAfter(800_000));
    expect(first).toMatchObject({ state: 'author-away', problems: [{ kind: 'away', source: AUTHOR }] });
    expect(await bench.mine.has(KEY)).toBe(false);
    const url = await bench.node(bench.serving());
    expect(await bench.fetcher.fetch(bench.order(url))).toMatchObject({ state: 'complete' });
    const offset = Number(/\d+/.exec(bench.ranges.at(-1) ?? '0')?.[0]);
    expect(offset).toBeGreaterThan(500_000);
    expect(offset % 65_536).toBe(0);
    await bench.expectHere();
  });

  it('that begins at the author and is cut there ends at a second source', async () => {
    const result = await bench.fetch(bench.dyingAfter(800_000), bench.serving());
    expect(result).toMatchObject({
      state: 'complete',
      from: SECOND,
      problems: [{ kind: 'away', source: AUTHOR }],
    });
    expect(bench.ranges.at(-1)).toMatch(/^bytes=[1-9]/);
    await bench.expectHere();
  });

  it.each([403, 404])('that the author answers with %i is asked of the second source', async (status) => {
    const result = await bench.fetch(bench.answering(status), bench.serving());
    const error = expect.objectContaining({ code: 'DOCUMENT_SOURCE_REFUSED' }) as unknown;
    expect(result).toMatchObject({ state: 'complete', from: SECOND, problems: [{ kind: 'refused', error }] });
  });

  it('is "author-away" when nobody listens, or the author is in trouble, and "fetching" when it refuses', async () => {
    expect((await bench.fetcher.fetch(bench.order(await bench.nobody()))).state).toBe('author-away');
    expect((await bench.fetch(bench.answering(503))).state).toBe('author-away');
    expect((await bench.fetch(bench.answering(403))).state).toBe('fetching');
  });

  it('gives up a source that falls silent', async () => {
    const result = await bench.fetch(() => new Promise(() => undefined), bench.serving());
    expect(result).toMatchObject({ state: 'complete', from: SECOND, problems: [{ kind: 'away' }] });
  });

  it('gives up a source that trickles, keeping what came, and asks the second source', async () => {
    await bench.reset(undefined, { paceMs: 60 });
    const error = expect.objectContaining({ code: 'DOCUMENT_SOURCE_AWAY' }) as unknown;
    expect(await bench.fetch(bench.trickling())).toMatchObject({
      state: 'author-away',
      problems: [{ kind: 'away', error }],
    });
    expect(bench.ranges).toHaveLength(1);
    await bench.reset(undefined, { paceMs: 60 });
    const result = await bench.fetch(bench.trickling(), bench.serving());
    expect(result).toMatchObject({ state: 'complete', from: SECOND });
    await bench.expectHere();
  });

  it('that is here already asks nobody', async () => {
    const url = await bench.node(bench.serving());
    await bench.fetcher.fetch(bench.order(url));
    expect(await bench.fetcher.fetch(bench.order(url))).toMatchObject({ state: 'complete', from: null });
    expect(bench.ranges).toHaveLength(1);
  });

  it('stops when told to, and keeps what arrived', async () => {
    const stop = new AbortController();
    let steps = 0;
    await bench.reset(() => {
      if (++steps === 20) stop.abort(new Error('stopping'));
    });
    const url = await bench.node(bench.serving());
    await expect(bench.fetcher.fetch(bench.order(url), stop.signal)).rejects.toThrow('stopping');
    const kept = await bench.mine.resume(KEY, { size: SIZE, saltedDigest: bench.stored.saltedDigest });
    expect(kept.offset).toBeGreaterThan(10 * 65_536);
    await kept.close();
  });

  it('throws DISK_FULL when this node has no room, and goes on when it has', async () => {
    let full = true;
    let steps = 0;
    await bench.reset((step) => {
      if (full && step === 'write' && ++steps > 20) throw Object.assign(new Error(), { code: 'ENOSPC' });
    });
    const url = await bench.node(bench.serving());
    await expect(bench.fetcher.fetch(bench.order(url))).rejects.toMatchObject({ code: 'DISK_FULL' });
    full = false;
    expect(await bench.fetcher.fetch(bench.order(url))).toMatchObject({ state: 'complete' });
    expect(bench.ranges[1]).toMatch(/^bytes=[1-9]/);
    await bench.expectHere();
  });

  it('uses at most four connections to one neighbour', async () => {
    const sockets = new Set<unknown>();
    const url = await bench.node(async (request, response) => {
      sockets.add(request.socket);
      await new Promise<void>((resolve) => response.writeHead(404).end(resolve));
    });
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => {
        const document = parseDocumentId(`0197f3a2-0000-7000-8000-0000000001${String(i).padStart(2, '0')}`);
        return bench.fetcher.fetch({ ...bench.order(url), key: { ...KEY, document } });
      }),
    );
    expect(sockets.size).toBeLessThanOrEqual(4);
  });
});
