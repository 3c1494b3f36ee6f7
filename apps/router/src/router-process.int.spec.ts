import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { practiceKey, topics, type IpaCode } from '#contracts';
import { verifyDecision } from '#evidence';
import { MessageProducer } from '#messaging';
import {
  aPractice,
  connectAs,
  freshDatabase,
  kafkaFor,
  networkOnBroker,
  NO_SOFT_HSM,
  recordsOf,
  SoftHsm,
  type SignedEvent,
} from '#testing';
import { RouterProcess } from '../test/router-process.ts';

const network = await networkOnBroker();
const databaseUrl = await freshDatabase();
const home = await mkdtemp(join(tmpdir(), 'reset-hub-router-'));
const orders = join(home, 'orders');
const place = { databaseUrl, pki: inject('kafka').pki, connection: kafkaFor('router-1') };
const database = new pg.Client({ connectionString: databaseUrl });
await database.connect();
let router: RouterProcess | undefined;

afterAll(async () => {
  await router?.stop();
  await database.end();
  await rm(home, { recursive: true });
});

async function send({ event, bytes, headers }: SignedEvent): Promise<string> {
  const connection = connectAs(event.author.ipa);
  const producer = new MessageProducer(connection);
  const key = practiceKey(event.practice);
  await producer.send([{ topic: topics.outbox(event.author.ipa), key, value: bytes, headers }]);
  await producer.close();
  await connection.close();
  return key;
}

const filing = (): Promise<SignedEvent> => aPractice(network).filedBy('c_d150').signed();
const inbox = (ipa: string) => topics.inbox(ipa as IpaCode);

describe('the router’s process', () => {
  it('killed between its commit and its send, sends after the restart the very decision that it had stored', async () => {
    await mkdir(orders);
    await writeFile(join(orders, 'crash'), 'before-send 1');
    router = await RouterProcess.start(place, { FAULT_ORDERS: orders });
    const filing = await aPractice(network).filedBy('c_d150').signed();
    const key = await send(filing);
    expect(await router.ended).toEqual([null, 'SIGKILL']);
    expect(existsSync(join(orders, 'crashed'))).toBe(true);
    const stored = await database.query<{ decision: Buffer }>(
      'select decision from routed_event where event_id = $1',
      [filing.event.id],
    );
    const unsent = await database.query('select id from outbox where key = $1 and sent_at is null', [key]);
    expect([stored.rowCount, unsent.rowCount]).toEqual([1, 2]);

    router = await RouterProcess.start(place, { FAULT_ORDERS: orders });
    const [received] = await recordsOf('p_cr', inbox('p_cr'), key);
    expect(received?.headers['hub_decision']).toEqual(stored.rows[0]?.decision);
    expect(received?.value).toEqual(filing.bytes);
    // Redelivered after the restart, it is not decided twice.
    const next = await send(await aPractice(network).filedBy('c_d150').signed());
    await recordsOf('auditor', topics.routing, next);
    await expect(recordsOf('auditor', topics.routing, key, { wanted: 2, timeoutMs: 1_500 })).rejects.toThrow(
      '1 of 2',
    );
  });

  it('carries a filing and the answer to everyone concerned, the same bytes at the same positions, and to nobody else', async () => {
    const practice = aPractice(network);
    const filing = await practice.filedBy('c_d150').withFact('in-fascia-di-confine', 'true').signed();
    const key = await send(filing);
    await recordsOf('p_cr', inbox('p_cr'), key);
    const answer = await practice.actBy('p_cr').signed();
    await send(answer);
    const decisions = await recordsOf('auditor', topics.routing, key, { wanted: 2 });
    for (const ipa of ['c_d150', 'p_cr', 'c_b898']) {
      const records = await recordsOf(ipa, inbox(ipa), key, { wanted: 2 });
      expect(records.map(({ value }) => value)).toEqual([filing.bytes, answer.bytes]);
      expect(records.map(({ headers }) => headers['hub_decision'])).toEqual(
        decisions.map(({ value }) => value),
      );
    }
    await expect(recordsOf('c_d142', inbox('c_d142'), key, { timeoutMs: 1_500 })).rejects.toThrow('0 of 1');
  });

  it('parks what does not verify, tells its author, and goes on', async () => {
    const bad = await aPractice(network).filedBy('c_d142').tampered().signed();
    await send(bad);
    const good = await aPractice(network).filedBy('c_d142').signed();
    const key = await send(good);
    const [received] = await recordsOf('c_d142', inbox('c_d142'), key);
    expect(received?.value).toEqual(good.bytes);
    const [notice] = await recordsOf('c_d142', inbox('c_d142'), ({ value }) => value.equals(bad.bytes));
    expect(notice?.headers['hub_code']?.toString()).toBe('REFERENCE_DIGEST_MISMATCH');
  });

  it('with its key in a token, waits while the token is away, parks nothing, and goes on when it is back', async ({
    skip,
  }) => {
    skip(NO_SOFT_HSM !== null, NO_SOFT_HSM ?? '');
    const hsm = await SoftHsm.create();
    onTestFinished(() => hsm.remove());
    const { keyFile } = place.pki.holders['router-1']!.signing;
    await hsm.addToken('Hub');
    await hsm.importKey(await readFile(keyFile, 'utf8'), 'Hub', 'router-1', '01');
    await router?.stop();
    const running = await RouterProcess.start(place, {
      SIGNING_KEY: hsm.uri('token=Hub;object=router-1'),
      SOFTHSM2_CONF: hsm.configFile,
      LOG_LEVEL: 'silent',
    });
    router = running;
    const [first] = await recordsOf('auditor', topics.routing, await send(await filing()));
    expect(verifyDecision(first!.value, network.registry, new Date()).signer.holder).toBe('router-1');

    const parked = (): Promise<pg.QueryResult> => database.query('select id from quarantine');
    const before = (await parked()).rowCount;
    await hsm.unplug();
    const key = await send(await filing());
    await expect.poll(() => running.health('signing-key'), { timeout: 10_000 }).toBe('degraded');
    await hsm.plug();
    const [second] = await recordsOf('auditor', topics.routing, key);
    expect(verifyDecision(second!.value, network.registry, new Date()).signer.holder).toBe('router-1');
    expect((await parked()).rowCount).toBe(before);
    await expect.poll(() => running.health('signing-key')).toBe('up');
  });
});
