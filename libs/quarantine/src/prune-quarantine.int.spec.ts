import { describe, expect, it } from 'vitest';
import { sha256Hex, verifyAction } from '#evidence';
import { done } from '#messaging';
import { quarantineChore } from './prune-quarantine.ts';
import { record, TestDesk, TOKEN } from './quarantine.fixture.ts';
import { RerunQuarantine } from './rerun-quarantine.ts';
import { RerunWorker } from './rerun-worker.ts';

const desk = await TestDesk.open();
const { clock, get, http, network, parkedAt, parts, post, work } = desk;
const DAY_MS = 86_400_000;
const prune = (days: number, unless?: string) =>
  quarantineChore({ keptDays: 400, ...(unless === undefined ? {} : { unless }) })(
    work,
    new Date(clock.now().getTime() + days * DAY_MS),
  );
const held = async () => {
  const rows = await work.run((tx) =>
    tx.query<{ place: string }>(`select origin->>'offset' as place from quarantine order by 1`),
  );
  return rows.map(({ place }) => place);
};

describe('what was closed long ago', () => {
  it('is forgotten 400 days after it was closed and not before; what is still parked stays, however old', async () => {
    desk.verdict = done();
    const discarded = await parkedAt('discarded');
    await post(`/v1/quarantine/${discarded}/discard`, { reason: 'noise' });
    await post(`/v1/quarantine/${await parkedAt('released')}/release`);
    await parkedAt('parked');
    expect(await prune(399)).toBe(0);
    expect(await held()).toEqual(['discarded', 'parked', 'released']);
    expect(await prune(401)).toBe(2);
    expect(await held()).toEqual(['parked']);
    expect(await prune(100_000)).toBe(0);
    expect(await get(`/v1/quarantine/${discarded}`)).toMatchObject({ code: 'QUARANTINE_NOT_FOUND' });
  });

  it('leaves the action, which still proves when it was done to which record, by place and digest', async () => {
    const id = await parkedAt('proved');
    await post(`/v1/quarantine/${id}/discard`, { reason: 'noise' });
    await prune(401);
    const { actions } = (await get(`/v1/actions?subject=quarantine/${id}`)) as { actions: { id: string }[] };
    expect(actions).toHaveLength(1);
    const { item, reason } = (await get(`/v1/actions/${actions[0]!.id}`)) as { item: string; reason: string };
    expect(reason).toBe('noise');
    const { action } = verifyAction(Buffer.from(item, 'base64'), network.registry, clock.now());
    expect(action).toMatchObject({
      kind: 'quarantine.discarded',
      record: { topic: record.origin.topic, offset: 'proved', digest: sha256Hex(record.bytes) },
    });
  });

  it('stays where the node still needs it as evidence', async () => {
    await post(`/v1/quarantine/${await parkedAt('evidence')}/release`);
    expect(await prune(401, `q.origin->>'offset' = 'evidence'`)).toBe(0);
    expect(await held()).toContain('evidence');
    expect(await prune(401)).toBe(1);
  });

  it('stays while somebody works on it', async () => {
    const id = await parkedAt('in-hand');
    await post(`/v1/quarantine/${id}/release`);
    await work.run(async (tx) => {
      await tx.query('select 1 as locked from quarantine where id = $1 for update', [id]);
      expect(await prune(401)).toBe(0);
    });
    expect(await prune(401)).toBe(1);
  });

  it('counts re-runs as well: those that have ended go, one that is under way does not', async () => {
    await http.app.get(RerunWorker).onModuleDestroy();
    const ask = () =>
      work.run((tx) => new RerunQuarantine(parts).ask(tx, { since: clock.now(), tokenId: TOKEN }));
    const over = await ask();
    await work.run((tx) =>
      tx.query('update quarantine_rerun set ended_at = $2 where id = $1', [over.id, clock.now()]),
    );
    const open = await ask();
    await prune(401);
    expect(await get(`/v1/quarantine/reruns/${over.id}`)).toMatchObject({ code: 'RERUN_NOT_FOUND' });
    expect(await get(`/v1/quarantine/reruns/${open.id}`)).toMatchObject({ endedAt: null });
  });
});
