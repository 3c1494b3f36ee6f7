import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { identify, isRunning } from '../process/identity.ts';

/** A small network of its own: broker, database, a node, and the guardian that knows them. Prints their process ids. */
const PARENT = `
const { spawn } = await import('node:child_process');
const { ensureNetworkPki, startGuardian, startKafka, startPostgres } = await import('#embedded');
const home = process.argv[1];
const guardian = await startGuardian();
const pki = await ensureNetworkPki({ dir: home + '/pki', holders: [] });
const postgres = await startPostgres({ home, guardian });
const kafka = await startKafka({ home, pki, guardian, shortLived: true });
const node = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
guardian.watch(node.pid, 'node');
const pids = [guardian.pid, postgres.pid, kafka.pid, node.pid].filter((pid) => pid !== null);
console.log(JSON.stringify({ pids, brokers: kafka.brokers }));
setInterval(() => {}, 1000);
`;

it('leaves no broker, database, node or guardian 10 s after SIGKILL of the process that started them', async () => {
  const home = await mkdtemp(join(tmpdir(), 'killed-'));
  const parent = spawn(
    process.execPath,
    [
      '--experimental-transform-types',
      '--no-warnings',
      '--conditions=source',
      '--input-type=module',
      '-e',
      PARENT,
      home,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  onTestFinished(async () => {
    parent.kill('SIGKILL');
    await rm(home, { recursive: true, force: true });
  });
  let errors = '';
  parent.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const line = await new Promise<string>((resolve, reject) => {
    parent.stdout.once('data', (chunk: Buffer) => {
      resolve(chunk.toString());
    });
    parent.once('exit', () => {
      reject(new Error(`the parent ended: ${errors}`));
    });
  });
  const { pids } = JSON.parse(line) as { pids: number[] };
  const identities = pids.map((pid) => identify(pid)).filter((identity) => identity !== undefined);
  expect(identities.length).toBe(pids.length);
  parent.kill('SIGKILL');
  await expect.poll(() => identities.filter(isRunning), { timeout: 10_000, interval: 100 }).toEqual([]);
}, 60_000);
