import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { issueAuthority, issueCertificate, type IssuedCertificate } from '../pki/issue.ts';
import { ensureNetworkPki } from '../pki/network-pki.ts';
import { principalOf } from '../pki/principal.ts';
import { provisionTopics, withdrawPrincipal } from '../provision.ts';
import { answers, openClient, withAdmin, type KafkaConnection } from './connection.ts';

const DAY_MS = 86_400_000;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'access-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

/** The test network's connection of that holder. */
const kafkaFor = (holder: string): KafkaConnection => inject('kafka').connections[holder]!;

async function write(
  connection: KafkaConnection,
  topic: string,
  key: string,
  idempotent = false,
): Promise<void> {
  const producer = openClient(connection, 'test').producer({ idempotent });
  await producer.connect();
  try {
    await producer.send({ topic, messages: [{ key, value: 'bytes' }] });
  } finally {
    await producer.disconnect();
  }
}

/** Reads the topic from its start until a record has that key, or until the client gives up with an error. */
async function read(connection: KafkaConnection, topic: string, groupId: string, key: string): Promise<void> {
  const consumer = openClient(connection, 'test').consumer({ groupId });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        reject(payload.error);
      });
      const running = consumer.run({
        eachMessage: async ({ message }) => {
          await Promise.resolve();
          if (message.key?.toString() === key) resolve();
        },
      });
      running.catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
}

const TOPIC_REFUSED = 'TOPIC_AUTHORIZATION_FAILED';
/** What kafkajs makes of GROUP_AUTHORIZATION_FAILED when it asks for the group's coordinator. */
const GROUP_REFUSED = 'KafkaJSGroupCoordinatorNotFound';

/** How the broker answered: `accepted`, its error's type, or the client's error when it kept no type. */
async function outcomeOf(attempt: Promise<void>): Promise<string> {
  try {
    await attempt;
    return 'accepted';
  } catch (error) {
    const { type, name, cause } = error as { type?: string; name: string; cause?: { type?: string } };
    return type ?? cause?.type ?? name;
  }
}

it('lets a member write its outbox, also idempotently, and the router and the auditor read it', async () => {
  const key = randomUUID();
  await write(kafkaFor('c_d150'), 'practice.outbox.c_d150', randomUUID());
  await write(kafkaFor('c_d150'), 'practice.outbox.c_d150', key, true);
  await read(kafkaFor('router-1'), 'practice.outbox.c_d150', `router-1.${key}`, key);
  await read(kafkaFor('auditor'), 'practice.outbox.c_d150', `auditor.${key}`, key);
});

it('lets the router write an inbox and its member read it', async () => {
  const key = randomUUID();
  await write(kafkaFor('router-1'), 'practice.inbox.p_cr', key);
  await read(kafkaFor('p_cr'), 'practice.inbox.p_cr', `p_cr.${key}`, key);
});

it.each([
  ['c_d142', 'practice.outbox.c_d150'],
  ['router-1', 'practice.outbox.c_d150'],
  ['p_cr', 'practice.inbox.p_cr'],
  ['auditor', 'practice.receipts'],
  ['c_d150', 'practice.routing'],
  ['c_d150', 'practice.quarantine'],
  ['router-1', 'registry.state'],
])('refuses %s when it writes %s', async (holder, topic) => {
  expect(await outcomeOf(write(kafkaFor(holder), topic, randomUUID()))).toBe(TOPIC_REFUSED);
});

it.each([
  ['c_d142', 'practice.inbox.p_cr'],
  ['auditor', 'practice.inbox.p_cr'],
  ['c_d150', 'practice.outbox.c_d142'],
  ['c_d150', 'practice.routing'],
  ['c_d150', 'practice.receipts'],
  ['auditor', 'practice.quarantine'],
  ['router-1', 'practice.actions'],
])('refuses %s when it reads %s', async (holder, topic) => {
  const attempt = read(kafkaFor(holder), topic, `${holder}.${randomUUID()}`, 'none');
  expect(await outcomeOf(attempt)).toBe(TOPIC_REFUSED);
});

it("refuses a holder in another's consumer group, also for a topic that it may read", async () => {
  const attempt = read(kafkaFor('c_d142'), 'registry.state', `p_cr.${randomUUID()}`, 'none');
  expect(await outcomeOf(attempt)).toBe(GROUP_REFUSED);
});

it('lets every holder read the registry', async () => {
  const key = randomUUID();
  await write(kafkaFor('registry'), 'registry.state', key);
  await read(kafkaFor('c_b898'), 'registry.state', `c_b898.${key}`, key);
});

it('refuses a member who makes a topic or a permission of its own', async () => {
  const topics = [{ topic: 'practice.outbox.mine' }];
  await expect(
    withAdmin(kafkaFor('c_d142'), async (admin) => await admin.createTopics({ topics })),
  ).rejects.toThrow();
  await expect(
    provisionTopics(kafkaFor('c_d142'), {
      members: [],
      principals: [{ holder: 'c_d142', role: 'router', principal: inject('kafka').principals['c_d142']! }],
    }),
  ).rejects.toMatchObject({ code: 'KAFKA_PROVISIONING_FAILED' });
});

it('changes nothing when topics are provisioned again, and adds a new member', async () => {
  const { admin } = inject('kafka');
  const before = await withAdmin(admin, async (client) => await client.listTopics());
  const pki = await ensureNetworkPki({
    dir: inject('kafka').pki.dir,
    holders: [{ holder: 'c_new', role: 'authority' }],
  });
  const { transport } = pki.holders['c_new']!;
  const principals = [{ holder: 'c_new', role: 'authority', principal: transport.principal } as const];
  await provisionTopics(admin, { members: ['c_d150', 'c_new'], principals });
  await provisionTopics(admin, { members: ['c_d150', 'c_new'], principals });
  const after = await withAdmin(admin, async (client) => await client.listTopics());
  // Other specs make topics of their own on the same broker at the same moment.
  const added = after.filter((topic) => topic.startsWith('practice.') && !before.includes(topic));
  expect(added.sort()).toEqual(['practice.inbox.c_new', 'practice.outbox.c_new', 'practice.said.c_new']);
  const connection = { ...admin, certFile: transport.certFile, keyFile: transport.keyFile };
  await write(connection, 'practice.outbox.c_new', randomUUID());
  await withdrawPrincipal(admin, transport.principal);
  await expect
    .poll(async () => await outcomeOf(write(connection, 'practice.outbox.c_new', 'k')), { timeout: 10_000 })
    .toBe(TOPIC_REFUSED);
});

/** A connection with that certificate, everything else as the test network has it. */
async function connectionWith(issued: IssuedCertificate): Promise<KafkaConnection> {
  const name = join(dir, randomUUID());
  await writeFile(`${name}.crt.pem`, issued.certificate);
  await writeFile(`${name}.key.pem`, issued.key);
  return { ...inject('kafka').admin, certFile: `${name}.crt.pem`, keyFile: `${name}.key.pem` };
}

async function networkAuthority(): Promise<IssuedCertificate> {
  const { ca } = inject('kafka').pki;
  return { certificate: await readFile(ca.certFile, 'utf8'), key: await readFile(ca.keyFile, 'utf8') };
}

const subject = { holder: 'admin', role: 'admin', purpose: 'transport', generation: 1 } as const;
const valid = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
const expired = { notBefore: new Date(Date.now() - 2 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) };

it("takes the administrator's name from the network's own authority only", async () => {
  const own = await issueCertificate(await networkAuthority(), { subject, ...valid });
  const foreign = await issueCertificate(await issueAuthority(valid), { subject, ...valid });
  expect(principalOf(foreign.certificate)).toBe(principalOf(own.certificate));
  expect(await answers(await connectionWith(own))).toBe(true);
  expect(await answers(await connectionWith(foreign))).toBe(false);
});

it('opens no connection with an expired certificate', async () => {
  const issued = await issueCertificate(await networkAuthority(), { subject, ...expired });
  expect(await answers(await connectionWith(issued))).toBe(false);
});

it('opens no connection with a signing certificate', async () => {
  const issued = await issueCertificate(await networkAuthority(), { subject, purpose: 'signing', ...valid });
  expect(await answers(await connectionWith(issued))).toBe(false);
});
