import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clusterIdOf, format, METADATA_LOG } from './jvm-format.ts';
import { dataDirOf } from './jvm-process.ts';

/** As Kafka's tool: names of its own, and files that cannot be written to. Each run leaves a line. */
const TOOL = `#!/bin/sh
for argument; do case $argument in --cluster-id=*) cluster=\${argument#--cluster-id=};; esac; done
mkdir -p data/${METADATA_LOG} && echo features > data/${METADATA_LOG}/0.checkpoint && chmod 400 data/${METADATA_LOG}/0.checkpoint
printf '#\\nnode.id=1\\ndirectory.id=made\\nversion=1\\ncluster.id=%s\\n' "$cluster" > data/meta.properties
echo ran >> "$0.runs"
`;

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'format-'));
  await mkdir(join(home, 'jars'));
  await writeFile(join(home, 'java'), TOOL);
  await chmod(join(home, 'java'), 0o700);
});
afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

async function formatted(nodeId: number, clusterId: string): Promise<{ meta: string; checkpoint: string }> {
  const dir = join(home, `broker-${String(nodeId)}`);
  await mkdir(dir, { recursive: true });
  const settings = { dir, logFile: 'unused', jars: join(home, 'jars'), java: join(home, 'java') };
  await format(settings, nodeId, clusterId);
  expect(await clusterIdOf(dir)).toBe(clusterId);
  const data = dataDirOf(dir);
  return {
    meta: await readFile(join(data, 'meta.properties'), 'utf8'),
    checkpoint: await readFile(join(data, METADATA_LOG, '0.checkpoint'), 'utf8'),
  };
}

const runs = async (): Promise<number> =>
  (await readFile(join(home, 'java.runs'), 'utf8')).split('\n').length - 1;

it('runs Kafka’s tool once for its jars; every other folder is a copy with names of its own', async () => {
  const first = await formatted(1, 'cluster-a');
  const second = await formatted(2, 'cluster-b');
  expect(await runs()).toBe(1);
  expect(second.checkpoint).toBe(first.checkpoint);
  expect(second.meta).toMatch(/^#\nnode\.id=2\ndirectory\.id=[\w-]{22}\nversion=1\ncluster\.id=cluster-b\n$/);
  expect(await readdir(join(home, 'jars'))).toEqual(['formatted']);
});

it('begins anew where a folder was left half-way', async () => {
  await formatted(1, 'cluster-a');
  const data = dataDirOf(join(home, 'broker-2'));
  await cp(dataDirOf(join(home, 'broker-1')), data, { recursive: true });
  await rm(join(data, 'meta.properties'));
  await writeFile(join(data, METADATA_LOG, '1.checkpoint'), 'of before');
  await formatted(2, 'cluster-b');
  expect(await readdir(join(data, METADATA_LOG))).toEqual(['0.checkpoint']);
});

it('runs the tool again where the copy lacks something, or nothing can be kept', async () => {
  await formatted(1, 'cluster-a');
  await rm(join(home, 'jars', 'formatted', METADATA_LOG), { recursive: true });
  await formatted(2, 'cluster-a');
  expect(await runs()).toBe(2);
  await rm(join(home, 'jars'), { recursive: true });
  await writeFile(join(home, 'jars'), 'no folder');
  await formatted(3, 'cluster-a');
  expect(await runs()).toBe(3);
});
