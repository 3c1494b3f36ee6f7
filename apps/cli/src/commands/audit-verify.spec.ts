import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditReport } from '#audit';
import { aDecision, aNetwork, aPractice, TestLog } from '#testing';
import { cli, cliProcess, homeWith, standIns } from '../cli.fixture.ts';

const scratch = await mkdtemp(join(tmpdir(), 'audit-verify-'));
afterAll(() => rm(scratch, { recursive: true, force: true }));
const network = await aNetwork().founded();
const log = new TestLog(network);
const folder = join(scratch, 'copy');
const standIn = standIns();

const env = { XDG_STATE_HOME: join(scratch, 'state') };
const keys = ['--vkey', log.vkey, '--root', network.root.fingerprint];

beforeAll(async () => {
  const decided = await aDecision(await aPractice(network).filedBy('c_d150').signed(), 1);
  log.event(decided.signed).decision(decided);
  await log.writeTo(folder, { archive: { of: 'everything' }, cosignedBy: ['a'] });
});

describe('audit verify', () => {
  it('verifies with nothing but keys, keeps the checkpoint, and writes the report', async () => {
    const report = join(scratch, 'report.json');
    const ran = await cliProcess(
      ['audit', 'verify', folder, ...keys, '--witness', log.witness('a').verifier.vkey, '--report', report],
      { ...env, LANG: 'it_IT.UTF-8' },
    );
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(ran.out).toContain('VERIFICATO');
    expect(ran.out).toContain('ogni firma, con il certificato com’era allora');
    expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({
      format: 'reset-hub/audit-report@v1',
      verdict: 'verified',
      witnesses: { by: [{ name: 'a' }] },
    });
    const again = await cli(['audit', 'verify', folder, ...keys, '--json'], env);
    const answer = JSON.parse(again.out) as AuditReport & { readonly state: string };
    expect(answer.continues).toEqual([{ from: 'the last verification', size: 2 }]);
    expect(answer.state.startsWith(join(env.XDG_STATE_HOME, 'reset-hub', 'audit', 'log.example-test-'))).toBe(
      true,
    );
  });

  it('ends with 1 if something was found: its code, its place, and what to do', async () => {
    const ran = await cli(
      ['audit', 'verify', folder, ...keys, '--witness', new TestLog(network).witness('b').verifier.vkey],
      env,
    );
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('FINDINGS: 1');
    expect(ran.out).toContain('LOG_NOT_WITNESSED × 1');
    expect(ran.out).toContain('→ Ask for a newer checkpoint');
  });

  it('ends with 2 if nothing can be said: no copy, another log’s key, a key that is none, no key', async () => {
    const none = await cli(['audit', 'verify', scratch, ...keys, '--json'], env);
    expect([none.code, JSON.parse(none.out)]).toMatchObject([
      2,
      { error: { code: 'AUDIT_NOT_JUDGED', details: { code: 'AUDIT_COPY_EMPTY' } } },
    ]);
    const other = await cli(['audit', 'verify', folder, '--vkey', new TestLog(network).vkey], env);
    expect([other.code, other.out]).toEqual([2, '']);
    expect(other.err).toContain('LOG_KEY_UNKNOWN');
    for (const wrong of [['--vkey', 'nonsense'], [], [...keys, '--policy', 'x'], [...keys, '--root', 'ab']])
      expect((await cli(['audit', 'verify', folder, ...wrong])).code).toBe(2);
  });
});

describe('audit export', () => {
  it.each([
    ['an auditor', (path: string) => ({ code: 'LOG_TILE_MISSING', detail: path })],
    ['a web server that holds its files', () => 'Not found'],
  ])('copies the log from %s into a folder, from which it verifies', async (where, notFound) => {
    const served = new Map<string, Buffer>();
    const server = await standIn(({ path }) => {
      const bytes = served.get(path);
      return bytes ? { bytes } : { status: 404, json: notFound(path) };
    });
    for (const path of ['checkpoint', 'tile/0/000.p/2', 'tile/entries/000.p/2', 'archive/000.p/2'])
      served.set(`/log/${path}`, await readFile(join(folder, path)));
    for (let n = 1; n <= network.entries.length; n += 1)
      served.set(`/log/registry/${n}.xml`, await readFile(join(folder, `registry/${n}.xml`)));
    const home = await homeWith(
      { auditor: server.url },
      {
        log: { origin: log.origin, vkey: log.vkey },
        pki: { ca: '', dir: '', fingerprint: network.root.fingerprint },
      },
    );
    const to = join(scratch, where);
    const ran = await cli(['audit', 'export', '--to', to, '--home', home, '--json']);
    expect(JSON.parse(ran.out)).toMatchObject({
      size: 2,
      archive: { of: 'everything', documents: 2 },
      missing: 0,
    });
    expect(server.seen[0]?.authorization).toBe('Bearer rh_auditor');
    const verified = await cli(['audit', 'verify', to, ...keys, '--state', join(scratch, 'own')], env);
    expect([verified.code, verified.err]).toEqual([0, '']);
    await writeFile(join(to, 'tile/0/000.p/2'), Buffer.alloc(64));
    expect((await cli(['audit', 'verify', to, ...keys], env)).code).toBe(1);
  });

  it('copies no document with --without-archive, and of a period only those dated in it', async () => {
    const server = await standIn(({ path }) => {
      const file = join(folder, path.replace('/log/', ''));
      return existsSync(file) ? { bytes: readFileSync(file) } : { status: 404, json: 'Not found' };
    });
    const token = join(scratch, 'token');
    await writeFile(token, 'rh_token\n');
    const elsewhere = ['--auditor', server.url, '--token-file', token, '--vkey', log.vkey, '--json'];
    const exported = async (to: string, ...scope: readonly string[]) =>
      JSON.parse((await cli(['audit', 'export', '--to', join(scratch, to), ...scope, ...elsewhere])).out) as {
        readonly archive: object;
      };
    const nothing = await exported('none', '--without-archive');
    expect(nothing.archive).toEqual({ of: 'nothing', documents: 0 });
    expect(existsSync(join(scratch, 'none', 'archive'))).toBe(false);
    const [from, to] = ['2001-01-01T00:00:00.000Z', '2002-01-01T00:00:00.000Z'];
    const long = await exported('period', '--from', from, '--to-time', to);
    expect(long.archive).toEqual({ of: 'period', from, to, documents: 0 });
  });

  it('takes one part of the archive at a time, and a period whole', async () => {
    for (const wrong of [
      ['--from', '2026-01-01'],
      ['--practice', 'x', '--authority', 'p_cr'],
      ['--without-archive', '--authority', 'p_cr'],
      ['--vkey', 'x'],
    ]) {
      const ran = await cli(['audit', 'export', '--to', join(scratch, 'x'), ...wrong]);
      expect([ran.code, ran.err]).toMatchObject([2, expect.stringContaining('USAGE_INVALID') as string]);
    }
  });
});
