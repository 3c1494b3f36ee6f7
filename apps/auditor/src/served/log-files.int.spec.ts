import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  parseBundle,
  parseVkey,
  recomputeLog,
  rootTiles,
  tilePath,
  VerifiedTiles,
  type VerifiedCheckpoint,
} from '#tlog';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { integrate } from '../log/integrate.ts';
import { LogReads } from './log-reads.fixture.ts';

const log = await LogInstance.open(await logDatabase());
const key = parseVkey(log.signer.verifier.vkey);
/** As they were served at that time, the smallest first. */
const heads: VerifiedCheckpoint[] = [];
let reads: LogReads;
let reader: string;
let auditor: string;

beforeAll(async () => {
  reads = await LogReads.open(log);
  reader = await reads.token('read');
  auditor = await reads.token('audit');
});

afterAll(async () => {
  await reads.close();
  await log.close();
});

const code = async (path: string, token = reader) => (await reads.get(path, { token })).code;

describe('the log’s files', () => {
  it('are not there before the log is', async () => {
    expect((await reads.get('/log/checkpoint')).code).toBe('LOG_NOT_READY');
    expect(await code('/log/tile/0/000.p/1')).toBe('LOG_NOT_READY');
  });

  it('lead from every entry to the signed root', async () => {
    for (const size of [0, 1, 255, 256, 257, 1_000]) {
      await log.growTo(size);
      const head = await reads.head(key);
      expect(head.size).toBe(size);
      heads.push(head);
    }
    let entries = 0;
    for await (const bundle of recomputeLog(heads.at(-1)!, reads.reader(auditor))) {
      entries += bundle.entries.length;
    }
    expect(entries).toBe(1_000);
  });

  it('are what each root says, also of a log of 65,537 leaves, and of every earlier size long after', async () => {
    for (const size of [65_535, 65_536, 65_537]) {
      await log.growTo(size);
      heads.push(await reads.head(key));
    }
    const read = reads.reader(auditor);
    for (const head of heads) {
      const tiles = await VerifiedTiles.open(head, read);
      expect((await tiles.rootAt(head.size)).equals(head.root)).toBe(true);
      if (head.size > 0) expect(await tiles.entries(Math.floor((head.size - 1) / 256))).not.toHaveLength(0);
      for (const tile of rootTiles(head.size)) {
        expect(await read(tilePath(tile))).toHaveLength(32 * tile.width);
      }
    }
    const all = await VerifiedTiles.open(heads.at(-1)!, read);
    for (const bundle of [0, 1, 128, 255]) expect(await all.entries(bundle)).toHaveLength(256);
  });

  it('go no further than the published checkpoint, and nobody keeps a refusal', async () => {
    const beyond = [
      '0/256.p/2',
      '0/256',
      '0/257.p/1',
      '1/001.p/1',
      '1/001',
      '2/000.p/2',
      '3/000.p/1',
      '63/000',
    ];
    for (const path of beyond) {
      const answer = await reads.get(`/log/tile/${path}`, { token: reader });
      expect([path, answer.status, answer.code]).toEqual([path, 404, 'LOG_TILE_MISSING']);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    expect(await code('/log/tile/entries/256.p/2', auditor)).toBe('LOG_TILE_MISSING');
    expect(await code('/log/tile/entries/x999/999', auditor)).toBe('LOG_TILE_MISSING');
    // A partial tile is never hashed upward: 256 full tiles make one hash, the 257th, which is not full, none.
    expect((await reads.get('/log/tile/1/000', { token: reader })).body).toHaveLength(8_192);
    expect((await reads.get('/log/tile/2/000.p/1', { token: reader })).body).toHaveLength(32);
  });

  it('of a size that is being published are there with its checkpoint, not before', async () => {
    const next = '/log/tile/0/256.p/3';
    await log.wait(2);
    await log.work.run(async (tx) => {
      await integrate(tx, log.signer);
      expect(await tx.query('select 1 from checkpoint where size = 65539')).toHaveLength(1);
      expect(await code(next)).toBe('LOG_TILE_MISSING');
      expect((await reads.head(key)).size).toBe(65_537);
    });
    expect((await reads.head(key)).size).toBe(65_539);
    expect((await reads.get(next, { token: reader })).body).toHaveLength(96);
  });

  it('have the media types and caching of tlog-tiles', async () => {
    const type = 'application/octet-stream';
    const checkpoint = await reads.get('/log/checkpoint');
    expect(checkpoint.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-cache',
    });
    for (const path of ['0/000', '0/000.p/17', '1/000']) {
      const { headers } = await reads.get(`/log/tile/${path}`, { token: reader });
      expect(headers).toMatchObject({
        'content-type': type,
        'cache-control': 'private, max-age=31536000, immutable',
      });
    }
    const bundle = await reads.get('/log/tile/entries/000', { token: auditor });
    const bundled = { 'content-type': type, 'cache-control': 'private, max-age=31536000, immutable' };
    expect(bundle.headers).toMatchObject({ ...bundled, vary: 'Accept-Encoding' });
    const zipped = await reads.get('/log/tile/entries/000', {
      token: auditor,
      headers: { 'accept-encoding': 'gzip, identity' },
    });
    expect(zipped.headers).toMatchObject({ ...bundled, 'content-encoding': 'gzip' });
    expect(zipped.headers['etag']).not.toBe(bundle.headers['etag']);
    expect(gunzipSync(zipped.body).equals(bundle.body)).toBe(true);
    expect(parseBundle(bundle.body, 256)).toHaveLength(256);
    const head = await reads.get('/log/tile/0/000', { token: reader, method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, headers: { 'content-length': '8192' } });
  });

  it('are not sent again to whoever has them', async () => {
    for (const [path, token] of [
      ['/log/checkpoint', undefined],
      ['/log/tile/0/000', reader],
      ['/log/tile/entries/001', auditor],
    ] as const) {
      const asking = token === undefined ? {} : { token };
      const { headers } = await reads.get(path, asking);
      const again = await reads.get(path, {
        ...asking,
        headers: { 'if-none-match': String(headers['etag']) },
      });
      expect(again).toMatchObject({ status: 304, headers: { etag: headers['etag'] } });
      expect(again.body).toHaveLength(0);
    }
    const before = String((await reads.get('/log/checkpoint')).headers['etag']);
    await log.growTo(65_540);
    const grown = await reads.get('/log/checkpoint', { headers: { 'if-none-match': before } });
    expect(grown.status).toBe(200);
  });

  it('are open to members: the checkpoint to all, hashes by certificate or token, entries to the auditor’s token', async () => {
    const hashes = '/log/tile/0/000';
    const entries = '/log/tile/entries/000';
    expect((await reads.get(hashes)).code).toBe('TOKEN_MISSING');
    expect(await reads.get(hashes, { member: 'c_d150' })).toMatchObject({
      status: 403,
      code: 'PEER_NOT_RECOGNISED',
    });
    reads.list('c_d150');
    expect((await reads.get(hashes, { member: 'c_d150' })).body).toHaveLength(8_192);
    expect((await reads.get('/log/checkpoint', { member: 'c_d150' })).status).toBe(200);
    expect((await reads.get(hashes, { token: auditor })).status).toBe(200);
    expect((await reads.get(entries, { member: 'c_d150' })).code).toBe('TOKEN_MISSING');
    expect((await reads.get(entries)).code).toBe('TOKEN_MISSING');
    expect(await code(entries)).toBe('SCOPE_MISSING');
    expect((await reads.get(entries, { token: auditor })).status).toBe(200);
    reads.list('c_d150', { revokedFrom: new Date(Date.now() - 1_000).toISOString() });
    expect((await reads.get(hashes, { member: 'c_d150' })).code).toBe('PEER_NOT_RECOGNISED');
    reads.list('c_d150', { role: 'router' });
    expect((await reads.get(hashes, { member: 'c_d150' })).code).toBe('PEER_NOT_RECOGNISED');
  });

  it.each([
    '0/0',
    '0/0000',
    '0/000/',
    '0//000',
    '0/x000/000',
    '0/001/000',
    '00/000',
    '64/000',
    '-1/000',
    '0/-01',
    '0/000.p/0',
    '0/000.p/01',
    '0/000.p/256',
    '0/000.p/',
    '0/000.p',
    '0/000.p/1/2',
    '0/%30%30%30',
    '0/000%2ep/1',
    '0/../0/000',
    '0/..%2f..%2fcheckpoint',
    '0/000%00',
    '0/x999/x999/x999/x999/x999/x999/999',
    'data/000',
    'entries/0',
    'entries/000.p/256',
    'entries/000/',
    '%65ntries/000',
    'ENTRIES/000',
    'entries/',
    'entries',
  ])('refuse the path %s', async (path) => {
    const answer = await reads.get(`/log/tile/${path}`, { token: auditor });
    expect(['LOG_TILE_MALFORMED', 'ROUTE_NOT_FOUND']).toContain(answer.code);
    expect([400, 404]).toContain(answer.status);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('have one spelling of their prefix, too', async () => {
    expect(await code('/LOG/tile/0/000')).toBe('LOG_TILE_MALFORMED');
    expect(await code('/log/Tile/0/000')).toBe('LOG_TILE_MALFORMED');
  });

  it('never show an entry that is not what was logged, or leave one out', async () => {
    await log.rows(
      `update log_entry set entry = 'altered' where id = (select entry from log_leaf where index = 300)`,
    );
    const altered = await reads.get('/log/tile/entries/001', { token: auditor });
    expect(altered).toMatchObject({ status: 500, code: 'LOG_STATE_DAMAGED' });
    expect(altered.headers['cache-control']).toBe('no-store');
    await log.rows('delete from log_entry where id = (select entry from log_leaf where index = 300)');
    expect(await code('/log/tile/entries/001', auditor)).toBe('LOG_STATE_DAMAGED');
    expect((await reads.get('/log/tile/entries/002', { token: auditor })).status).toBe(200);
  });
});
