import { parseAction, parseSignedItem, anchoredAccesses } from '#contracts';
import { verifyAction, type Signer } from '#evidence';
import { readUnsent } from '#persistence';
import { aNetwork, freshDatabase, TEST_NOW, TestClock } from '#testing';
import { leafHash, verifyInclusion } from '#tlog';
import { describe, expect, it } from 'vitest';
import { aPractice, aReader, TestAccesses } from './access-log.fixture.ts';
import { accessesChore } from './prune-accesses.ts';
import { WatchAccesses } from './watch-accesses.ts';

const MINUTE_MS = 60_000;
const clock = new TestClock(TEST_NOW);
const network = await aNetwork().at(clock).founded();
const url = await freshDatabase();
const node = await TestAccesses.open(url, network, clock);
const other = await TestAccesses.open(url, network, clock);

interface Anchor {
  readonly id: string;
  readonly size: number;
  readonly item: Buffer;
}

const anchors = () =>
  node.rows<Anchor>(
    'select a.id, a.size, o.item from access_anchor a join operator_action o using (id) order by a.number',
  );

const unanchored = async () =>
  (await node.rows('select 1 as waiting from access_record where anchor is null')).length;

async function reads(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await node.read();
}

/** The next minute, in which nothing is anchored yet. */
function nextMinute(): void {
  clock.advance(MINUTE_MS);
}

describe('a minute of accesses', () => {
  it('has one anchor, signed and sent to the log, whichever of two instances makes it; each access is proved under it', async () => {
    await reads(3);
    const anchored = await Promise.all([node, other, node, other].map((one) => one.anchors().run()));
    expect(anchored.reduce((sum, n) => sum + n, 0)).toBe(3);
    const [anchor, ...others] = await anchors();
    expect([anchor?.size, others]).toEqual([3, []]);
    const { action } = verifyAction(anchor!.item, network.registry, clock.now());
    expect(action).toMatchObject({ kind: 'access.anchored', node: 'c_d150', actors: [{ kind: 'node' }] });
    const { accesses } = await node.list.run({ limit: 10 });
    const signed = anchoredAccesses(action);
    expect(signed).toMatchObject({
      size: 3,
      from: accesses[0]?.at.toISOString(),
      to: accesses[2]?.at.toISOString(),
    });
    for (const { id } of accesses) {
      const { entry, index, hashes, size, item } = await node.prove.run(id);
      expect(parseAction(parseSignedItem(Buffer.from(item, 'base64')).item).id).toBe(anchor?.id);
      const leaf = leafHash(Buffer.from(entry, 'base64'));
      const path = hashes.map((one) => Buffer.from(one, 'base64'));
      const root = Buffer.from(signed?.root ?? '', 'base64');
      expect(() => {
        verifyInclusion(leaf, index, size, path, root);
      }).not.toThrow();
    }
    const sent = await node.work.run((tx) => readUnsent(tx, { records: 10, bytes: 1_000_000 }));
    expect(sent.map(({ topics, value }) => [topics, value.equals(anchor!.item)])).toEqual([
      [['practice.actions'], true],
    ]);
  });

  it('is anchored once: what comes in the same minute waits for the next, also when the clock goes back', async () => {
    await reads(1);
    expect(await other.anchors().run()).toBe(0);
    const [{ id } = { id: '' }] = await node.rows<{ id: string }>(
      'select id from access_record where anchor is null',
    );
    await expect(node.prove.run(id)).rejects.toMatchObject({ code: 'ACCESS_NOT_ANCHORED' });
    clock.advance(-60 * MINUTE_MS);
    expect(await other.anchors().run()).toBe(1);
    clock.advance(61 * MINUTE_MS);
    expect(await node.anchors().run()).toBe(0);
    expect(await anchors()).toHaveLength(2);
  });

  it('has as many anchors as it needs', async () => {
    nextMinute();
    await reads(5);
    expect(await node.anchors({ max: 2 }).run()).toBe(5);
    expect((await anchors()).slice(-3).map(({ size }) => size)).toEqual([2, 2, 1]);
  });
});

describe('a process that dies', () => {
  it('between the answer and the anchor leaves an access that the next one anchors, once', async () => {
    nextMinute();
    await reads(2);
    const before = await anchors();
    const dying = dyingSigner();
    await expect(node.anchors({ signer: dying }).run()).rejects.toThrow();
    expect(await anchors()).toEqual(before);
    expect(await unanchored()).toBe(2);
    expect(await other.anchors().run()).toBe(2);
    expect(await node.anchors().run()).toBe(0);
    expect(await unanchored()).toBe(0);
  });

  it('or whose key is away anchors nothing, and nothing is lost; the node’s health says so', async () => {
    nextMinute();
    await reads(1);
    const away: Signer = { ...node.signer, sign: () => Promise.reject(new Error('no key')) };
    await expect(node.anchors({ signer: away }).run()).rejects.toThrow('no key');
    expect(await unanchored()).toBe(1);
    const watch = new WatchAccesses(node.work, clock);
    expect(await watch.probe()).toMatchObject({ status: 'up' });
    clock.advance(6 * MINUTE_MS);
    expect(await watch.probe()).toMatchObject({ status: 'degraded' });
    expect(await node.anchors().run()).toBe(1);
    expect(await watch.probe()).toMatchObject({ status: 'up' });
  });

  it('does not keep those who read from being answered while it anchors', async () => {
    nextMinute();
    await reads(1);
    const slow: Signer = {
      ...node.signer,
      sign: async (bytes) => {
        await other.read();
        return node.signer.sign(bytes);
      },
    };
    expect(await node.anchors({ signer: slow }).run()).toBe(1);
    expect(await unanchored()).toBe(1);
    nextMinute();
    expect(await node.anchors().run()).toBe(1);
  });
});

describe('what is anchored', () => {
  it('is not changed, nor is anything taken away before it is', async () => {
    nextMinute();
    await reads(1);
    const waits = 'where anchor is null';
    await expect(node.rows(`delete from access_record ${waits}`)).rejects.toThrow('written once');
    await expect(node.rows(`update access_record set operator = 'x' ${waits}`)).rejects.toThrow(
      'written once',
    );
    await node.anchors().run();
    await expect(node.rows('update access_record set anchor = null, place = null')).rejects.toThrow(
      'written once',
    );
    await expect(node.rows('truncate access_record')).rejects.toThrow('written once');
  });

  it('shows what was altered in spite of that', async () => {
    nextMinute();
    await node.read(aPractice(), aReader());
    await node.anchors().run();
    const [last] = await node.rows<{ id: string }>(
      'select id from access_record order by at desc, id desc limit 1',
    );
    await node.rows('alter table access_record disable trigger access_kept');
    await node.rows(`update access_record set entry = entry || ' ' where id = $1`, [last?.id]);
    await node.rows('alter table access_record enable trigger access_kept');
    await expect(node.prove.run(last?.id ?? '')).rejects.toMatchObject({ code: 'ACCESS_ANCHOR_DAMAGED' });
  });

  it('is forgotten when its time is over, an anchor at a time; what has none stays', async () => {
    nextMinute();
    await reads(1);
    const all = (await anchors()).length;
    const later = new Date(clock.now().getTime() + 731 * 24 * 60 * MINUTE_MS);
    const forget = accessesChore({ keptDays: 730 });
    expect(await forget(node.work, clock.now())).toBe(0);
    expect(await forget(node.work, later)).toBe(all);
    expect(await node.count()).toBe(1);
    expect(await anchors()).toEqual([]);
    await expect(node.prove.run('01990000-0000-7000-8000-00000000a0a0')).rejects.toMatchObject({
      code: 'ACCESS_NOT_FOUND',
    });
  });
});

/** Its process goes while it signs: the server ends what its connection had begun. */
function dyingSigner(): Signer {
  return {
    ...node.signer,
    sign: async (bytes) => {
      await other.rows(
        `select pg_terminate_backend(pid) from pg_locks
         where locktype = 'advisory' and objid = 7220602 and pid <> pg_backend_pid()`,
      );
      return node.signer.sign(bytes);
    },
  };
}
