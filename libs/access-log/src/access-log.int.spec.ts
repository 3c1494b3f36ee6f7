import { randomUUID } from 'node:crypto';
import { aNetwork, freshDatabase, TEST_NOW, TestClock } from '#testing';
import { describe, expect, it } from 'vitest';
import { aPractice, aReader, TestAccesses } from './access-log.fixture.ts';

const clock = new TestClock(TEST_NOW);
const network = await aNetwork().at(clock).founded();
const url = await freshDatabase();
const node = await TestAccesses.open(url, network, clock);
const other = await TestAccesses.open(url, network, clock);

/** A practice with its id at hand. */
function aThing() {
  const uuid = randomUUID();
  return { uuid, thing: aPractice({ practice: { owner: 'c_d150', uuid } }) };
}

describe('a read that is answered', () => {
  it('is an access, committed with the answer; one that fails is none', async () => {
    const { uuid, thing } = aThing();
    await node.read(thing);
    expect(await node.count(uuid)).toBe(1);
    const failing = node.work.answer(async (tx) => {
      await node.log.note(tx, aReader(), thing);
      throw new Error('it is not to be read');
    });
    await expect(failing).rejects.toThrow('it is not to be read');
    expect(await node.count(uuid)).toBe(1);
  });

  it('is of one moment, though something is written', async () => {
    const { uuid, thing } = aThing();
    await node.work.answer(async (tx) => {
      await node.log.note(tx, aReader(), thing);
      await tx.query('select 1 as begun');
      await other.read(thing);
      const seen = await tx.query('select 1 as seen from access_record where uuid = $1', [uuid]);
      expect(seen).toHaveLength(1);
    });
    expect(await node.count(uuid)).toBe(2);
  });

  it('is not answered where it cannot be noted', async () => {
    const { thing } = aThing();
    await node.rows('alter table access_record rename to access_record_gone');
    const answered = node.work.answer(async (tx) => {
      await node.log.note(tx, aReader(), thing);
      return 'the content';
    });
    await expect(answered).rejects.toThrow('access_record');
    await node.rows('alter table access_record_gone rename to access_record');
  });

  it('of another node is none: it reads what it takes part in', async () => {
    const { uuid, thing } = aThing();
    await node.work.answer((tx) => node.log.note(tx, null, thing));
    expect(await node.count(uuid)).toBe(0);
  });
});

describe('reads of a partner’s own system', () => {
  it('are one access for each practice and day, however many instances are asked at once', async () => {
    const { uuid, thing } = aThing();
    const system = aReader({ counted: 'daily' });
    const document = { ...thing, kind: 'document', id: randomUUID() } as const;
    const reads = [node, other, node, other, node, other].map((one, n) =>
      one.read(n % 2 === 0 ? thing : document, system),
    );
    await Promise.all(reads);
    expect(await node.count(uuid)).toBe(1);
    await node.read(thing, aReader({ counted: 'daily' }));
    expect(await node.count(uuid)).toBe(2);
    const { accesses } = await node.list.run({ practice: uuid, limit: 10 });
    expect(accesses[0]).toMatchObject({ per: 'day', what: { kind: 'practice', id: null } });
  });

  it('write nothing from the second one of a day on: no such read waits for a disk', async () => {
    const { thing } = aThing();
    const system = aReader({ counted: 'daily' });
    const hasWritten = () =>
      node.work.answer(async (tx) => {
        await node.log.note(tx, system, thing);
        const [row] = await tx.query<{ written: boolean }>(
          'select pg_current_xact_id_if_assigned() is not null as written',
        );
        return row?.written;
      });
    expect([await hasWritten(), await hasWritten()]).toEqual([true, false]);
  });

  it('count again on the next day, by the clocks of Italy', async () => {
    const { uuid, thing } = aThing();
    const system = aReader({ counted: 'daily' });
    const late = await TestAccesses.open(url, network, new TestClock(new Date('2026-03-05T22:59:00.000Z')));
    await late.read(thing, system);
    late.clock.advance(2 * 60_000);
    await late.read(thing, system);
    await late.read(thing, system);
    expect(await node.count(uuid)).toBe(2);
  });

  it('of lists, which are about no practice, are none', async () => {
    const before = await node.count();
    const list = aPractice({ kind: 'practices', practice: null });
    await node.read(list, aReader({ counted: 'daily' }));
    expect(await node.count()).toBe(before);
    await node.read(list);
    expect(await node.count()).toBe(before + 1);
  });
});

describe('what is kept of an access', () => {
  it('has neither name nor sentence in what is anchored; the node tells both', async () => {
    const { uuid, thing } = aThing();
    const reader = aReader({ operator: 'Ada Prova', purpose: 'fascicolo 12/2026' });
    await node.read(thing, reader);
    await node.read(thing, reader);
    const { accesses } = await node.list.run({ practice: uuid, operator: 'Ada Prova', limit: 10 });
    expect(accesses).toHaveLength(2);
    expect(accesses[0]).toMatchObject({
      by: { kind: 'operator', tokenId: reader.tokenId, operator: 'Ada Prova' },
      purpose: 'fascicolo 12/2026',
      per: 'read',
      anchor: null,
    });
    expect(accesses[0]?.by.reference).toBe(accesses[1]?.by.reference);
    const rows = await node.rows<{ entry: Buffer }>('select entry from access_record where uuid = $1', [
      uuid,
    ]);
    for (const { entry } of rows) {
      expect(entry.toString()).not.toMatch(/Ada|Prova|fascicolo/);
      expect(entry.toString()).toContain(accesses[0]?.by.reference);
    }
  });

  it('refers to two persons of one name at two systems by two references', async () => {
    const { uuid, thing } = aThing();
    await node.read(thing, aReader({ operator: 'Ada Prova' }));
    await node.read(thing, aReader({ operator: 'Ada Prova' }));
    const { accesses } = await node.list.run({ practice: uuid, limit: 10 });
    expect(new Set(accesses.map(({ by }) => by.reference)).size).toBe(2);
  });

  it('is listed by practice, token and time, in pages', async () => {
    const { uuid, thing } = aThing();
    const reader = aReader();
    for (let n = 0; n < 3; n += 1) {
      await node.read(thing, reader);
      clock.advance(1_000);
    }
    const first = await node.list.run({ practice: uuid, owner: 'C_D150', token: reader.tokenId, limit: 2 });
    const second = await node.list.run({ practice: uuid, limit: 2, after: first.next ?? '' });
    expect([first.accesses.length, second.accesses.length, second.next]).toEqual([2, 1, null]);
    const at = first.accesses[1]?.at.toISOString() ?? '';
    const between = await node.list.run({
      practice: uuid,
      from: at,
      to: clock.now().toISOString(),
      limit: 9,
    });
    expect(between.accesses).toHaveLength(2);
    expect((await node.list.run({ practice: uuid, to: at, limit: 9 })).accesses).toHaveLength(1);
    await expect(node.list.run({ after: 'x', limit: 2 })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });
});
