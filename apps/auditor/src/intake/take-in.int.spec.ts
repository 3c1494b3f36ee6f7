import { afterAll, describe, expect, it } from 'vitest';
import { topics } from '#contracts';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import {
  anAction,
  aDecision,
  anEvent,
  aReceipt,
  aRecord,
  outboxRecord,
  SampleNetwork,
  type SignedEvent,
} from '../signed-samples.fixture.ts';

const log = await LogInstance.open(await logDatabase());
const network = await SampleNetwork.create();
const takeIn = log.takeIn(network);
const DONE = { kind: 'done' };
const parked = (code: string) => ({ kind: 'park', code });

afterAll(() => log.close());

async function leavesOf({ event }: SignedEvent): Promise<string[]> {
  const rows = await log.rows<{ kind: string; author: string }>(
    'select kind, author from log_entry where event_id = $1 order by id',
    [event.id],
  );
  return rows.map(({ kind, author }) => `${kind} ${author}`);
}

const isArchived = async (sha256: string) =>
  (await log.rows("select 1 as found from archive where sha256 = decode($1, 'hex')", [sha256])).length === 1;

describe('taking records into the log', () => {
  it('makes one leaf of a record that is delivered twice, in one batch, in two, and at two instances at once', async () => {
    const signed = await network.event(anEvent());
    const record = outboxRecord(signed);
    expect(await takeIn.run('events', [record, record])).toEqual([DONE, DONE]);
    expect(await takeIn.run('events', [record])).toEqual([DONE]);
    const both = await network.event(anEvent());
    const other = log.takeIn(network);
    await Promise.all([takeIn, other].map((one) => one.run('events', [outboxRecord(both)])));
    expect(await leavesOf(signed)).toEqual(['event c_d150']);
    expect(await leavesOf(both)).toEqual(['event c_d150']);
    expect(await isArchived(signed.digest)).toBe(true);
  });

  it('makes a leaf each of an event, its decision, and every kind of receipt', async () => {
    const signed = await network.event(anEvent());
    await takeIn.run('decisions', [aRecord(topics.routing, await network.decision(aDecision(signed)))]);
    await takeIn.run('events', [outboxRecord(signed)]);
    const kinds = ['received', 'documents-complete'] as const;
    const receipts = await Promise.all(kinds.map((kind) => network.receipt(aReceipt(signed, { kind }))));
    const records = receipts.map((value) => aRecord(topics.receipts, value));
    expect(await takeIn.run('receipts', records)).toEqual([DONE, DONE]);
    expect(await leavesOf(signed)).toEqual([
      'decision c_d150',
      'event c_d150',
      'receipt c_d150',
      'receipt c_d150',
    ]);
  });

  it('logs the events of two authors that have used one id', async () => {
    const first = await network.event(anEvent('c_d150'));
    const second = await network.event(anEvent('p_cr', { id: first.event.id }));
    await takeIn.run('events', [outboxRecord(first), outboxRecord(second)]);
    expect(await leavesOf(first)).toEqual(['event c_d150', 'event p_cr']);
  });

  it('refuses a tampered event, keeps it with its code, and takes the others of its batch', async () => {
    const signed = await network.event(anEvent());
    const good = await network.event(anEvent());
    const bytes = Buffer.from(signed.bytes.toString().replace('UF-SUAP', 'UF-SUAQ'));
    const record = outboxRecord({ ...signed, bytes });
    const outcomes = [parked('REFERENCE_DIGEST_MISMATCH'), DONE];
    expect(await takeIn.run('events', [record, outboxRecord(good)])).toEqual(outcomes);
    await takeIn.run('events', [record]);
    expect(await leavesOf(signed)).toEqual([]);
    expect(await leavesOf(good)).toEqual(['event c_d150']);
    const kept = await log.rows<{ code: string; bytes: Buffer }>(
      'select code, bytes from refused where topic = $1 and record_offset = $2',
      [record.topic, record.offset],
    );
    expect(kept).toEqual([{ code: 'REFERENCE_DIGEST_MISMATCH', bytes }]);
  });

  it('keeps both of two events that their author signed under one id, the first as the leaf', async () => {
    const signed = await network.event(anEvent());
    const twin = await network.event(signed.event, new Date(Date.now() + 1_000));
    await takeIn.run('events', [outboxRecord(signed)]);
    expect(await takeIn.run('events', [outboxRecord(twin)])).toEqual([parked('EQUIVOCATION')]);
    expect(await leavesOf(signed)).toEqual(['event c_d150']);
    expect(await isArchived(twin.digest)).toBe(false);
    expect(await log.rows('select 1 as kept from refused where bytes = $1', [twin.bytes])).toHaveLength(1);
  });

  it('refuses a second decision about an event that says something else', async () => {
    const signed = await network.event(anEvent());
    const [one, other] = await Promise.all(
      [1, 2].map(async (position) => network.decision(aDecision(signed, { position }))),
    );
    expect(await takeIn.run('decisions', [aRecord(topics.routing, one!)])).toEqual([DONE]);
    expect(await takeIn.run('decisions', [aRecord(topics.routing, other!)])).toEqual([
      parked('LOG_LEAF_CONTRADICTED'),
    ]);
  });

  it('refuses what the wrong hands signed: a decision by a member, garbage for a receipt', async () => {
    const signed = await network.event(anEvent());
    const forged = await network.decision(aDecision(signed, { router: 'p_cr' }));
    expect(await takeIn.run('decisions', [aRecord(topics.routing, forged)])).toEqual([
      parked('CERTIFICATE_ROLE_WRONG'),
    ]);
    const [outcome] = await takeIn.run('receipts', [aRecord(topics.receipts, Buffer.from('<Receipt/>'))]);
    expect(outcome?.kind).toBe('park');
  });

  it('asks for a record from the future again for 15 minutes, then refuses it', async () => {
    const record = outboxRecord(await network.event(anEvent(), new Date(Date.now() + 3_600_000)));
    expect(await takeIn.run('events', [record])).toEqual([{ kind: 'retry', afterMs: 500 }]);
    const tried = { ...record, timestamp: new Date(Date.now() - 15 * 60_000) };
    expect(await takeIn.run('events', [tried])).toEqual([parked('SIGNING_TIME_IN_FUTURE')]);
  });

  it('asks for a record again while its registry version is not here yet', async () => {
    const registry = { number: 13, digest: network.head.digest };
    const signed = await network.event(anEvent('c_d150', { registry }));
    const record = outboxRecord(signed);
    expect(await takeIn.run('events', [record])).toEqual([{ kind: 'retry', afterMs: 500 }]);
    network.head = registry;
    expect(await takeIn.run('events', [record])).toEqual([DONE]);
  });
});

describe('an event whose key was revoked before it was read here', () => {
  const revokedFrom = new Date(Date.now() - 1_000).toISOString();
  const decidedAt = new Date(Date.now() - 60_000);

  it.each(['event first', 'decision first'])(
    'is a leaf once a decision from before proves it: %s',
    async (order) => {
      const own = await SampleNetwork.create();
      const signed = await own.event(anEvent('c_d142'), decidedAt);
      const item = await own.decision(aDecision(signed, { time: decidedAt.toISOString() }));
      own.list('c_d142', { holder: 'c_d142', role: 'authority', purpose: 'signing', revokedFrom });
      const taking = log.takeIn(own);
      const event = () => taking.run('events', [outboxRecord(signed)]);
      const decision = () => taking.run('decisions', [aRecord(topics.routing, item)]);
      if (order === 'event first') {
        expect(await event()).toEqual([parked('KEY_REVOKED_BEFORE_ARRIVAL')]);
        expect(await leavesOf(signed)).toEqual([]);
        expect(await decision()).toEqual([DONE]);
      } else {
        expect(await decision()).toEqual([DONE]);
        expect(await event()).toEqual([DONE]);
      }
      expect((await leavesOf(signed)).sort()).toEqual(['decision c_d142', 'event c_d142']);
    },
  );
});

describe('a record that the log has, delivered again after its key was revoked', () => {
  it('is judged by the moment that it was first proved, and not refused', async () => {
    const own = await SampleNetwork.create();
    const taking = log.takeIn(own);
    const signed = await own.event(anEvent('c_d142'));
    const decision = aRecord(topics.routing, await own.decision(aDecision(signed)));
    const receipt = aRecord(topics.receipts, await own.receipt(aReceipt(signed, { kind: 'received' })));
    const deliver = async () => [
      ...(await taking.run('events', [outboxRecord(signed)])),
      ...(await taking.run('decisions', [decision])),
      ...(await taking.run('receipts', [receipt])),
    ];
    expect(await deliver()).toEqual([DONE, DONE, DONE]);
    const revoked = { purpose: 'signing', revokedFrom: new Date(Date.now() - 1_000).toISOString() } as const;
    own.list('c_d142', { holder: 'c_d142', role: 'authority', ...revoked });
    own.list('router-1', { holder: 'router-1', role: 'router', ...revoked });
    own.list('p_cr', { holder: 'p_cr', role: 'authority', ...revoked });
    expect(await deliver()).toEqual([DONE, DONE, DONE]);
    const other = await own.decision(aDecision(await own.event(anEvent('c_d150'))));
    expect(await taking.run('decisions', [aRecord(topics.routing, other)])).toEqual([
      parked('KEY_REVOKED_BEFORE_ARRIVAL'),
    ]);
  });
});

describe('an operator’s action', () => {
  it('is a leaf, of a kind that this version does not know too; and none when another node signed it', async () => {
    const own = anAction('p_cr', { kind: 'keys.destroyed', practice: null });
    const item = await network.action(own, 'p_cr');
    const forged = await network.action(anAction('router-1', { role: 'router' }), 'c_d142');
    const records = [item, item, forged].map((value) => aRecord(topics.actions, value));
    expect(await takeIn.run('actions', records)).toEqual([DONE, DONE, parked('CERTIFICATE_ROLE_WRONG')]);
    const rows = await log.rows<{ entry: Buffer }>('select entry from log_entry where event_id = $1', [
      own.id,
    ]);
    expect(rows.map(({ entry }) => JSON.parse(entry.toString()) as object)).toEqual([
      expect.objectContaining({ kind: 'action', author: 'p_cr', type: 'keys.destroyed', practice: null }),
    ]);
    const other = await network.action({ ...own, outcome: 'otherwise' }, 'p_cr');
    expect(await takeIn.run('actions', [aRecord(topics.actions, other)])).toEqual([
      parked('LOG_LEAF_CONTRADICTED'),
    ]);
  });
});
