import { brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archivePath, readPack } from '#audit';
import { sha256Hex } from '#evidence';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { LogReads } from '../served/log-reads.fixture.ts';
import { PackArchive } from './pack-archive.ts';
import { SignedLog } from './signed-log.fixture.ts';

const log = await LogInstance.open(await logDatabase());
const filled = await SignedLog.over(log);
const archive = new PackArchive({ work: log.work, fenced: () => Promise.resolve() });
const entries = ['<Entry number="1"/>', '<Entry number="2"/>', '<Entry number="3"/>'].map((text) =>
  Buffer.from(text),
);
let reads: LogReads;
let reader: string;
let auditor: string;

beforeAll(async () => {
  await filled.add(100);
  reads = await LogReads.open(log, entries.map(sha256Hex));
  reader = await reads.token('read');
  auditor = await reads.token('audit');
});

afterAll(async () => {
  await reads.close();
  await log.close();
});

const pack = (path: string) => reads.get(`/log/archive/${path}`, { token: auditor });
const code = async (path: string, token = auditor) => (await reads.get(path, { token })).code;

describe('the archive', () => {
  it('has the signed bytes of every entry of the published log, in rows and packed alike', async () => {
    const everything = async () => {
      for (const [index, width] of [
        [0, 1],
        [0, 255],
        [0, 256],
        [1, 1],
        [1, 44],
      ] as const) {
        const { status, body } = await reads.get(`/log/${archivePath({ index, width })}`, { token: auditor });
        expect(status).toBe(200);
        const items = await readPack(body, width);
        expect(items).toEqual(filled.signed.slice(index * 256, index * 256 + width));
      }
      for (const place of [0, 99, 100, 255, 256, 299]) {
        const answer = await reads.get(`/v1/archive/${filled.digests[place]}`, { token: auditor });
        expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/xml' } });
        expect(answer.body.equals(filled.signed[place]!)).toBe(true);
      }
    };
    await everything();
    expect(await archive.step()).toBe('packed');
    expect(await log.rows('select 1 from archive')).toHaveLength(44);
    await everything();
  });

  it('is one stream of Brotli: each document behind its length', async () => {
    const { body } = await pack('001.p/1');
    const [document] = filled.signed.slice(256);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(document!.length);
    expect(brotliDecompressSync(body).equals(Buffer.concat([length, document!]))).toBe(true);
  });

  it('has one content for ever where a pack is full; one that is made to be given out is nobody’s to keep', async () => {
    const full = await pack('000');
    expect(full.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'cache-control': 'private, max-age=31536000, immutable',
    });
    const [row] = await log.rows<{ bytes: Buffer }>('select bytes from archive_pack');
    expect(full.body.equals(row!.bytes)).toBe(true);
    const again = await reads.get('/log/archive/000', {
      token: auditor,
      headers: { 'if-none-match': String(full.headers['etag']) },
    });
    expect(again.status).toBe(304);
    expect((await pack('001.p/44')).headers['cache-control']).toBe('private, no-cache');
    expect((await pack('000.p/9')).headers['cache-control']).toBe('private, no-cache');
  });

  it('goes no further than the published log, and nobody keeps a refusal', async () => {
    for (const path of ['001', '001.p/45', '002.p/1', 'x001/000']) {
      const answer = await pack(path);
      expect([path, answer.status, answer.code]).toEqual([path, 404, 'LOG_TILE_MISSING']);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  it.each([
    '0',
    '0000',
    '000/',
    '000.p/0',
    '000.p/256',
    '000.p/01',
    '%30%30%30',
    '../tile/entries/000',
    'entries/000',
    '000.br',
  ])('refuses the path %s', async (path) => {
    const answer = await pack(path);
    expect(['LOG_TILE_MALFORMED', 'ROUTE_NOT_FOUND']).toContain(answer.code);
    expect(await code(`/LOG/archive/${path}`)).not.toBeNull();
  });

  it('is for auditors; by digest also for the node of whoever wrote it or takes part', async () => {
    reads.list('c_d150');
    reads.list('p_cr');
    reads.list('c_d142');
    expect(await code('/log/archive/000', reader)).toBe('SCOPE_MISSING');
    expect((await reads.get('/log/archive/000', { member: 'p_cr' })).code).toBe('TOKEN_MISSING');
    // Packed and not packed, of each kind.
    for (const place of [0, 100, 299]) {
      const path = `/v1/archive/${filled.digests[place]}`;
      expect(await code(path, reader)).toBe('SCOPE_MISSING');
      for (const member of ['c_d150', 'p_cr'])
        expect((await reads.get(path, { member })).body.equals(filled.signed[place]!)).toBe(true);
      expect((await reads.get(path, { member: 'c_d142' })).code).toBe('NOT_A_PARTICIPANT');
      expect((await reads.get(path)).code).toBe('TOKEN_MISSING');
    }
    expect(await code(`/v1/archive/${'ab'.repeat(32)}`)).toBe('ARCHIVE_NOT_FOUND');
  });

  it('never gives out bytes that are not what was logged, or leaves some out', async () => {
    const [altered, removed] = [filled.digests[260]!, filled.digests[270]!];
    const byDigest = `sha256 = decode($1, 'hex')`;
    const [kept] = await log.rows<{ bytes: Buffer }>(`select bytes from archive where ${byDigest}`, [
      altered,
    ]);
    await log.rows(`update archive set bytes = bytes || ' ' where ${byDigest}`, [altered]);
    expect(await code(`/v1/archive/${altered}`)).toBe('LOG_STATE_DAMAGED');
    expect(await code('/log/archive/001.p/44')).toBe('LOG_STATE_DAMAGED');
    await log.rows(`update archive set bytes = $2 where ${byDigest}`, [altered, kept!.bytes]);
    expect((await pack('001.p/44')).status).toBe(200);
    await log.rows(`delete from archive where ${byDigest}`, [removed]);
    expect(await code('/log/archive/001.p/44')).toBe('LOG_STATE_DAMAGED');
    // What stands before it is given all the same.
    expect((await pack('001.p/14')).status).toBe(200);
    const [packed] = await log.rows<{ bytes: Buffer }>('select bytes from archive_pack');
    await log.rows('update archive_pack set bytes = $1', [packed!.bytes.subarray(0, -9)]);
    expect(await code('/log/archive/000')).toBe('LOG_STATE_DAMAGED');
    expect(await code(`/v1/archive/${filled.digests[7]}`)).toBe('LOG_STATE_DAMAGED');
  });
});

describe('the registry’s chain beside the log', () => {
  it('is given as this node has verified it, entry by entry, to members and auditors', async () => {
    for (const [place, bytes] of entries.entries()) {
      await log.rows('insert into registry_copy (number, bytes, digest) values ($1, $2, $3)', [
        place + 1,
        bytes,
        sha256Hex(bytes),
      ]);
    }
    for (const asking of [{ token: reader }, { token: auditor }, { member: 'p_cr' }]) {
      const answer = await reads.get('/log/registry/2.xml', asking);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/xml',
        'cache-control': 'private, max-age=31536000, immutable',
      });
      expect(answer.body.equals(entries[1]!)).toBe(true);
    }
    expect((await reads.get('/log/registry/2.xml')).code).toBe('TOKEN_MISSING');
    expect(await code('/log/registry/4.xml')).toBe('LOG_TILE_MISSING');
    for (const path of ['0.xml', '01.xml', '1', '1.xml/', '-1.xml', '%31.xml', 'x.xml'])
      expect(['LOG_TILE_MALFORMED', 'ROUTE_NOT_FOUND']).toContain(await code(`/log/registry/${path}`));
  });

  it('never gives out an entry that is another one than what was verified', async () => {
    const other = Buffer.from('<Entry number="3" altered=""/>');
    await log.rows('update registry_copy set bytes = $1, digest = $2 where number = 3', [
      other,
      sha256Hex(other),
    ]);
    expect(await code('/log/registry/3.xml')).toBe('LOG_STATE_DAMAGED');
  });
});
