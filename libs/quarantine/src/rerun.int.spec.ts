import { beforeAll, describe, expect, it } from 'vitest';
import { done, hold, park, retry } from '#messaging';
import { record, TestDesk, TOKEN } from './quarantine.fixture.ts';
import { RerunQuarantine } from './rerun-quarantine.ts';
import { RerunWorker } from './rerun-worker.ts';

const desk = await TestDesk.open();
const { clock, endOf, get, http, judged, keep, parts, post, work } = desk;

describe('a re-run', () => {
  it('judges everything parked since then, in the order of its arrival, and tells what came of it', async () => {
    const { since, topic } = await parkedFromNow('again', 70);
    const outcomes = [done(), hold('EVENT_BEHIND_GAP'), park('EQUIVOCATION'), retry(1)] as const;
    desk.verdict = (_, { offset }) => Promise.resolve(outcomes[Number(offset) % 4] ?? done());
    const asked = await post('/v1/quarantine/reruns', { since: since.toISOString() }, 'rerun');
    expect(asked.status).toBe(202);
    const { id } = asked.json as { id: string };
    const ended = await endOf(id);
    expect(ended).toMatchObject({ released: 18, held: 18, parked: 17, later: 17 });
    expect(judgedOf(topic)).toEqual(upTo(70));
    expect(await post('/v1/quarantine/reruns', { since: since.toISOString() }, 'rerun')).toEqual(asked);
    const { counts } = (await get('/v1/quarantine/counts?member=again')) as { counts: { count: number }[] };
    expect(counts.map(({ count }) => count)).toEqual([34, 36]);
    const { reruns } = (await get('/v1/quarantine/reruns')) as { reruns: { id: string }[] };
    expect(reruns.map((one) => one.id)).toEqual([id]);
  });

  it('leaves alone what was parked for another code, elsewhere or before', async () => {
    const { since } = await parkedFromNow('left', 3);
    desk.verdict = done();
    for (const narrow of [{ code: 'EQUIVOCATION' }, { member: 'nobody' }, { until: since.toISOString() }]) {
      const { json } = await post('/v1/quarantine/reruns', { since: since.toISOString(), ...narrow });
      expect(await endOf((json as { id: string }).id)).toMatchObject({ released: 0, parked: 0, later: 0 });
    }
    expect(await get('/v1/quarantine/counts?member=left')).toMatchObject({ counts: [{ count: 3 }] });
    expect(await get(`/v1/quarantine/reruns/${TOKEN}`)).toMatchObject({ code: 'RERUN_NOT_FOUND' });
  });
});

describe('a re-run, step by step', () => {
  beforeAll(async () => {
    // Nobody else takes a step.
    await http.app.get(RerunWorker).onModuleDestroy();
  });

  it('goes on where it was cut off: what a lost step did is undone with it, and nothing counts twice', async () => {
    const { since, topic } = await parkedFromNow('cut', 40);
    let isCut = false;
    desk.verdict = async (tx, { offset }) => {
      if (offset === '35' && !isCut) {
        isCut = true;
        // As when the process dies: the server rolls back what its session had open.
        await tx.query('select pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
      }
      return done();
    };
    const first = new RerunQuarantine(parts);
    const { id } = await work.run((tx) => first.ask(tx, { since, topic, tokenId: TOKEN }));
    expect(await first.step()).toBe('more');
    expect(await first.step()).toBe('pause');
    expect(await get(`/v1/quarantine/reruns/${id}`)).toMatchObject({ released: 32, endedAt: null });
    const second = new RerunQuarantine(parts);
    while ((await second.step()) === 'more');
    expect(await endOf(id)).toMatchObject({ released: 40, held: 0, parked: 0, later: 0 });
    expect(new Set(judgedOf(topic))).toEqual(new Set(upTo(40)));
    expect(judgedOf(topic).slice(-8)).toEqual(upTo(40).slice(-8));
  });

  it('passes over the one entry that cannot be judged at all', async () => {
    const { since, topic } = await parkedFromNow('poison', 5);
    desk.verdict = (_, { offset }) =>
      offset === '2' ? Promise.reject(new TypeError('it breaks the judge')) : Promise.resolve(done());
    const rerun = new RerunQuarantine(parts);
    const { id } = await work.run((tx) => rerun.ask(tx, { since, topic, tokenId: TOKEN }));
    while ((await rerun.step()) === 'more');
    expect(await endOf(id)).toMatchObject({ released: 4, later: 1 });
  });

  it('is shared by several at once without judging an entry twice', async () => {
    const { since, topic } = await parkedFromNow('shared', 80);
    desk.verdict = done();
    const several = [new RerunQuarantine(parts), new RerunQuarantine(parts)] as const;
    const { id } = await work.run((tx) => several[0].ask(tx, { since, topic, tokenId: TOKEN }));
    const drive = async (rerun: RerunQuarantine) => {
      while ((await rerun.step()) === 'more');
    };
    await Promise.all(several.map(drive));
    await drive(several[0]);
    expect(await endOf(id)).toMatchObject({ released: 80 });
    expect(judgedOf(topic)).toEqual(upTo(80));
  });
});

/** Parks so many records from now on; their topic is their own. */
async function parkedFromNow(name: string, count: number) {
  clock.advance(1_000);
  const since = clock.now();
  const topic = `practice.outbox.${name}`;
  for (let offset = 0; offset < count; offset += 1) {
    clock.advance(1);
    await keep({ ...record, origin: { topic, partition: 0, offset: String(offset) } });
  }
  clock.advance(1);
  return { since, topic };
}
const judgedOf = (topic: string) => judged.filter((one) => one.topic === topic).map(({ offset }) => offset);
const upTo = (count: number) => Array.from({ length: count }, (_, offset) => String(offset));
