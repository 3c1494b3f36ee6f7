import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aDecision, aPractice, TestLog } from '#testing';
import { ServedLog, WatchState } from '../index.ts';
import { logUnderWatch } from './served-log.fixture.ts';

const under = await logUnderWatch();

// Some twenty rounds: seconds, or a minute where others have the processors.
describe('a monitor that ends at any moment', { timeout: 120_000 }, () => {
  it('goes on from what it had, whichever request was its last', async () => {
    await under.grow();
    await under.publish();
    await under.round();
    const before = await mkdtemp(join(under.scratch, 'before-'));
    await cp(under.kept, before, { recursive: true });
    await under.grow();
    await under.publish();
    for (let last = 1; ; last += 1) {
      await rm(under.kept, { recursive: true });
      await cp(before, under.kept, { recursive: true });
      under.serving.asked.length = 0;
      const died = new Error('killed');
      const served = new ServedLog({ url: under.url, token: null });
      const read: typeof served.read = async (path) => {
        if (under.serving.asked.length >= last) throw died;
        return await served.read(path);
      };
      const dying = { read, readTagged: served.readTagged.bind(served) };
      const ended = await under.roundOf(dying).catch((error: unknown) => error);
      expect(await under.round()).toMatchObject({ verdict: 'well', verified: { from: 0, to: 4 } });
      if (ended !== died) break;
    }
  });

  it('has kept what it had seen before it did anything with it: a log that shows another tree then is found out', async () => {
    await under.grow(2);
    await under.publish();
    const served = new ServedLog({ url: under.url, token: null });
    const read: typeof served.read = async (path) => {
      if (path.startsWith('registry/')) throw new Error('killed');
      return await served.read(path);
    };
    const dying = { read, readTagged: served.readTagged.bind(served) };
    await expect(under.roundOf(dying)).rejects.toThrow('killed');
    await under.goAnotherWay(3, 2);
    await under.publish();
    expect((await under.round()).alarms[0]).toMatchObject({ code: 'LOG_CONSISTENCY_INVALID' });
  });

  it('judges an event of one round by the decision of another', async () => {
    const event = await aPractice(under.network).filedBy('c_d150').signed();
    under.log.event(event);
    await under.publish();
    expect((await under.round()).verdict).toBe('well');
    const twin = await aPractice(under.network).filedBy('c_d150').id(event.event.id).signed();
    under.log.decision(await aDecision(twin, 1));
    await under.publish();
    expect((await under.round()).alarms).toMatchObject([
      { code: 'AUDIT_DECISION_OTHER_EVENT', subject: 'leaf 1' },
    ]);
  });

  it('refuses a state that is damaged, or another log’s: who begins anew forgets what shows a rewrite', async () => {
    await under.grow();
    await under.publish();
    await under.round();
    await expect(WatchState.open(under.kept, new TestLog(under.network).vkey)).rejects.toMatchObject({
      code: 'AUDIT_STATE_UNUSABLE',
    });
    const state = await WatchState.open(under.kept, under.log.vkey);
    await expect(WatchState.open(under.kept, under.log.vkey)).rejects.toMatchObject({
      code: 'AUDIT_STATE_UNUSABLE',
    });
    await state.close();
    const file = await readFile(join(under.kept, 'watch.json'), 'utf8');
    await writeFile(join(under.kept, 'watch.json'), file.replaceAll('\\n2\\n', '\\n1\\n'));
    await expect(under.round()).rejects.toMatchObject({ code: 'AUDIT_STATE_UNUSABLE' });
    await writeFile(join(under.kept, 'watch.json'), '{"format":');
    await expect(under.round()).rejects.toMatchObject({ code: 'AUDIT_STATE_UNUSABLE' });
  });
});
