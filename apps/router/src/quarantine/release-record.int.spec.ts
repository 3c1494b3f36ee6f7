import { afterAll, describe, expect, it } from 'vitest';
import type { RegistryChange } from '#contracts';
import { sha256Hex } from '#evidence';
import { aNetwork, anEvent, aPractice, freshDatabase, outboxRecord, TEST_NOW, TestClock } from '#testing';
import { TestRouter } from '../../test/test-router.ts';

const missing: RegistryChange[] = [];
const clock = new TestClock(TEST_NOW);
const network = await aNetwork()
  .at(clock)
  .without((change) => {
    const isIt = change.kind === 'procedure.published' && change.procedure.code === 'pesca.licenza';
    if (isIt) missing.push(change);
    return isIt;
  })
  .founded();
const full = await aNetwork().founded();
const router = await TestRouter.open(await freshDatabase(), network);
afterAll(() => router.close());

describe('releasing what was parked', () => {
  it('runs the same checks: what is still wrong stays, with one entry and one notice', async () => {
    const refused = await anEvent(network).withoutForm().signed();
    await router.deliver(outboxRecord(refused));
    const sent = await router.outbox();
    const entry = await router.lastParked();
    expect(await router.release(entry.id)).toMatchObject({
      id: entry.id,
      status: 'parked',
      code: 'FORM_DOCUMENT_MISSING',
    });
    expect(await router.lastParked()).toEqual(entry);
    const [action, ...others] = (await router.outbox()).slice(sent.length);
    expect(action).toMatchObject({ topics: ['practice.actions'], key: 'router-1' });
    expect(others).toEqual([]);
  });

  it('places and sends what passes now, and what waited behind it; a second release is refused', async () => {
    const practice = aPractice(network);
    // The author knew the procedure already: body and facts are those of a network that has it.
    const { body, facts, documents } = (await anEvent(full).procedure('pesca.licenza').signed()).event;
    const filing = await practice
      .filedBy('c_d150')
      .procedure('pesca.licenza')
      .with({ body, facts, documents })
      .signed();
    const behind = await practice.actBy('c_d150', 'correction.requested').signed();
    expect(await router.deliver(outboxRecord(filing), outboxRecord(behind))).toEqual([
      'PROCEDURE_UNKNOWN',
      'hold',
    ]);
    const { id } = await router.lastParked();
    for (const change of missing) await network.publish(change);
    expect(await router.release(id)).toMatchObject({ id, status: 'released', code: null });
    expect((await router.placed(practice.ref)).map((placed) => placed.id)).toEqual([
      filing.event.id,
      behind.event.id,
    ]);
    expect((await router.outbox()).some(({ value }) => value.equals(filing.bytes))).toBe(true);
    expect(await router.lastParked()).toMatchObject({
      id,
      status: 'released',
      closedAt: network.clock.now(),
    });
    await expect(router.release(id)).rejects.toThrow(
      expect.objectContaining({ code: 'QUARANTINE_ALREADY_CLOSED' }),
    );
  });

  it('parks again, and says so again, what was released into a gap and fails when its turn comes', async () => {
    const practice = aPractice(network);
    await router.deliver(outboxRecord(await practice.filedBy('c_d150').signed()));
    const first = await practice.actBy('p_cr', 'integration.requested').signed();
    // Until the registry lists the version that it names, it cannot even wait.
    const entry = await network.announce({ kind: 'area.published', code: 'nuova', bodies: [] });
    const registry = { number: network.entries.length + 1, digest: sha256Hex(entry) };
    const second = await practice.actBy('p_cr', 'proceeding.ended').with({ registry }).signed();
    const record = outboxRecord(second);
    expect(await router.deliver(record)).toEqual(['retry']);
    clock.advance(15 * 60_000);
    expect(await router.deliver(record)).toEqual(['REGISTRY_VERSION_DIFFERS']);
    const { id } = await router.lastParked();
    network.adopt(entry);
    expect(await router.release(id)).toMatchObject({ id, status: 'held', code: 'EVENT_BEHIND_GAP' });
    expect(await router.deliver(outboxRecord(first))).toEqual(['done']);
    expect(await router.lastParked()).toMatchObject({
      id,
      status: 'parked',
      code: 'TYPE_NOT_GRANTED',
      closedAt: null,
    });
    expect((await router.outbox()).at(-1)?.headers).toMatchObject({ hub_code: 'TYPE_NOT_GRANTED' });
  });

  it('happens once when several release at the same moment', async () => {
    const refused = await anEvent(network).withoutForm().signed();
    await router.deliver(outboxRecord(refused));
    const { id } = await router.lastParked();
    // What was wrong with the record was mended.
    const { value, headers } = outboxRecord(await anEvent(network).signed());
    const stored = Object.entries(headers).map(([name, text]) => [name, text.toString('base64')]);
    await router.work.run((tx) =>
      tx.query('update quarantine set bytes = $2, headers = $3 where id = $1', [
        id,
        value,
        JSON.stringify(Object.fromEntries(stored)),
      ]),
    );
    const releases = await Promise.allSettled(Array.from({ length: 4 }, () => router.release(id)));
    expect(releases.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
    ]);
  });

  it('answers QUARANTINE_NOT_FOUND for an id that it does not have', async () => {
    await expect(router.release('01990000-0000-7000-8000-ffffffffffff')).rejects.toThrow(
      expect.objectContaining({ code: 'QUARANTINE_NOT_FOUND' }),
    );
  });
});

describe('what was parked and comes again', () => {
  const statusOf = async (id: string) => (await router.quarantine()).find((entry) => entry.id === id)?.status;

  it('closes its old entry when it passes now, at whatever place of the outbox', async () => {
    const { body, facts, documents } = (await anEvent(full).procedure('pesca.licenza').signed()).event;
    const late = await aNetwork()
      .at(clock)
      .without((change) => change.kind === 'procedure.published' && change.procedure.code === 'pesca.licenza')
      .founded();
    const other = await TestRouter.open(await freshDatabase(), late);
    const practice = aPractice(late);
    const filing = await practice
      .filedBy('c_d150')
      .procedure('pesca.licenza')
      .with({ body, facts, documents })
      .signed();
    expect(await other.deliver(outboxRecord(filing))).toEqual(['PROCEDURE_UNKNOWN']);
    const { id } = await other.lastParked();
    for (const change of missing) await late.publish(change);
    expect(await other.deliver(outboxRecord(filing))).toEqual(['done']);
    expect(await other.lastParked()).toMatchObject({ id, status: 'released', closedAt: clock.now() });
    await other.close();
  });

  it('and is refused again stays one entry, the new one, and its author is told again', async () => {
    const refused = await anEvent(network).withoutForm().signed();
    await router.deliver(outboxRecord(refused));
    const first = await router.lastParked();
    const sent = (await router.outbox()).length;
    expect(await router.deliver(outboxRecord(refused))).toEqual(['FORM_DOCUMENT_MISSING']);
    const second = await router.lastParked();
    expect(second).toMatchObject({ status: 'parked', code: first.code });
    expect(second.id).not.toBe(first.id);
    expect(await statusOf(first.id)).toBe('superseded');
    expect((await router.outbox()).slice(sent).map(({ headers }) => headers['hub_class'])).toEqual([
      'parked',
    ]);
  });

  it('is settled by its author’s void', async () => {
    const practice = aPractice(network);
    await router.deliver(outboxRecord(await practice.filedBy('c_d150').signed()));
    const refused = await practice.actBy('p_cr', 'proceeding.ended').signed();
    await router.deliver(outboxRecord(refused));
    const { id } = await router.lastParked();
    expect(await statusOf(id)).toBe('parked');
    expect(await router.deliver(outboxRecord(await practice.voidedBy('p_cr', refused).signed()))).toEqual([
      'done',
    ]);
    expect(await statusOf(id)).toBe('superseded');
  });
});
