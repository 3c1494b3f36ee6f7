import { randomUUID } from 'node:crypto';
import { AccessModule, hashToken, TOKEN_BYTES, tokenText } from '#access';
import { cloudEventHeaders, parseIpaCode, topics, type Sha256 } from '#contracts';
import { openClient } from '#embedded';
import { HubTransport, KafkaConnection, MessageProducer, type StreamSettings } from '#messaging';
import { OPEN_NODE } from '#node';
import { readUnsent } from '#persistence';
import { createLogger, createMetrics, runHttpApp, systemIds, type HttpApp } from '#platform';
import { quarantineChore } from '#quarantine';
import { createTopics } from '#kafka-client';
import { NodeStreams } from '#streams';
import { makeToken } from '#testing';
import {
  leafHash,
  parseVkey,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
  verifyProof,
} from '#tlog';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { AuditorModule } from '../auditor.module.ts';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import type { LogWriter } from '../log/log-writer.ts';
import { aDecision, anEvent, aReceipt, SampleNetwork, type SignedEvent } from '../signed-samples.fixture.ts';
import type { AuditNode } from '../streams.ts';
import type { Consistency, LeafProof, PracticeTrail } from './proof-shapes.ts';

/** Members and topics of this spec's own: other specs write to those of the test network. */
const unique = randomUUID().slice(0, 8);
const ONE = `a_${unique}`;
const OTHER = `b_${unique}`;
const ROUTING = `spec.routing.${unique}`;
const RECEIPTS = `spec.receipts.${unique}`;
const ACTIONS = `spec.actions.${unique}`;
const CHANGES = `spec.changes.${unique}`;
const outboxes = [ONE, OTHER].map((ipa) => topics.outbox(parseIpaCode(ipa)));

const quiet = createLogger('test', { level: 'silent' });
const ADMIN = tokenText(systemIds.bytes(TOKEN_BYTES));
const { admin } = inject('kafka');
const connection = KafkaConnection.open(
  {
    brokers: admin.brokers,
    clientId: 'spec',
    tls: { ca: admin.caFile, cert: admin.certFile, key: admin.keyFile },
  },
  quiet,
);
const producer = new MessageProducer(connection);
const network = await SampleNetwork.create();
const log = await LogInstance.open(await logDatabase());
/** All that a verifier knows. */
const vkey = parseVkey(log.signer.verifier.vkey);
let writer: LogWriter;
let http: HttpApp;
let reader: string;

@Global()
@Module({})
class NodeModule {
  static of(node: AuditNode): DynamicModule {
    return { module: NodeModule, providers: [{ provide: OPEN_NODE, useValue: node }], exports: [OPEN_NODE] };
  }
}

@Module({})
class SpecModule {}

beforeAll(async () => {
  await network.admit(ONE, 'authority');
  await network.admit(OTHER, 'authority');
  await network.admit('auditor', 'auditor');
  const client = openClient(admin, 'spec').admin();
  await client.connect();
  const wanted = [...outboxes, ROUTING, RECEIPTS, ACTIONS, CHANGES].map((topic) => ({
    topic,
    numPartitions: 1,
  }));
  await createTopics(client, wanted);
  await client.disconnect();
  writer = await log.writer();
  http = await start();
  writer.start();
  const created = await makeToken(http, 'read');
  reader = created.token;
});

afterAll(async () => {
  await http.close();
  await writer.close();
  await producer.close();
  await connection.close();
  await log.close();
});

function start(): Promise<HttpApp> {
  const name = `auditor.${unique}`;
  const registry = {
    anchors: network.anchors,
    certificate: (fingerprint: Sha256) => network.certificate(fingerprint),
    hasVersion: (number: number, digest: Sha256) => network.hasVersion(number, digest),
    members: () => [ONE, OTHER].map((ipa) => ({ ipa: parseIpaCode(ipa) })),
  };
  const node = {
    ...{ name, work: log.work, connection, registry, signer: network.signer('auditor') },
    streams: new NodeStreams(),
  };
  const streams: StreamSettings[] = [
    { stream: 'events', topics: outboxes, group: `${name}.events` },
    { stream: 'decisions', topics: [ROUTING], group: `${name}.decisions` },
    { stream: 'receipts', topics: [RECEIPTS], group: `${name}.receipts` },
    { stream: 'actions', topics: [ACTIONS], group: `${name}.actions` },
    { stream: 'changes', topics: [CHANGES], group: `${name}.changes` },
  ];
  const metrics = createMetrics(name);
  const takeIn = log.takeIn(network);
  const root: DynamicModule = {
    module: SpecModule,
    imports: [
      NodeModule.of(node),
      AccessModule.forRoot({ adminTokenSha256: hashToken(ADMIN).toString('hex'), dataSource: log.source }),
      AuditorModule.of(takeIn, writer),
    ],
  };
  return runHttpApp(root, {
    name,
    http: { host: '127.0.0.1', port: 0 },
    openApi: { title: 'auditor', version: '1.0' },
    logger: quiet,
    metrics,
    prepare: async (app) => {
      const onPoison = takeIn.refuse.bind(takeIn);
      app.connectMicroservice({
        strategy: new HubTransport({ connection, streams, onPoison, metrics, logger: quiet }),
      });
      await app.startAllMicroservices();
    },
  });
}

async function get(path: string, token: string | null = reader): Promise<Response> {
  return fetch(
    `${http.url}/${path}`,
    token === null ? {} : { headers: { authorization: `Bearer ${token}` } },
  );
}

async function publish(signed: SignedEvent): Promise<void> {
  const topic = topics.outbox(signed.event.author.ipa);
  const headers = { ...cloudEventHeaders(signed.event) };
  await producer.send([{ topic, key: 'practice', value: signed.bytes, headers }]);
}

async function send(topic: string, value: Buffer): Promise<void> {
  await producer.send([{ topic, key: 'practice', value, headers: {} }]);
}

async function waitFor(path: string): Promise<Response> {
  await expect.poll(async () => (await get(path)).status, { timeout: 30_000, interval: 50 }).toBe(200);
  return get(path);
}

const bytes = (base64: string) => Buffer.from(base64, 'base64');

describe('the auditor', () => {
  it('proves an event that a member has published, to whoever has only the vkey', async () => {
    const signed = await network.event(anEvent(ONE));
    expect((await get(`v1/proofs/${signed.event.id}`)).status).toBe(404);
    await publish(signed);
    await publish(signed);
    const response = await waitFor(`v1/proofs/${signed.event.id}?author=${ONE}`);
    const proof = (await response.json()) as LeafProof;
    expect(proof.entryJson).toMatchObject({ kind: 'event', eventId: signed.event.id, sha256: signed.digest });

    const entry = bytes(proof.entry);
    const checkpoint = verifyCheckpoint(Buffer.from(proof.checkpoint), vkey);
    expect(checkpoint.root.toString('base64')).toBe(proof.root);
    verifyInclusion(leafHash(entry), proof.index, checkpoint.size, proof.hashes.map(bytes), checkpoint.root);
    expect(verifyProof(Buffer.from(proof.tlogProof), leafHash(entry), vkey).index).toBe(proof.index);
    const other = Buffer.from(entry.toString().replace(signed.digest, 'ab'.repeat(32)));
    expect(() => verifyProof(Buffer.from(proof.tlogProof), leafHash(other), vkey)).toThrow();
  });

  it('shows the trail of a practice: event, decision and receipt, each proved against one checkpoint', async () => {
    const signed = await network.event(anEvent(ONE));
    const { practice, id } = signed.event;
    await publish(signed);
    await waitFor(`v1/proofs/${id}`);
    await send(ROUTING, await network.decision(aDecision(signed)));
    await waitFor(`v1/proofs/${id}?kind=decision`);
    await send(RECEIPTS, await network.receipt(aReceipt(signed)));
    const path = `v1/practices/${practice.owner}/${practice.uuid}/trail`;
    const read = async () => (await (await get(path)).json()) as PracticeTrail;
    await expect.poll(async () => (await read()).leaves.length, { timeout: 30_000 }).toBe(3);
    const trail = await read();
    expect(trail.leaves.map(({ entryJson }) => entryJson['kind'])).toEqual(['event', 'decision', 'receipt']);
    expect(trail.next).toBeNull();
    const { root, size } = verifyCheckpoint(Buffer.from(trail.checkpoint), vkey);
    for (const { entry, index, hashes } of trail.leaves) {
      verifyInclusion(leafHash(bytes(entry)), index, size, hashes.map(bytes), root);
    }
  });

  it('asks which author is meant when two have used one id', async () => {
    const mine = await network.event(anEvent(ONE));
    const theirs = await network.event(anEvent(OTHER, { id: mine.event.id }));
    await publish(mine);
    await publish(theirs);
    await waitFor(`v1/proofs/${mine.event.id}?author=${ONE}`);
    await waitFor(`v1/proofs/${mine.event.id}?author=${OTHER.toUpperCase()}`);
    const answer = await get(`v1/proofs/${mine.event.id}`);
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ code: 'AUTHOR_AMBIGUOUS' });
  });

  it('never makes a leaf of a tampered event, and goes on with what follows it', async () => {
    const tampered = await network.event(anEvent(ONE));
    const good = await network.event(anEvent(ONE));
    const altered = Buffer.from(tampered.bytes.toString().replace('UF-SUAP', 'UF-SUAQ'));
    await publish({ ...tampered, bytes: altered });
    await publish(good);
    await waitFor(`v1/proofs/${good.event.id}`);
    expect((await get(`v1/proofs/${tampered.event.id}`)).status).toBe(404);
    const refused = (await (await get('v1/refused', ADMIN)).json()) as { records: { code: string }[] };
    expect(refused.records.map(({ code }) => code)).toContain('REFERENCE_DIGEST_MISMATCH');
  });

  it('proves that today’s log begins with an earlier one', async () => {
    const before = verifyCheckpoint(Buffer.from(await (await get('log/checkpoint', null)).text()), vkey);
    const signed = await network.event(anEvent(ONE));
    await publish(signed);
    await waitFor(`v1/proofs/${signed.event.id}`);
    const after = verifyCheckpoint(Buffer.from(await (await get('log/checkpoint', null)).text()), vkey);
    const proof = (await (
      await get(`v1/consistency?from=${before.size}&to=${after.size}`)
    ).json()) as Consistency;
    const claim = {
      firstSize: before.size,
      firstRoot: before.root,
      secondSize: after.size,
      secondRoot: after.root,
    };
    verifyConsistency(claim, proof.hashes.map(bytes));
    expect(after.size).toBeGreaterThan(before.size);
    expect((await get('v1/consistency?from=0&to=9999999')).status).toBe(404);
    expect((await get('v1/consistency?from=2&to=1')).status).toBe(400);
  });

  it('gives the signed bytes to an administrator or an auditor only, and nothing but the checkpoint without a token', async () => {
    const signed = await network.event(anEvent(ONE));
    await publish(signed);
    await waitFor(`v1/proofs/${signed.event.id}`);
    const archived = await get(`v1/archive/${signed.digest}`, ADMIN);
    expect(archived.headers.get('content-type')).toBe('application/xml');
    expect(Buffer.from(await archived.arrayBuffer()).equals(signed.bytes)).toBe(true);
    expect((await get(`v1/archive/${'ab'.repeat(32)}`, ADMIN)).status).toBe(404);
    expect((await get(`v1/archive/${signed.digest}`)).status).toBe(403);
    const auditor = await makeToken(http, 'audit');
    expect((await get(`v1/archive/${signed.digest}`, auditor.token)).status).toBe(200);
    for (const path of [`v1/proofs/${signed.event.id}`, 'v1/consistency?from=0', 'v1/refused']) {
      expect((await get(path, null)).status).toBe(401);
    }
    const checkpoint = await get('log/checkpoint', null);
    expect(checkpoint.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  it('has a desk for what it refused: what passes now is released, and the release itself is a leaf, also when the entry is forgotten', async () => {
    const signed = await network.event(anEvent(OTHER));
    const listing = { holder: OTHER, role: 'authority', purpose: 'signing' } as const;
    network.list(OTHER, { ...listing, revokedFrom: new Date(Date.now() - 60_000).toISOString() });
    await publish(signed);
    const { token } = await makeToken(http, 'quarantine');
    const parked = async () =>
      (
        (await (await get(`v1/quarantine?status=parked&eventId=${signed.event.id}`, token)).json()) as {
          entries: { id: string; code: string; sentence: object; claims: object; member: string }[];
        }
      ).entries;
    await expect.poll(parked, { timeout: 30_000 }).toHaveLength(1);
    const [entry] = await parked();
    expect(entry).toMatchObject({
      code: 'KEY_REVOKED_BEFORE_ARRIVAL',
      member: OTHER,
      sentence: { it: expect.any(String) as string, en: expect.any(String) as string },
      claims: { author: OTHER, eventId: signed.event.id },
    });
    network.list(OTHER, { ...listing, revokedFrom: null });
    const release = await fetch(`${http.url}/v1/quarantine/${entry!.id}/release`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    const { status, action } = (await release.json()) as { status: string; action: string };
    expect(status).toBe('released');
    await waitFor(`v1/proofs/${signed.event.id}`);
    expect(await parked()).toEqual([]);

    // The relay of a running node would send it.
    const unsent = await log.work.run((tx) => readUnsent(tx, { records: 100, bytes: 1_000_000 }));
    for (const { value } of unsent) await send(ACTIONS, value);
    const proof = (await (await waitFor(`v1/proofs/${action}?kind=action`)).json()) as LeafProof;
    verifyProof(Buffer.from(proof.tlogProof), leafHash(bytes(proof.entry)), vkey);
    const { practice } = signed.event;
    expect(proof.entryJson).toMatchObject({
      kind: 'action',
      author: 'auditor',
      eventId: action,
      type: 'quarantine.released',
      outcome: 'released',
      practice: { owner: practice.owner, uuid: practice.uuid },
    });
    const told = (await (await get(`v1/actions/${action}`, token)).json()) as { sha256: string };
    expect(proof.entryJson['sha256']).toBe(told.sha256);

    const years = quarantineChore({ keptDays: 400 });
    expect(await years(log.work, new Date(Date.now() + 401 * 86_400_000))).toBe(1);
    expect((await get(`v1/quarantine/${entry!.id}`, token)).status).toBe(404);
    expect((await get(`v1/proofs/${action}?kind=action`)).status).toBe(200);
  });

  it('says in its health how large the log is and who writes it', async () => {
    const health = (await (await get('health', null)).json()) as {
      checks: Record<string, { status: string; detail: string }>;
    };
    expect(health.checks['log']).toMatchObject({ status: 'up' });
    expect(health.checks['log']?.detail).toContain('this instance writes');
  });
});
