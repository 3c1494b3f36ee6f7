import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { parseIpaCode, parseSha256 } from '#contracts';
import { openClient } from '#embedded';
import { KafkaConnection, MessageProducer, TopicReader } from '#messaging';
import { createDataSource, UnitOfWork } from '#persistence';
import { createLogger, systemClock, systemIds, type Clock } from '#platform';
import { createTopics } from '#kafka-client';
import { aBody, freshDatabase, SigningRegistry, TestAuthority } from '#testing';
import { CreateRegistryCopy1767225600021 } from '../copy/create-registry-copy.ts';
import { RegistryCopy } from '../copy/registry-copy.ts';
import { RegistryView, type RegistryViewSettings } from './registry-view.ts';

const WAIT_MS = 20_000;
const P_CR = parseIpaCode('p_cr');

const { admin } = inject('kafka');
const logger = createLogger('test', { level: 'silent' });
const source = await createDataSource({
  url: await freshDatabase(),
  name: 'test',
  migrations: [CreateRegistryCopy1767225600021],
});
const work = new UnitOfWork(source);
const connection = connect(admin.brokers);
const producer = new MessageProducer(connection);

let authority: TestAuthority;
let registry: SigningRegistry;
let topic: string;
let views: RegistryView[] = [];

beforeAll(async () => {
  authority = await TestAuthority.create();
});

beforeEach(async () => {
  await source.query('truncate registry_copy');
  topic = `registry.state.${randomUUID()}`;
  const client = openClient(admin, 'test').admin();
  await client.connect();
  await createTopics(client, [{ topic, numPartitions: 1 }]);
  await client.disconnect();
  registry = await (await SigningRegistry.create(authority)).found();
});

afterEach(async () => {
  await Promise.all(views.map((view) => view.close()));
  views = [];
});

afterAll(async () => {
  await producer.close();
  await connection.close();
  await source.destroy();
});

function connect(brokers: readonly string[]): KafkaConnection {
  const tls = { cert: admin.certFile, key: admin.keyFile, ca: admin.caFile };
  return KafkaConnection.open({ brokers, clientId: 'test', tls }, logger);
}

/** A view as a process starts it: its own memory, the node's database. */
function aView(other: Partial<RegistryViewSettings> = {}): RegistryView {
  const view = new RegistryView({
    root: authority.root,
    copy: new RegistryCopy(work),
    reader: new TopicReader(connection, 'test', systemIds),
    topic,
    clock: systemClock,
    logger,
    startTimeoutMs: WAIT_MS,
    ...other,
  });
  views.push(view);
  return view;
}

/** A reader of a broker that is not there. */
function awayReader(): TopicReader {
  return new TopicReader(connect(['127.0.0.1:1']), 'test', systemIds);
}

async function publish(...entries: Buffer[]): Promise<void> {
  await send('entry', entries);
}

async function send(hubClass: string, values: Buffer[]): Promise<void> {
  await producer.send(
    values.map((value) => ({ topic, key: 'registry', value, headers: { hub_class: hubClass } })),
  );
}

async function storedNumbers(): Promise<number[]> {
  const rows: { number: string }[] = await source.query('select number from registry_copy order by number');
  return rows.map((row) => Number(row.number));
}

describe('the registry view', () => {
  it('has caught up when it has started, and follows from then on', async () => {
    await publish(...registry.entries);
    const view = aView();
    await view.start();
    expect(view.current()).toEqual(registry.head);
    expect(view.hasVersion(3, registry.head.digest)).toBe('known');
    expect(view.hasVersion(4, registry.head.digest)).toBe('behind');
    expect(view.hasVersion(3, parseSha256('ab'.repeat(32)))).toBe('different');

    const seen: number[] = [];
    view.onChange(({ number }) => seen.push(number));
    const waiting = view.waitFor(4, WAIT_MS);
    await publish(await registry.add(aBody('p_cr', 'https://localhost:4000')));
    expect(await waiting).toBe(true);
    expect(seen).toEqual([4]);
    expect(view.members().map((body) => body.ipa)).toEqual(['p_cr']);
    expect(view.at(3).body(P_CR)).toBeUndefined();
    expect(await view.waitFor(5, 50)).toBe(false);
  });

  it('comes to the same state in every instance', async () => {
    await publish(...registry.entries, await registry.add(aBody('p_cr')));
    const [one, other] = [aView(), aView()];
    await Promise.all([one.start(), other.start()]);
    expect(one.current()).toEqual(registry.head);
    expect(other.current()).toEqual(registry.head);
    expect(other.latest().bodies()).toEqual(one.latest().bodies());
    await Promise.all([one.close(), other.close()]);
    expect(await storedNumbers()).toEqual([1, 2, 3, 4]);
  });

  it('starts from its stored copy while the broker is away', async () => {
    await publish(...registry.entries);
    const first = aView();
    await first.start();
    await first.close();

    const offline = aView({ reader: awayReader() });
    await offline.start();
    expect(offline.current()).toEqual(registry.head);
    expect(offline.body(parseIpaCode('c_d150'))?.name).toBe('c_d150');
    expect(offline.status()).toMatchObject({ caughtUp: false, alarm: null });
  });

  it('does not start without a copy and without a registry', async () => {
    const view = aView({ reader: awayReader(), startTimeoutMs: 200 });
    await expect(view.start()).rejects.toMatchObject({ code: 'REGISTRY_VERSION_UNKNOWN' });
  });

  it('refuses a registry under another root, on the topic and in its copy', async () => {
    const other = await TestAuthority.create();
    await publish(...registry.entries);
    await expect(aView({ root: other.root }).start()).rejects.toMatchObject({
      code: 'REGISTRY_ROOT_REFUSED',
    });

    const view = aView();
    await view.start();
    await view.close();
    await expect(aView({ root: other.root }).start()).rejects.toMatchObject({
      code: 'REGISTRY_ROOT_REFUSED',
    });
  });

  it('rebuilds a damaged copy from the topic', async () => {
    await publish(...registry.entries);
    const view = aView();
    await view.start();
    await view.close();
    await source.query(`update registry_copy set bytes = 'x' where number = 2`);

    const again = aView();
    await again.start();
    expect(again.current()).toEqual(registry.head);
    await again.close();
    expect(await storedNumbers()).toEqual([1, 2, 3]);
  });

  it('goes on behind forged records and adopts what came before its turn', async () => {
    await publish(...registry.entries);
    const view = aView();
    await view.start();
    const forged = await registry.sign(aBody('p_cr'), {}, await authority.signer('c_d150', 'authority'));
    const fourth = await registry.add(aBody('p_cr'));
    const fifth = await registry.add(aBody('c_d142'));
    await publish(forged, fifth, Buffer.from('no XML'), fourth, fifth);
    expect(await view.waitFor(5, WAIT_MS)).toBe(true);
    expect(view.current()).toEqual(registry.head);
    expect(view.status()).toMatchObject({ refused: 2, alarm: null });
  });

  it('raises an alarm and stays where it is when the registry forks', async () => {
    await publish(...registry.entries);
    const view = aView();
    await view.start();
    const [one, other] = [await registry.sign(aBody('p_cr')), await registry.sign(aBody('c_d142'))];
    await publish(one, other);
    await expect.poll(() => view.status().alarm, { timeout: WAIT_MS }).toBe('REGISTRY_FORKED');
    expect(view.current().number).toBe(4);
    expect(view.body(P_CR)?.name).toBe('p_cr');
  });

  it('tells a quiet registry from a stale copy', async () => {
    let now = new Date();
    const clock: Clock = { now: () => now };
    const hourAgo = new Date(now.getTime() - 3_600_000);
    await publish(...registry.entries);
    await send('heartbeat', [await registry.heartbeat(registry.head, hourAgo)]);
    const view = aView({ clock, staleAfterMs: 60_000 });
    await view.start();
    expect(view.staleSince).toBeNull();
    now = new Date(now.getTime() + 61_000);
    expect(view.staleSince).not.toBeNull();
    await send('heartbeat', [await registry.heartbeat(registry.head, now)]);
    await expect.poll(() => view.staleSince, { timeout: WAIT_MS }).toBeNull();
  });

  it('goes on with a revocation list that is out of date, and says so', async () => {
    let now = new Date('2026-03-10T00:00:00Z');
    const crl = await authority.crl('2026-03-01T00:00:00Z', '2026-03-31T00:00:00Z');
    const list = await registry.add({ kind: 'crl.published', issuer: authority.fingerprint, crl });
    await publish(...registry.entries);
    const view = aView({ clock: { now: () => now } });
    await view.start();
    expect(view.status().alarm).toBeNull();
    now = new Date('2026-04-01T00:00:00Z');
    expect(view.status().alarm).toBe('CRL_STALE');
    await publish(await registry.add(aBody('p_cr')));
    expect(await view.waitFor(5, WAIT_MS)).toBe(true);
    expect(registry.entries[3]).toBe(list);
  });

  it('answers from a snapshot while the topic is not there, and reads the topic where the snapshot is refused', async () => {
    await registry.add(aBody('c_d150', 'https://localhost:4000'));
    const snapshot = await registry.snapshot();
    const offline = aView({ reader: awayReader(), snapshot: () => snapshot });
    await offline.start();
    expect(offline.current()).toEqual(registry.head);
    expect(() => offline.at(3)).toThrow(expect.objectContaining({ code: 'REGISTRY_VERSION_UNKNOWN' }));
    expect(await storedNumbers()).toEqual([]);

    await publish(...registry.entries);
    const forged = await registry.snapshot(await authority.signer('c_d150', 'authority'));
    const view = aView({ snapshot: () => forged });
    await view.start();
    expect(view.at(3).body(parseIpaCode('c_d150'))).toBeDefined();
    expect(view.status().alarm).toBeNull();
  });

  it('raises an alarm when the topic does not hold what the snapshot says, and stores nothing of it', async () => {
    const elsewhere = await (await SigningRegistry.create(authority)).found();
    const snapshot = await elsewhere.snapshot();
    await publish(...registry.entries);
    const view = aView({ snapshot: () => snapshot });
    await view.start();
    await view.caughtUp();
    expect(view.status().alarm).toBe('REGISTRY_SNAPSHOT_UNPROVED');
    await view.close();
    expect(await storedNumbers()).toEqual([]);
  });

  it('takes a copy of before a rotation for what it is when only the new root is configured', async () => {
    const other = await TestAuthority.create();
    const successor = await other.signer('registry', 'registry');
    await publish(...registry.entries);
    const before = aView();
    await before.start();
    await before.close();
    await publish(await registry.add(await registry.rotationTo(other, successor)));

    const after = aView({ root: other.root });
    await after.start();
    expect(after.current()).toEqual(registry.head);
    await after.close();
    expect(await storedNumbers()).toEqual([1, 2, 3, 4]);
    const offline = aView({ root: other.root, reader: awayReader() });
    await offline.start();
    expect(offline.current()).toEqual(registry.head);
  });
});
