import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureNetworkPki, type NetworkPki } from '../pki/network-pki.ts';
import { startContainerBroker, type ContainerEngine, type ContainerSpec } from './container-broker.ts';

let dir: string;
let pki: NetworkPki;
let asked: ContainerSpec[];
let stopped: number;
const engine: ContainerEngine = {
  async start(spec) {
    asked.push(spec);
    return await Promise.resolve({
      stop: async () => {
        await Promise.resolve();
        stopped += 1;
      },
    });
  },
};
const isReady = async (): Promise<boolean> => await Promise.resolve(true);

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'container-'));
  pki = await ensureNetworkPki({ dir: join(dir, 'pki'), holders: [] });
  asked = [];
  stopped = 0;
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

it('asks for the official image, on the port that the broker tells its clients', async () => {
  const broker = await startContainerBroker({ dir, pki, port: 19092, engine, isReady });
  const [spec] = asked;
  expect(broker.brokers).toEqual(['localhost:19092']);
  expect(spec).toMatchObject({
    image: 'apache/kafka:4.4.0',
    port: 19092,
    volume: { target: '/var/lib/kafka/data' },
  });
  expect(spec?.file.content).toContain('advertised.listeners=CLIENT://localhost:19092\n');
  expect(spec?.file.content).toContain('log.dirs=/var/lib/kafka/data\n');
  expect(spec?.command.at(-1)).toContain(
    `exec /opt/kafka/bin/kafka-server-start.sh ${String(spec?.file.target)}`,
  );
});

it('keeps mutual TLS and the authorizer on in the container', async () => {
  await startContainerBroker({ dir, pki, engine, isReady });
  const content = asked[0]?.file.content ?? '';
  expect(content).toContain('ssl.client.auth=required\n');
  expect(content).toContain('listener.security.protocol.map=CLIENT:SSL,CONTROLLER:SSL\n');
  expect(content).toContain('allow.everyone.if.no.acl.found=false\n');
  expect(content).toContain(`super.users=User:${pki.broker.principal};User:${pki.admin.principal}\n`);
});

it('comes back to the same volume, so that topics outlive the container', async () => {
  await (await startContainerBroker({ dir, pki, engine, isReady })).stop();
  await startContainerBroker({ dir, pki, engine, isReady });
  expect(stopped).toBe(1);
  expect(asked[1]?.volume).toEqual(asked[0]?.volume);
  expect(asked[1]?.command).toEqual(asked[0]?.command);
});

it('says what the engine refused', async () => {
  const refusing: ContainerEngine = { start: async () => await Promise.reject(new Error('no such image')) };
  await expect(startContainerBroker({ dir, pki, engine: refusing, isReady })).rejects.toMatchObject({
    code: 'KAFKA_START_FAILED',
    cause: { message: 'no such image' },
  });
});
