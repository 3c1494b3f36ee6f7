import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { BROKER_IMAGE } from './kafka/container-broker.ts';
import { run } from './process/run.ts';
import { brokerPom } from './project-root.ts';

interface Service {
  readonly image: string;
  readonly build?: { readonly args: { readonly APP: string } };
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly volumes?: readonly (
    string | { readonly source: string; readonly volume: { readonly subpath: string } }
  )[];
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

const DOCKER = dirname(dirname(brokerPom()));
const compose = parse(await readFile(join(DOCKER, 'compose.yaml'), 'utf8'), { merge: true }) as Compose;
const services = Object.entries(compose.services);

it('mounts only volumes and waits only for services that compose.yaml declares', () => {
  for (const [name, { volumes = [], depends_on: needs = [] }] of services) {
    for (const volume of volumes) {
      const source = typeof volume === 'string' ? (volume.split(':')[0] ?? '') : volume.source;
      if (!source.startsWith('./')) expect(Object.keys(compose.volumes), name).toContain(source);
    }
    for (const need of Array.isArray(needs) ? (needs as string[]) : Object.keys(needs)) {
      expect(Object.keys(compose.services), name).toContain(need);
    }
  }
});

it('gives each node the keys of its own holder and of no other', () => {
  const nodes = services.filter(([, { environment }]) => environment?.['NODE_NAME'] !== undefined);
  expect(nodes).toHaveLength(7);
  for (const [name, { environment, volumes = [] }] of nodes) {
    const mounted = volumes.flatMap((volume) => (typeof volume === 'string' ? [] : [volume.volume.subpath]));
    const holders = mounted.filter((subpath) => !['ca', 'network'].includes(subpath));
    expect(holders, name).toEqual([environment?.['NODE_NAME']]);
  }
});

it('runs the same version of the broker from Maven, in containers and under compose', async () => {
  const version = /<kafka\.version>([^<]+)</.exec(await readFile(brokerPom(), 'utf8'))?.[1];
  expect(BROKER_IMAGE).toBe(`apache/kafka:${String(version)}`);
  for (const broker of ['kafka-1', 'kafka-2', 'kafka-3']) {
    expect(compose.services[broker]?.image).toBe(BROKER_IMAGE);
  }
});

it('prepares certificates and three brokers with three copies, two of them in sync', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'compose-'));
  const env = { ...process.env, PKI_DIR: dir };
  // With what `npm run build` has compiled, as in the images.
  const done = await run(process.execPath, [join(DOCKER, 'prepare.mjs'), 'pki'], { cwd: DOCKER, env });
  const root = new X509Certificate(await readFile(join(dir, 'ca', 'ca.crt.pem')));
  const [fingerprint, vkey] = done.output.split('\n');
  expect(fingerprint).toBe(
    `REGISTRY_ROOT_FINGERPRINT=${root.fingerprint256.replaceAll(':', '').toLowerCase()}`,
  );
  const properties = await readFile(join(dir, 'kafka', 'kafka-2.properties'), 'utf8');
  expect(properties).toContain('node.id=2\n');
  expect(properties).toContain('controller.quorum.voters=1@kafka-1:9093,2@kafka-2:9093,3@kafka-3:9093\n');
  expect(properties).toContain('default.replication.factor=3\nmin.insync.replicas=2\n');
  const { certificates } = JSON.parse(await readFile(join(dir, 'network', 'certificates.json'), 'utf8')) as {
    certificates: string[];
  };
  expect(certificates).toHaveLength(14);
  const logKey = await readFile(join(dir, 'auditor', 'log.key'), 'utf8');
  const { LOG_ORIGIN, LOG_KEY_FILE } = compose.services['auditor']?.environment ?? {};
  expect(LOG_KEY_FILE).toBe('/pki/own/log.key');
  expect(logKey.startsWith(`PRIVATE+KEY+${LOG_ORIGIN}+`)).toBe(true);
  expect(vkey?.startsWith(`LOG_VKEY=${LOG_ORIGIN}+`)).toBe(true);
  const authorities = services.filter(([, { build }]) => build?.args.APP === 'authority');
  expect(authorities).toHaveLength(4);
  for (const [name, { environment = {} }] of authorities) {
    expect(environment['WITNESS_LOGS'], name).toBe('${LOG_VKEY:-}');
    const own = join(dir, String(environment['NODE_NAME']));
    const file = environment['WITNESS_KEY_FILE']?.replace('/pki/own', own) ?? '';
    expect(await readFile(file, 'utf8'), name).toMatch(/^PRIVATE\+KEY\+/);
  }
  await rm(dir, { recursive: true, force: true });
});
