import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { folderCopy } from '#audit';
import { aDecision, aNetwork, aPractice, TestLog } from '#testing';
import { StandIn, startCli } from '../cli.fixture.ts';
import { runCli } from '../run-cli.ts';

const scratch = await mkdtemp(join(tmpdir(), 'watch-cli-'));
const served = join(scratch, 'served');
const network = await aNetwork()
  .at({ now: () => new Date() })
  .founded();
const log = new TestLog(network);

/** A web server with the log's files. */
const files = new Map<string, Buffer>();
const server = await new StandIn(({ path }) => {
  const bytes = files.get(path.replace('/log/', ''));
  return bytes === undefined ? undefined : { bytes };
}).listen();
afterAll(async () => {
  server.close();
  await rm(scratch, { recursive: true, force: true });
});

const PATHS = [
  'checkpoint',
  'witnessed-checkpoint',
  'tile/0/000.p/2',
  'tile/entries/000.p/2',
  'archive/000.p/2',
];

/** Shows the log as it is, with one decided filing. */
async function publish(): Promise<void> {
  const filing = await aDecision(await aPractice(network).filedBy('c_d150').signed(), 1);
  log.leaves.splice(0);
  log.event(filing.signed).decision(filing);
  await log.writeTo(served, { cosignedBy: ['a'] });
  const read = folderCopy(served);
  for (const [n] of network.entries.entries()) PATHS.push(`registry/${n + 1}.xml`);
  for (const path of PATHS) {
    const bytes = await read(path);
    if (bytes !== undefined) files.set(path, bytes);
  }
  files.set('witnessed-checkpoint', log.checkpoint(2, ['a']));
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The whole command line, in this process. */
async function cli(args: readonly string[]): Promise<Ran> {
  let [out, err] = ['', ''];
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    error: (text: string) => {
      err += text;
    },
  };
  const code = await runCli(args, terminal, {});
  return { code, out, err };
}

/** A program that keeps what it is told. */
async function program(): Promise<string> {
  const place = join(scratch, 'tell-me');
  await writeFile(place, `#!/bin/sh\ncat >> ${join(scratch, 'told')}\n`);
  await chmod(place, 0o700);
  return place;
}

describe('audit watch', () => {
  it('tells of a fork once, with evidence that convicts the log, until it is acknowledged', async () => {
    const state = join(scratch, 'state');
    const of = [
      '--url',
      `${server.url}/log`,
      '--vkey',
      log.vkey,
      '--witness',
      log.witness('a').verifier.vkey,
    ];
    const watch = async (...more: string[]): Promise<Ran> =>
      await cli([
        'audit',
        'watch',
        ...of,
        '--root',
        network.root.fingerprint,
        '--state',
        state,
        '--json',
        ...more,
      ]);
    const once = ['--once', '--on-alarm', await program()];

    await publish();
    const well = await watch(...once);
    expect([well.err, well.code]).toEqual(['', 0]);
    expect(JSON.parse(well.out)).toMatchObject({
      verdict: 'well',
      verified: { to: 2 },
      witnessed: { size: 2 },
    });

    await publish();
    expect((await watch(...once)).code).toBe(1);
    const forked = JSON.parse((await watch(...once)).out) as {
      alarms: { code: string; times: number; evidence: string }[];
    };
    expect(forked.alarms).toMatchObject([{ code: 'AUDIT_LOG_FORKED' }]);
    const told = (await readFile(join(scratch, 'told'), 'utf8')).trim().split('\n');
    expect(told.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { alarms: [{ code: 'AUDIT_LOG_FORKED' }] },
    ]);

    const evidence = join(state, forked.alarms[0]?.evidence ?? '');
    const fork = await cli(['audit', 'fork', evidence, '--vkey', log.vkey, '--json']);
    expect(JSON.parse(fork.out)).toMatchObject({ proven: true, kind: 'two-roots' });

    const seen = await watch('--acknowledge', 'all');
    expect(JSON.parse(seen.out)).toMatchObject({ acknowledged: [{ code: 'AUDIT_LOG_FORKED' }], open: [] });
    expect((await watch(...once)).code).toBe(0);
  });

  it('ends with the process that was started, and be that killed: the next one goes on', async () => {
    const state = join(scratch, 'killed');
    const of = ['--url', `${server.url}/log`, '--vkey', log.vkey, '--root', network.root.fingerprint];
    await publish();
    const started = startCli(['audit', 'watch', ...of, '--state', state, '--every', '1s', '--json']);
    started.stdout.resume();
    const lock = join(state, 'lock');
    const holder = async (): Promise<number> => Number(await readFile(lock, 'utf8').catch(() => '0'));
    await expect.poll(holder, { timeout: 60_000, interval: 50 }).toBeGreaterThan(0);
    const own = await holder();
    expect(own).not.toBe(started.pid);
    started.kill('SIGKILL');
    const isThere = (): boolean => {
      try {
        return process.kill(own, 0);
      } catch {
        return false;
      }
    };
    await expect.poll(isThere, { timeout: 60_000, interval: 50 }).toBe(false);
    const next = await cli(['audit', 'watch', ...of, '--state', state, '--once', '--json']);
    expect([next.code, JSON.parse(next.out)]).toMatchObject([
      0,
      { compared: { from: 0, to: 2, waiting: 0 } },
    ]);
  }, 120_000);

  it('is not written: an address without a key, a time that is none, a token over plain http', async () => {
    const token = join(scratch, 'token');
    await writeFile(token, 'secret\n');
    const wrong = [
      ['--url', 'https://log.example/log'],
      ['--url', 'https://log.example/log', '--vkey', log.vkey, '--every', 'soon'],
      [
        '--url',
        'http://log.example/log',
        '--vkey',
        log.vkey,
        '--token-file',
        token,
        '--once',
        '--state',
        scratch,
      ],
    ];
    for (const args of wrong) expect((await cli(['audit', 'watch', ...args])).code).toBe(2);
  });
});
