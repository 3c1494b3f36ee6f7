import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureNetworkPki, type NetworkPki } from '../pki/network-pki.ts';
import { dockerEngine } from './docker-engine.ts';
import { externalCluster } from './external.ts';
import { startKafka } from './start-kafka.ts';

let home: string;
let pki: NetworkPki;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'kafka-'));
  pki = await ensureNetworkPki({
    dir: join(home, 'pki'),
    holders: [{ holder: 'c_d150', role: 'authority' }],
  });
});
afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

it('names the three ways to a broker when none applies', async () => {
  const env = { PATH: home, DOCKER_HOST: `unix://${join(home, 'none.sock')}` };
  const error: unknown = await startKafka({ home, pki, env }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
  expect(String(error)).toMatch(
    /1\. set KAFKA_BROKERS.*\n2\. start a Docker engine.*\n3\. install Java 17 or later and Maven/,
  );
});

it('reads the variables of a cluster that is there already', () => {
  expect(externalCluster({})).toBeUndefined();
  expect(
    externalCluster({
      KAFKA_BROKERS: ' k1:9093, k2:9093,',
      KAFKA_CA: '/ca.pem',
      KAFKA_CERT_DIR: '/certs',
      KAFKA_PRINCIPALS: '/p.json',
    }),
  ).toEqual({
    brokers: ['k1:9093', 'k2:9093'],
    caFile: '/ca.pem',
    certDir: '/certs',
    principalsFile: '/p.json',
  });
});

it.each([
  ['KAFKA_CA', 'nowhere.pem'],
  ['KAFKA_CERT_DIR', 'nowhere'],
  ['KAFKA_PRINCIPALS', 'nowhere.json'],
])('names %s when its file is not there', async (variable, file) => {
  const env = { KAFKA_BROKERS: 'localhost:1', [variable]: join(home, file) };
  await expect(startKafka({ home, pki, env })).rejects.toMatchObject({
    code: 'KAFKA_UNAVAILABLE',
    message: expect.stringContaining(variable) as string,
  });
});

it('says that no broker of KAFKA_BROKERS answers', async () => {
  await expect(startKafka({ home, pki, env: { KAFKA_BROKERS: 'localhost:1' } })).rejects.toMatchObject({
    code: 'KAFKA_UNAVAILABLE',
    message: expect.stringContaining('localhost:1') as string,
  });
});

it('does not take a socket that is no Docker engine for one', async () => {
  const file = join(home, 'docker.sock');
  await writeFile(file, '');
  expect(await dockerEngine({ DOCKER_HOST: `unix://${file}` })).toMatchObject({ reachable: false });
});
