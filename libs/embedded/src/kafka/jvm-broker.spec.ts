import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureNetworkPki } from '../pki/network-pki.ts';
import { startJvmBroker, type JvmBrokerOptions } from './jvm-broker.ts';

let dir: string;
let options: JvmBrokerOptions;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'broker-'));
  const pki = await ensureNetworkPki({ dir: join(dir, 'pki'), holders: [] });
  // Not a Java: it refuses the first flag, as a Java without memory would.
  options = { dir, logDir: join(dir, 'logs'), jars: dir, java: process.execPath, pki };
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

it('says what the formatting of its folder answered', async () => {
  await expect(startJvmBroker(options)).rejects.toMatchObject({
    code: 'KAFKA_START_FAILED',
    details: { output: expect.stringContaining('bad option') as string },
  });
});

it('says where the log is, and its last lines, when the broker ends while starting', async () => {
  await mkdir(join(dir, 'data'));
  await writeFile(join(dir, 'data', 'meta.properties'), 'cluster.id=known\n');
  await expect(startJvmBroker(options)).rejects.toMatchObject({
    code: 'KAFKA_START_FAILED',
    message: expect.stringContaining(join(dir, 'logs', 'kafka.log')) as string,
    details: { tail: expect.stringContaining('bad option') as string },
  });
});

it('says that a port which it was told to take is in use', async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
  const { port } = squatter.address() as { port: number };
  await expect(startJvmBroker({ ...options, port })).rejects.toMatchObject({
    code: 'KAFKA_START_FAILED',
    message: `port ${String(port)} is in use`,
  });
  await new Promise((resolve) => squatter.close(resolve));
});
