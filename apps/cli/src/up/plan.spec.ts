import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseVkey, parseWitnessVkey } from '#tlog';
import { placesIn } from '../network/home.ts';
import { ensureLogKey, ensureWitnessKey } from './config-files.ts';
import { chooseFiling } from './demonstration/choose-filing.ts';
import { nodeNames, planNetwork } from './network-plan.ts';
import { checkNodeVariables, nodeEnvironment, type NodeSettings } from './node-environment.ts';
import { Secrets, tokenDigest } from './secrets.ts';

const files = { certFile: 'c', keyFile: 'k', fingerprint: 'f', generation: 1 };
const settings: NodeSettings = {
  name: 'c_d150',
  databaseUrl: 'postgres://own',
  holder: { holder: 'c_d150', role: 'authority', signing: files, transport: { ...files, principal: 'p' } },
  connection: { brokers: ['a:1', 'b:2'], caFile: 'ca', certFile: 'tc', keyFile: 'tk' },
  pki: {
    dir: 'pki',
    ca: { certFile: 'ca', keyFile: 'cak', crlFile: '', fingerprint: 'ff' },
    broker: { ...files, principal: 'p' },
    admin: { ...files, principal: 'p' },
    holders: {},
  },
  port: 4000,
  adminTokenSha256: 'aa',
};

it('reads the network from its catalogue: members are the joined bodies, and the demonstration asks one of them', () => {
  const plan = planNetwork(undefined);
  expect(plan.members.map(({ ipa }) => ipa)).toEqual(['c_d150', 'p_cr', 'c_d142', 'c_b898']);
  const filing = chooseFiling(plan);
  expect(filing).toMatchObject({ at: 'c_d150', concluder: 'p_cr' });
  expect(filing.procedure.grants.opinion).toContain('conclusion.issued');
  expect(() => planNetwork('/no/such/network.yaml')).toThrow(/there is no/);
});

it('passes a node what the operator sets for nodes, never what is meant for the network as a whole', () => {
  const env = nodeEnvironment(
    settings,
    { PEER_PORT: '4001' },
    {
      LOG_LEVEL: 'debug',
      MAX_FILE_BYTES: '1',
      DATABASE_URL: 'postgres://administrator',
      KAFKA_BROKERS: 'everybody:1',
      KAFKA_CERT_DIR: '/certs',
      HTTP_TLS_CERT: '/tls',
      PEER_HOST: '0.0.0.0',
      npm_lifecycle_event: 'start',
    },
  );
  expect(env).toMatchObject({
    LOG_LEVEL: 'debug',
    MAX_FILE_BYTES: '1',
    DATABASE_URL: 'postgres://own',
    KAFKA_BROKERS: 'a:1,b:2',
    PEER_PORT: '4001',
    HTTP_PORT: '4000',
    ADMIN_TOKEN_SHA256: 'aa',
  });
  for (const name of ['KAFKA_CERT_DIR', 'HTTP_TLS_CERT', 'PEER_HOST', 'npm_lifecycle_event'])
    expect(env).not.toHaveProperty(name);
});

it('lets nodes keep what Node compiled beside the downloads, or where the operator says', () => {
  const kept = (env: NodeJS.ProcessEnv) => nodeEnvironment(settings, {}, env)['NODE_COMPILE_CACHE'];
  expect(kept({ RESET_HUB_CACHE: '/cache' })).toBe(join('/cache', 'compiled'));
  expect(kept({ RESET_HUB_CACHE: '/cache', NODE_COMPILE_CACHE: '/own' })).toBe('/own');
});

it('gives a node the key in a token that is named for it, and to the others their files', () => {
  const env = { SIGNING_KEY_C_D150: 'pkcs11:token=hub', SIGNING_KEY_P_CR: '', SIGNING_KEY: 'everybody' };
  expect(nodeEnvironment(settings, {}, env)).toMatchObject({ SIGNING_KEY: 'pkcs11:token=hub' });
  expect(nodeEnvironment({ ...settings, name: 'p_cr' }, {}, env)).toMatchObject({ SIGNING_KEY: 'k' });
});

it('starts nothing with a key for a node that the network does not have: it says which, and which there are', () => {
  const names = nodeNames(planNetwork(undefined));
  const right = { SIGNING_KEY_C_D150: 'pkcs11:token=hub', SIGNING_KEY_ROUTER_1: 'pkcs11:token=hub' };
  expect(() => {
    checkNodeVariables(names, { ...right, SIGNING_KEY: 'k', SIGNING_KEY_NOBODY: '' });
  }).not.toThrow();
  const wrong = { ...right, SIGNING_KEY_C_D510: 'pkcs11:token=hub', SIGNING_KEY_ROUTER: 'pkcs11:token=hub' };
  expect(() => {
    checkNodeVariables(names, wrong);
  }).toThrow(
    expect.objectContaining({
      code: 'NODE_VARIABLE_UNKNOWN',
      message: expect.stringMatching(
        /^SIGNING_KEY_C_D510, SIGNING_KEY_ROUTER: .*c_d150 \(SIGNING_KEY_C_D150\)/,
      ) as string,
    }),
  );
});

it('keeps tokens and the keys of the log and its witnesses over restarts, readable by their owner alone', async () => {
  const home = await mkdtemp(join(tmpdir(), 'plan-'));
  const { secrets, logKey } = placesIn(home);
  const tokens = await (await Secrets.open(secrets)).adminTokens(['router-1', 'c_d150']);
  expect(tokens['router-1']).toMatch(/^rh_[A-Za-z0-9_-]{43}$/);
  expect(tokens['router-1']).not.toBe(tokens['c_d150']);
  expect(await (await Secrets.open(secrets)).adminTokens(['router-1', 'c_d150'])).toEqual(tokens);
  expect(tokenDigest('rh_x')).toMatch(/^[0-9a-f]{64}$/);
  const key = await ensureLogKey(home, 'log.example/one');
  expect(await ensureLogKey(home, 'log.example/one')).toEqual(key);
  expect(parseVkey(key.vkey).name).toBe('log.example/one');
  expect(await readFile(logKey, 'utf8')).toContain('PRIVATE+KEY+');
  const witness = await ensureWitnessKey(home, 'log.example/one', 'p_cr');
  expect(await ensureWitnessKey(home, 'log.example/one', 'p_cr')).toEqual(witness);
  expect(parseWitnessVkey(witness.vkey).name).toBe('log.example/one/witness/p_cr');
  for (const path of [secrets, logKey, witness.keyFile]) expect((await stat(path)).mode & 0o777).toBe(0o600);
  await rm(home, { recursive: true });
});
