/**
 * What the compose network needs before its nodes: `pki` makes certificates and the brokers' configuration, `topics`
 * makes topics and permissions. Both may run again: they keep what is there. Run from the image of any app.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chown, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brokerProperties, ensureNetworkPki, principalOf, provisionTopics } from '#embedded';
import { formatSkey, formatWitnessSkey, parseSkey } from '#tlog';

const MEMBERS = ['c_d150', 'p_cr', 'c_d142', 'c_b898'];
const HOLDERS = [
  { holder: 'registry', role: 'registry' },
  { holder: 'router-1', role: 'router' },
  { holder: 'auditor', role: 'auditor' },
  ...MEMBERS.map((holder) => ({ holder, role: 'authority' })),
];
const BROKERS = ['kafka-1', 'kafka-2', 'kafka-3'];
/** Names of the services in the compose network: an underscore is no DNS label. */
const NODES = ['registry', 'router', 'auditor', ...MEMBERS.map((ipa) => ipa.replace('_', '-'))];
/** The user of the images: `node`, and `appuser` of apache/kafka, have the same number. */
const USER = 1000;
const DIR = process.env.PKI_DIR ?? '/pki';
/** As LOG_ORIGIN of the auditor in compose.yaml: the key's name and the log's. */
const LOG_ORIGIN = 'reset-hub.example/rete-di-cremona';

const [command] = process.argv.slice(2);
if (command === 'pki') await makePki();
else if (command === 'topics') await makeTopics();
else {
  console.error('usage: node docker/prepare.mjs pki|topics');
  process.exit(2);
}

async function makePki() {
  const pki = await ensureNetworkPki({
    dir: DIR,
    holders: HOLDERS,
    dnsNames: ['localhost', ...BROKERS, ...NODES],
  });
  const clusterId = createHash('sha256').update(pki.ca.fingerprint).digest().subarray(0, 16);
  await mkdir(join(DIR, 'kafka'), { recursive: true });
  await writeFile(join(DIR, 'kafka', 'cluster-id'), clusterId.toString('base64url'));
  for (const [index, host] of BROKERS.entries()) {
    const properties = await brokerProperties(pki, {
      nodeId: index + 1,
      dataDir: '/var/lib/kafka/data',
      host: '0.0.0.0',
      advertisedHost: host,
      port: 9092,
      controllerHost: '0.0.0.0',
      controllerPort: 9093,
      voters: BROKERS.map((voter, at) => `${at + 1}@${voter}:9093`),
    });
    const file = join(DIR, 'kafka', `${host}.properties`);
    await writeFile(file, properties, { mode: 0o600 });
  }
  await describeNetwork();
  const logVkey = await makeLogKeys();
  if (process.getuid?.() === 0) await giveAway(DIR);
  console.log(`REGISTRY_ROOT_FINGERPRINT=${pki.ca.fingerprint}`);
  console.log(`LOG_VKEY=${logVkey}`);
}

/** What the registry publishes, and the root's certificate apart from its key, so that nodes see only the former. */
async function describeNetwork() {
  for (const folder of ['ca', 'network']) await mkdir(join(DIR, folder), { recursive: true });
  await copyFile(join(DIR, 'ca.crt.pem'), join(DIR, 'ca', 'ca.crt.pem'));
  const certificates = [];
  for (const { holder } of HOLDERS) {
    for (const purpose of ['signing', 'transport']) {
      const name = `${holder}.${purpose}.crt.pem`;
      await copyFile(join(DIR, holder, `${purpose}.crt.pem`), join(DIR, 'network', name));
      certificates.push(name);
    }
  }
  await copyFile(join(DIR, 'ca.crt.pem'), join(DIR, 'network', 'ca.crt.pem'));
  const write = async (name, value) => await writeFile(join(DIR, 'network', name), JSON.stringify(value));
  await copyFile(join(DIR, 'ca.crl.pem'), join(DIR, 'network', 'ca.crl.pem'));
  await write('certificates.json', { anchors: ['ca.crt.pem'], crls: ['ca.crl.pem'], certificates });
  await write(
    'members.json',
    MEMBERS.map((ipa) => ({ ipa, nodeUrl: `https://${ipa.replace('_', '-')}:8443` })),
  );
}

/**
 * The log's signing key, once: a log whose key changes is another log. And the keys of each member's witness and documents.
 * @returns the log's vkey, by which the witnesses know it
 */
async function makeLogKeys() {
  const file = join(DIR, 'auditor', 'log.key');
  await keep(file, formatSkey(LOG_ORIGIN, randomBytes(32)));
  for (const ipa of MEMBERS) {
    const name = `${LOG_ORIGIN}/witness/${ipa}`;
    await keep(join(DIR, ipa, 'witness.key'), formatWitnessSkey(name, randomBytes(32)));
    // The master key of its documents.
    await keep(join(DIR, ipa, 'document.key'), randomBytes(32).toString('base64'));
  }
  return parseSkey((await readFile(file, 'utf8')).trim()).verifier.vkey;
}

/** Writes a secret, unless it is there already. */
async function keep(file, secret) {
  await writeFile(file, `${secret}\n`, { mode: 0o600, flag: 'wx' }).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

async function giveAway(dir) {
  await chown(dir, USER, USER);
  for (const entry of await readdir(dir, { recursive: true })) await chown(join(dir, entry), USER, USER);
}

async function makeTopics() {
  const admin = {
    brokers: BROKERS.map((host) => `${host}:9092`),
    caFile: join(DIR, 'ca.crt.pem'),
    certFile: join(DIR, 'admin', 'transport.crt.pem'),
    keyFile: join(DIR, 'admin', 'transport.key.pem'),
  };
  const principals = await Promise.all(
    HOLDERS.map(async ({ holder, role }) => ({
      holder,
      role,
      principal: principalOf(await readFile(join(DIR, holder, 'transport.crt.pem'), 'utf8')),
    })),
  );
  await provisionTopics(admin, { members: MEMBERS, principals });
  console.log('topics and permissions are there');
}
