import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseEvent, topics, type IpaCode } from '#contracts';
import { FileDocumentStore } from '#documents';
import { ERROR_POLICIES } from '#errors';
import { createLogger, createMetrics, HealthRegistry } from '#platform';
import { StreamPositions, type UnitOfWork } from '#persistence';
import { copyDatabase, inboxRecord, TopicSandbox } from '#testing';
import { TestNode } from '../authority.fixture.ts';
import { receiptsIn, takeOutbox } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import type { AuditorAddress } from '../practices/get-proof.ts';
import type { LostPage } from '../protocol/find-lost-numbers.ts';
import {
  cancel,
  entryAt,
  eventPath,
  MISTAKE,
  numbersOf,
  protocolAt,
  RegisteringPair,
  type FiledHere,
} from '../protocol/protocol.fixture.ts';
import { watchLostNumbers } from '../protocol/watch-lost-numbers.ts';
import { untilReadAgain } from './read-again.ts';
import { RecoverAuthority } from './recover-authority.ts';

const ACT = { type: 'correction.requested', days: '10', dayKind: 'calendar' };
const logger = createLogger('spec', { level: 'silent' });
const pair = await RegisteringPair.start();
const { network, city, province, exchange, office, counter } = pair;
const IPAS = ['c_d150', 'p_cr'].map((ipa) => ipa as IpaCode);
const sandbox = await TopicSandbox.open(
  topics.receipts,
  ...IPAS.flatMap((ipa) => [topics.outbox(ipa), topics.said(ipa), topics.inbox(ipa)]),
);
exchange.tap = (records) =>
  sandbox.send(
    records.flatMap(({ topics: to, key, value, headers }) =>
      to.map((topic) => ({ topic, key, value, headers })),
    ),
  );

function recoveryOf(
  { parts }: TestNode,
  given: Partial<ConstructorParameters<typeof RecoverAuthority>[0]> = {},
): RecoverAuthority {
  return new RecoverAuthority({
    parts,
    connection: sandbox.connection,
    reader: sandbox.reader,
    logger,
    auditor: null,
    ...given,
  });
}

/** An event as an outsider sees it: its bytes, and its place. */
interface Seen {
  readonly bytes: string;
  readonly position: number | null;
  readonly status: string;
}

async function eventsOf(node: TestNode): Promise<Map<string, Seen>> {
  const rows = await node.rows<Seen & { id: string }>(
    `select event_id as id, encode(bytes, 'hex') as bytes, position, status from event order by number`,
  );
  return new Map(rows.map(({ id, ...seen }) => [id, seen]));
}

let copies: { readonly city: string; readonly province: string };
let lost: FiledHere;
let before: FiledHere;

beforeAll(async () => {
  before = (await pair.confirmed()).filing;
  await Promise.all([city, province].map((node) => recoveryOf(node).run()));
  copies = { city: await copyDatabase(city.databaseUrl), province: await copyDatabase(province.databaseUrl) };
  // What the copies do not know: a filing, an act, their registrations, a cancellation on either side.
  lost = (await pair.confirmed()).filing;
  const act = await office.act(before.practiceId, ACT);
  expect([act.status, act.json]).toEqual([201, expect.anything()]);
  await pair.answered(before.practiceId, String(act.json?.['eventId']));
  const entry = await entryAt(counter, lost.practiceId);
  expect((await cancel(counter, entry, MISTAKE)).status).toBe(201);
  await exchange.settle();
}, 60_000);

/** The node again, on a copy of its database and with its document store as it is. */
async function restored(node: TestNode, copy: string): Promise<TestNode> {
  const again = await TestNode.start(network, node.ipa, {
    place: { home: node.home, databaseUrl: await copyDatabase(copy) },
  });
  onTestFinished(() => node.announce());
  return again;
}

async function protocolHealth({ parts: { work } }: TestNode) {
  const health = new HealthRegistry();
  watchLostNumbers(health, { work, metrics: createMetrics('spec'), logger });
  return (await health.check()).checks['protocol'];
}

/** Everything that its inbox holds, again. */
async function replayInbox(node: TestNode): Promise<void> {
  for (const decided of exchange.decided) await exchange.hand(node, inboxRecord(decided, node.ipa));
}

describe('a node whose database was restored from a copy', () => {
  it('adopts its own events with the bytes that it had published, and finds their places in its inbox', async () => {
    const again = await restored(city, copies.city);
    const here = await Partner.of(again);
    expect((await here.call(eventPath(lost))).status).toBe(404);
    await recoveryOf(again).run();
    const [was, is] = [await eventsOf(city), await eventsOf(again)];
    expect([...is.keys()].sort()).toEqual([...was.keys()].sort());
    for (const [id, seen] of is) expect(seen.bytes).toBe(was.get(id)?.bytes);
    expect([...is.values()].filter(({ status }) => status === 'provisional')).toHaveLength(2);
    await replayInbox(again);
    expect(await eventsOf(again)).toEqual(was);
    expect(await takeOutbox(again)).toEqual([]);
  });

  it('has documents, search fields and register again, and gives no number twice', async () => {
    const again = await restored(city, copies.city);
    await recoveryOf(again).run();
    await replayInbox(again);
    const here = await Partner.of(again);
    expect(await numbersOf(again)).toEqual(await numbersOf(city));
    expect(await toTheSecond(here)).toEqual(await toTheSecond(office));
    const documents = (node: TestNode) =>
      node.rows('select document_id, sha256, file_name, status, role from document order by document_id');
    expect(await documents(again)).toEqual(await documents(city));
    const search = (node: TestNode) =>
      node.rows('select name, value from practice_search order by uuid, name');
    expect(await search(again)).toEqual(await search(city));
    const next = (await here.filed()) as FiledHere;
    const [last] = (await numbersOf(city)).slice(-1);
    expect(Number(next.protocol.number)).toBe(Number(last) + 1);
    expect(next.cui).toBe(lost.cui.replace(/\d+$/, (n) => String(Number(n) + 1).padStart(6, '0')));
  });

  it('goes on in its own chain where it had stopped', async () => {
    const again = await restored(city, copies.city);
    await recoveryOf(again).run();
    await replayInbox(again);
    const here = await Partner.of(again);
    const act = await here.act(before.practiceId, ACT);
    const issued = { practiceId: before.practiceId, eventId: String(act.json?.['eventId']) };
    const { sequence } = parseEvent((await here.call(eventPath(issued))).bytes);
    const [head] = await city.rows<{ number: number; digest: string }>(
      'select number, digest from event where uuid = $1 and author = $2 order by number desc limit 1',
      [before.practiceId, city.ipa],
    );
    expect(sequence).toEqual({ number: Number(head?.number) + 1, previous: head?.digest });
  });

  it('has partners wait until its inbox has brought again what it had told them, and nobody where it knows all', async () => {
    const again = await restored(province, copies.province);
    await recoveryOf(again).run();
    const topic = topics.inbox('p_cr' as IpaCode);
    const { connection } = sandbox;
    let looks = 0;
    const readAgain = ({ parts }: TestNode) => {
      const run: UnitOfWork['run'] = (work) => {
        looks += 1;
        return parts.work.run(work);
      };
      const given = { parts, work: { run }, connection, group: 'p_cr.inbox', logger };
      return untilReadAgain(given, AbortSignal.timeout(20_000));
    };
    await sandbox.send(exchange.decided.map((decided) => ({ ...inboxRecord(decided, 'p_cr'), topic })));
    let isThrough = false;
    const waiting = readAgain(again).then(() => (isThrough = true));
    const positions = new StreamPositions(again.parts.work);
    await positions.load('p_cr.inbox', [topic]);
    const [range] = await connection.ranges(topic);
    const end = range?.high ?? 0n;
    await positions.save('p_cr.inbox', [{ topic, partition: 0, next: end - 1n }]);
    const before = looks;
    await expect.poll(() => looks, { timeout: 10_000 }).toBeGreaterThan(before + 1);
    expect(isThrough).toBe(false);
    await positions.save('p_cr.inbox', [{ topic, partition: 0, next: end }]);
    await waiting;
    // The node that was never restored has forgotten nothing, whatever its positions are.
    await readAgain(province);
  });

  it('registers what it had received under the numbers that it had told, and signs no receipt again', async () => {
    const again = await restored(province, copies.province);
    await recoveryOf(again).run();
    const here = await Partner.of(again);
    const { numbers } = await here.get<LostPage>('/v1/protocol/lost');
    expect(numbers.map((one) => one.message?.eventId)).toContain(lost.eventId);
    expect(new Set(numbers.map((one) => one.reason?.code))).toEqual(new Set(['PROTOCOL_NUMBER_AWAITED']));
    expect(await protocolHealth(again)).toMatchObject({ status: 'degraded' });
    await replayInbox(again);
    const fetching = await TestNode.start(network, 'p_cr', {
      fetching: true,
      place: { home: again.home, databaseUrl: again.databaseUrl },
    });
    await expect.poll(() => numbersOf(fetching), { timeout: 20_000 }).toEqual(await numbersOf(province));
    expect((await protocolAt(here, lost.practiceId)).entries).toMatchObject([
      { state: 'cancelled', number: (await entryAt(counter, lost.practiceId)).number },
    ]);
    expect(receiptsIn(await takeOutbox(again))).toEqual([]);
    expect((await here.get<LostPage>('/v1/protocol/lost')).numbers).toEqual([]);
    expect((await here.get<LostPage>('/v1/protocol/lost?all=true')).numbers).toEqual(
      numbers.map((one) => ({ ...one, registeredAgain: true, reason: null })),
    );
    expect(await protocolHealth(again)).toEqual({ status: 'up' });
  });

  it('passes over numbers that it cannot attribute, and shows them as lost', async () => {
    const again = await restored(city, copies.city);
    // Its folder of documents was lost, too: nothing of what was filed since is there.
    const empty = new FileDocumentStore({ root: await mkdtemp(join(tmpdir(), 'reset-hub-empty-')) });
    await empty.start();
    await recoveryOf(again, { parts: { ...again.parts, documents: empty } }).run();
    const lostNumbers = await again.rows('select number, author from protocol_lost order by number');
    expect(lostNumbers).toEqual([
      { number: '2', author: null },
      { number: '3', author: null },
    ]);
    const here = await Partner.of(again);
    const { numbers } = await here.get<LostPage>('/v1/protocol/lost');
    expect(numbers.map((one) => [one.number, one.message, one.reason?.code])).toEqual([
      ['0000003', null, 'PROTOCOL_NUMBER_LOST'],
      ['0000002', null, 'PROTOCOL_NUMBER_LOST'],
    ]);
    const { year } = numbers[0]!;
    const { it: italian, en } = ERROR_POLICIES.PROTOCOL_NUMBER_LOST;
    expect(numbers[0]?.reason?.sentence).toEqual({ it: italian, en });
    expect((await here.call(`/v1/protocol/${year}/2`)).json).toMatchObject({
      status: 410,
      code: 'PROTOCOL_NUMBER_LOST',
    });
    expect(await protocolHealth(again)).toEqual({ status: 'up', detail: 'PROTOCOL_NUMBER_LOST: 2' });
    const page = await here.get<LostPage>('/v1/protocol/lost?limit=1');
    const rest = await here.get<LostPage>(`/v1/protocol/lost?limit=1&after=${page.next}`);
    expect([...page.numbers, ...rest.numbers]).toEqual(numbers);
    expect(rest.next).toBeNull();
    const next = (await here.filed()) as FiledHere;
    expect(Number(next.protocol.number)).toBe(4);
  });

  it('gets its documents back from who received them, and with them the entries of its register', async () => {
    const again = await restored(city, copies.city);
    const home = await mkdtemp(join(tmpdir(), 'reset-hub-empty-'));
    const empty = new FileDocumentStore({ root: home });
    await empty.start();
    await recoveryOf(again, { parts: { ...again.parts, documents: empty } }).run();
    await replayInbox(again);
    // The next process, with the folder that is left to it.
    await TestNode.start(network, city.ipa, {
      fetching: true,
      place: { home, databaseUrl: again.databaseUrl },
    });
    const kept = (node: TestNode) =>
      node.rows(
        `select document_id, sha256, file_name, status, role from document
         where event_id in (select event_id from event where author = 'c_d150' and received_at > $1) order by 1`,
        [new Date(0)],
      );
    await expect.poll(() => kept(again), { timeout: 30_000 }).toEqual(await kept(city));
    await expect.poll(() => numbersOf(again), { timeout: 10_000 }).toEqual(await numbersOf(city));
    expect(await again.rows('select 1 from lost_document')).toEqual([]);
  });

  it('cut off while it adopts, begins again and ends the same', async () => {
    const again = await restored(city, copies.city);
    const cut = {
      read: (...given: Parameters<typeof sandbox.reader.read>) =>
        given[0] === topics.said(city.ipa) ? sandbox.reader.read(...given) : brokenOff(),
    };
    await expect(recoveryOf(again, { reader: cut }).run()).rejects.toThrow('the broker has gone');
    await recoveryOf(again).run();
    await recoveryOf(again).run();
    await replayInbox(again);
    expect(await eventsOf(again)).toEqual(await eventsOf(city));
  });

  it('writes nothing when it has signed something else in the meantime', async () => {
    const again = await restored(city, copies.city);
    const here = await Partner.of(again);
    // Put into service without the comparison, it has taken the number of an act that it had published.
    expect((await here.act(before.practiceId, ACT)).status).toBe(201);
    await expect(recoveryOf(again).run()).rejects.toMatchObject({ code: 'OWN_EVENT_CONTRADICTED' });
  });
});

describe('a node that asks the log', () => {
  it('writes nothing while the log holds an event of its own that neither database nor topic has', async () => {
    const again = await restored(city, copies.city);
    const unknown = again.parts.ids.uuidv7();
    const auditor = await aLog({ events: [{ index: 7, eventId: unknown, sha256: 'x' }] });
    await expect(recoveryOf(again, { auditor }).run()).rejects.toMatchObject({
      code: 'NODE_BEHIND_LOG',
      details: { events: [unknown] },
    });
  });

  it('goes on when the log holds what it has, or is away', async () => {
    const again = await restored(city, copies.city);
    await recoveryOf(again, { auditor: { url: 'http://127.0.0.1:1', token: 't' } }).run();
    const auditor = await aLog({ events: [{ index: 7, eventId: lost.eventId, sha256: 'x' }] });
    await recoveryOf(again, { auditor }).run();
  });

  it('waits for a log that is away when its own topic has a hole', async () => {
    const again = await restored(city, copies.city);
    // The topic was made anew: it ends before the mark.
    await again.rows(`update published_mark set next_offset = 1000`);
    const auditor = { url: 'http://127.0.0.1:1', token: 't' };
    await expect(recoveryOf(again, { auditor }).run()).rejects.toMatchObject({ code: 'AUDITOR_UNAVAILABLE' });
  });
});

/** A log that answers this of every author. */
async function aLog(answer: object): Promise<AuditorAddress> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, token: 't' };
}

/** The register's entries of the lost filing: a segnatura tells the time to the second. */
async function toTheSecond(partner: Partner) {
  const { entries } = await protocolAt(partner, lost.practiceId);
  return entries.map((entry) => ({ ...entry, registeredAt: entry.registeredAt.slice(0, 19) }));
}

function brokenOff(): ReturnType<typeof sandbox.reader.read> {
  return {
    caughtUp: Promise.resolve(),
    close: () => Promise.resolve(),
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('the broker has gone')) }),
  };
}
